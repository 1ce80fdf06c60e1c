/** A chat in a terminal that is only thought: keys go in, the screen is text, the node is a fake. */
import { vi } from 'vitest'

import type { GroupId } from '../core/ids.ts'
import type { MessageView, NetworkStatus, NetworkSummary } from '../node/api.ts'
import type { LocalMethod, LocalMethods, StreamLine } from '../node/local-api/types.ts'
import { ParleyError } from '../rpc/errors.ts'
import { LOBBY, memberOf, messageOf, statusOf, who } from '../view-model/scene.suite.ts'
import { Face, type FaceOptions } from './face.ts'
import { Feeds } from './feeds.ts'
import { KeyDecoder } from './input/keys.ts'
import { Keyboard } from './keyboard.ts'
import { screenText } from './screen/screen.ts'
import { Commands } from '../chat/commands.ts'
import type { Size } from './state.ts'

interface Room {
  status: NetworkStatus
  readonly messages: MessageView[]
  readonly queue: StreamLine[]
  wake: () => void
  /** Why the stream ends once all is told; null if it goes on. */
  gone: ParleyError | null
}

type Answers = { [M in LocalMethod]?: (params: LocalMethods[M]['params']) => unknown }

const traceOf = (id: string): object => ({
  id,
  state: 'sequenced',
  sequencedBy: who('bob'),
  entry: { term: 'T', seq: 7, hash: 'hash-of-it', index: 9 },
  folded: false,
  missing: [],
})

/** What a node would answer, as far as the tests need it. */
export class FakeClient {
  readonly rooms = new Map<string, Room>()
  readonly calls: (readonly [string, unknown])[] = []
  readonly sent: string[] = []
  readonly operations: string[] = []
  offers: NetworkSummary[] = []
  isGone = false
  isTooSlow = false
  #lastOwn = 0

  addRoom(status: NetworkStatus, messages: readonly MessageView[] = []): void {
    this.rooms.set(status.id, {
      status: { ...status, count: messages.length },
      messages: [...messages],
      queue: [],
      wake: () => {},
      gone: null,
    })
  }

  room(network: string): Room {
    const found = this.rooms.get(network)
    if (found === undefined) throw new ParleyError('NETWORK_NOT_FOUND')
    return found
  }

  /** The stream brings these; messages are kept as the history as well. */
  streams(network: string, ...lines: readonly StreamLine[]): void {
    const room = this.room(network)
    for (const line of lines) if (!('event' in line)) room.messages[line.position - 1] = line
    room.status = { ...room.status, count: room.messages.length }
    room.queue.push(...lines)
    room.wake()
  }

  readonly #answers: Answers = {
    status: () => ({
      node: { ...who('alice'), listen: '127.0.0.1:7411' },
      networks: [...this.rooms.values()].map(({ status }) => status),
    }),
    networks: () => ({ networks: this.offers }),
    members: ({ network }) => {
      if (this.room(network).status.name.includes('+'))
        return { leader: 1, members: [memberOf('alice', 1, true)] }
      const members = [memberOf('bob', 0, true), memberOf('alice', 1), memberOf('carol', null)]
      return { leader: 0, members }
    },
    history: ({ network, from, limit = 500 }) => {
      const { messages } = this.room(network)
      const start = from === undefined ? Math.max(0, messages.length - limit) : from - 1
      return { messages: messages.slice(start, start + limit) }
    },
    search: ({ network, query, limit = 50, before = Number.MAX_SAFE_INTEGER }) => {
      const fits = this.room(network).messages.filter(
        ({ text, position }) => text.includes(query) && position < before,
      )
      return { messages: fits.slice(-limit) }
    },
    mark_read: () => ({ ok: true }),
    send: ({ network, text, kind, about }) => {
      if (text.length > 65_536) throw new ParleyError('TOO_LARGE')
      this.sent.push(kind === undefined ? text : `${kind} ${about}: ${text}`)
      this.#lastOwn += 1
      const { messages } = this.room(network)
      const message = messageOf(messages.length + 1, 'alice', text, {
        id: `own-${this.#lastOwn}` as MessageView['id'],
        storedBy: 1,
        of: 2,
        missing: ['bob'],
      })
      this.streams(network, message)
      return { message: { ...message, position: null, clock: null } }
    },
    create: ({ name }) => this.#enter(name),
    join: ({ target }) => this.#enter(target),
    trace: ({ message }) => ({ ...traceOf(message), storedBy: ['bob', 'alice'] }),
    verify: ({ network }) => {
      const { length } = this.room(network).messages
      const fingerprint = '0123 4567 89ab cdef 0123 4567'
      return {
        ok: true,
        entries: length + 2,
        messages: length,
        head: null,
        upTo: length,
        fingerprint,
      }
    },
    set_role: ({ member, role }) => this.#operate('set_role', `${member} ${role}`),
    set_name: ({ name }) => this.#operate('set_name', name),
    ban: ({ member }) => this.#operate('ban', member),
    invite: () => ({ link: `parley://join/${'x'.repeat(150)}`, expires: null, uses: null }),
  }

  #enter(name: string): unknown {
    const id = name.padEnd(43, '-').slice(0, 43) as GroupId
    this.addRoom({ ...statusOf(LOBBY), id, name })
    return { network: { id, name }, member: 1, head: '' }
  }

  #operate(what: string, about: string): unknown {
    if (about.startsWith('nobody')) throw new ParleyError('NOT_A_MEMBER')
    this.operations.push(`${what} ${about}`)
    return { ok: true }
  }

  async call<M extends LocalMethod>(
    method: M,
    params: LocalMethods[M]['params'],
  ): Promise<LocalMethods[M]['result']> {
    this.calls.push([method, params])
    if (this.isGone) throw new ParleyError('NO_NODE')
    const answer = this.#answers[method]
    if (answer === undefined) throw new ParleyError('METHOD_NOT_FOUND')
    return answer(params) as LocalMethods[M]['result']
  }

  async *messages(
    query: { readonly network: string; readonly last?: number },
    signal?: AbortSignal,
  ): AsyncGenerator<StreamLine, void> {
    const room = this.room(query.network)
    yield* room.messages.slice(-(query.last ?? 1))
    for (;;) {
      if (signal?.aborted === true) return
      if (this.isGone) throw new ParleyError('NO_NODE', 'The node stopped')
      if (this.isTooSlow) {
        this.isTooSlow = false
        room.queue.length = 0
        throw new ParleyError('BUSY', 'The reader did not keep up')
      }
      yield* room.queue.splice(0)
      if (room.gone !== null) throw room.gone
      await new Promise<void>((resolve) => {
        room.wake = resolve
        signal?.addEventListener('abort', () => resolve(), { once: true })
        if (room.queue.length > 0) resolve()
      })
    }
  }

  /** As if somebody had put this user out. */
  putOut(network: string, by: string): void {
    const room = this.room(network)
    const removed = { code: 'NOT_A_MEMBER', by: who(by) } as const
    room.status = { ...room.status, role: 'left', leader: null, removed }
    room.gone = new ParleyError('NOT_A_MEMBER')
    const { id, name } = room.status
    this.streams(network, { event: 'removed', network: id, name, ...removed })
  }

  /** The reader of a stream is cut off; it may come again. */
  cutOff(network: string): void {
    this.isTooSlow = true
    this.room(network).wake()
  }

  /** As if the node had been killed. */
  leave(): void {
    this.isGone = true
    for (const { wake } of this.rooms.values()) wake()
  }
}

export class Stage {
  readonly client = new FakeClient()
  readonly face: Face
  readonly rung: string[] = []
  readonly copied: string[] = []
  isOver = false
  readonly #feeds: Feeds
  readonly #keyboard: Keyboard
  readonly #keys = new KeyDecoder()

  constructor(size: Size = { columns: 80, rows: 16 }, more: Partial<FaceOptions> = {}) {
    this.face = new Face({
      client: this.client,
      self: who('alice'),
      listen: '127.0.0.1:7411',
      web: 'http://127.0.0.1:1/',
      size,
      typedBefore: [],
      now: () => Date.now(),
      ring: ({ message }, network) => this.rung.push(`${network}: ${message.text}`),
      copy: (text) => this.copied.push(text),
      onEnd: () => (this.isOver = true),
      ...more,
    })
    this.#feeds = new Feeds(this.face)
    this.#keyboard = new Keyboard(this.face, new Commands(this.face, this.#feeds))
  }

  async start(): Promise<this> {
    await this.#feeds.start()
    return this
  }

  /** What a terminal sends; an Escape by itself is one. */
  type(...sent: readonly string[]): this {
    for (const one of sent) {
      const inputs = [...this.#keys.feed(one), ...this.#keys.flush()]
      for (const input of inputs) this.#keyboard.take(input)
    }
    return this
  }

  screen(): string {
    return screenText(this.face.screen())
  }

  /** What stands in the input. */
  input(): string {
    return this.face.draft.text
  }

  async sees(what: RegExp | string): Promise<void> {
    await vi.waitFor(() => {
      const screen = this.screen()
      const isThere = typeof what === 'string' ? screen.includes(what) : what.test(screen)
      if (!isThere) throw new Error(`not seen: ${String(what)}\n${screen}`)
    })
  }

  async end(): Promise<void> {
    this.#feeds.close()
    await this.face.close()
  }
}
