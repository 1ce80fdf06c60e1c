/** News from the node for the page: a subscription for each network, and how things are. */
import type { NodeStatus } from '../../node/api.ts'
import type { StreamLine } from '../../node/local-api/types.ts'
import type { Chat } from '../../chat/chat.ts'
import type { Looking } from '../../chat/commands.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import { currentNetwork, networkOf, PAGE } from '../../view-model/model.ts'
import type { Connection } from './connection.ts'

/** Lines that come within this time are shown together. */
const GATHER_MS = 16
/** Members are looked up after a change, and now and then for when they were heard. */
const SETTLE_MS = 150
const WATCH_EVERY_MS = 2_000
const LIST_EVERY_MS = 15_000

interface Place {
  readonly position: number
  readonly id: string
}

interface Note {
  readonly network: string
  readonly resumed?: boolean
  readonly lines?: readonly StreamLine[]
}

export class LiveFeeds implements Looking {
  readonly #chat: Chat
  readonly #connection: Connection
  /** Networks that are followed, with the newest message of each that came. */
  readonly #followed = new Map<string, Place | null>()
  /** Networks whose stream has ended, since this node was put out of them. */
  readonly #ended = new Set<string>()
  #waiting = new Map<string, StreamLine[]>()
  #gathering: ReturnType<typeof setTimeout> | null = null
  #settling: ReturnType<typeof setTimeout> | null = null
  #ticking: ReturnType<typeof setInterval> | null = null
  #listedAt = 0
  #who = ''

  constructor(chat: Chat, connection: Connection) {
    this.#chat = chat
    this.#connection = connection
  }

  start(status: NodeStatus): void {
    this.#onStatus(status)
    this.#ticking = setInterval(() => this.#tick(), WATCH_EVERY_MS)
    void this.#list()
  }

  close(): void {
    if (this.#ticking !== null) clearInterval(this.#ticking)
    if (this.#gathering !== null) clearTimeout(this.#gathering)
    if (this.#settling !== null) clearTimeout(this.#settling)
  }

  /** There is a socket again: everything is followed on from where it was. */
  onOpen(): void {
    const followed = [...this.#followed.keys()]
    for (const network of followed) void this.#subscribe(network)
    void this.look()
  }

  onNote(method: string, params: unknown): void {
    const note = params as Note
    if (method === 'status') this.#onStatus(params as NodeStatus)
    else if (method === 'begin') this.#onBegin(note)
    else if (method === 'lines') this.#onLines(note.network, note.lines ?? [])
    else if (method === 'goodbye') this.#chat.say('The node stops. This page waits for it.')
  }

  async look(): Promise<void> {
    try {
      this.#onStatus(await this.#connection.call('status', {}))
      await this.#lookAtMembers()
    } catch (thrown) {
      this.#onTrouble(thrown)
    }
  }

  async lookAndList(): Promise<void> {
    await Promise.all([this.look(), this.#list()])
  }

  async #list(): Promise<void> {
    this.#listedAt = performance.now()
    try {
      const { networks } = await this.#connection.call('networks', {})
      this.#chat.dispatch({ kind: 'offers', networks })
    } catch (thrown) {
      this.#onTrouble(thrown)
    }
  }

  async #lookAtMembers(only?: string): Promise<void> {
    const all = this.#chat.model.networks.map(({ id }) => id)
    for (const network of only === undefined ? all : [only]) {
      const { members } = await this.#connection.call('members', { network })
      this.#chat.dispatch({ kind: 'members', network, members })
    }
  }

  #tick(): void {
    if (this.#connection.state !== 'open' || document.hidden) return
    const current = currentNetwork(this.#chat.model)
    this.#chat.dispatch({ kind: 'tick' })
    if (performance.now() - this.#listedAt >= LIST_EVERY_MS) void this.#list()
    if (current === null) return
    this.#lookAtMembers(current.id).catch((thrown: unknown) => this.#onTrouble(thrown))
    this.#chat.refresh().catch((thrown: unknown) => this.#onTrouble(thrown))
  }

  /** A connection that was lost is shown by itself, and comes back by itself. */
  #onTrouble(thrown: unknown): void {
    const { code } = toParleyError(thrown)
    if (this.#connection.state === 'open' && code !== 'NO_NODE' && code !== 'NETWORK_NOT_FOUND')
      this.#chat.fail(thrown)
  }

  #onStatus({ networks }: NodeStatus): void {
    this.#chat.dispatch({ kind: 'status', networks })
    this.#followAll()
    // Counts and heads change with every message; who is there does not.
    const who = JSON.stringify(
      networks.map((one) => [one.id, one.active, one.roster, one.leader?.id, one.splitSince]),
    )
    if (who !== this.#who) this.#settle()
    this.#who = who
  }

  #settle(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = null
      this.#lookAtMembers().catch((thrown: unknown) => this.#onTrouble(thrown))
    }, SETTLE_MS)
  }

  #followAll(): void {
    const { networks } = this.#chat.model
    const ids = new Set(networks.map(({ id }) => id))
    for (const { id, status } of networks) {
      // It has been let in again: all of it anew.
      if (status.removed === undefined && this.#ended.delete(id)) this.#followed.delete(id)
    }
    for (const id of this.#followed.keys()) {
      if (ids.has(id)) continue
      this.#followed.delete(id)
      this.#connection.askPassing('unsubscribe', { network: id }).catch((thrown: unknown) => {
        this.#onTrouble(thrown)
      })
    }
    for (const id of ids) {
      if (this.#followed.has(id) || this.#ended.has(id)) continue
      this.#followed.set(id, null)
      void this.#subscribe(id)
    }
  }

  async #subscribe(network: string): Promise<void> {
    const after = this.#followed.get(network) ?? null
    const resume = after === null ? {} : { after }
    try {
      await this.#connection.askPassing('subscribe', { network, last: PAGE, ...resume })
    } catch (thrown) {
      // What ends with the socket is asked for again with the next.
      this.#onTrouble(thrown)
    }
  }

  #onBegin({ network, resumed }: Note): void {
    this.#show()
    if (resumed === true) return
    this.#followed.set(network, null)
    // Of the first of all there is nothing to forget, and somebody may wait at an unread message.
    const hasMessages = networkOf(this.#chat.model, network)?.timeline.messages.length !== 0
    if (hasMessages) this.#chat.dispatch({ kind: 'stream-begins', network })
  }

  #onLines(network: string, lines: readonly StreamLine[]): void {
    const waiting = this.#waiting.get(network) ?? []
    waiting.push(...lines)
    this.#waiting.set(network, waiting)
    for (const line of lines) {
      if (!('event' in line)) this.#followed.set(network, { position: line.position, id: line.id })
      else if (line.event === 'end') this.#onEnd(network, line.code)
    }
    this.#gathering ??= setTimeout(() => this.#show(), GATHER_MS)
  }

  #onEnd(network: string, code: string): void {
    if (code === 'BANNED' || code === 'NOT_A_MEMBER') this.#ended.add(network)
    else if (code === 'BUSY') void this.#subscribe(network)
    else this.#followed.delete(network)
  }

  #show(): void {
    if (this.#gathering !== null) clearTimeout(this.#gathering)
    this.#gathering = null
    const waiting = this.#waiting
    this.#waiting = new Map()
    for (const [network, lines] of waiting) this.#chat.take(network, lines)
  }
}
