/** The chat: lines typed go in, lines to show come out. It knows the node by its local API only. */
import type { JoinedNetwork, NetworkStatus, Who } from '../../node/api.ts'
import type { LocalClient } from '../../node/local-api/client.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import { messageText } from '../message-text.ts'
import type { Output } from '../output.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { helpText, parseLine } from '../../view-model/commands.ts'
import { DeliveryMarks } from './delivery-marks.ts'
import { NetworkFeed } from './network-feed.ts'
import { memberLines, networkLines, statusLines } from '../reports.ts'
import { inRoom } from './room-commands.ts'

export interface SessionOptions {
  readonly client: LocalClient
  readonly out: Output
  readonly say: (text: string) => void
  /** False where what was typed stays on the screen. */
  readonly echoesOwn: boolean
  /** The network that is talked in has changed; null if none. */
  readonly onNetwork: (name: string | null) => void
  /** The chat is over: somebody said so, or the node went away. */
  readonly onEnd: () => void
}

const JOIN_TIMEOUT_MS = 20_000
const CHANGE_TIMEOUT_MS = 30_000
const HISTORY_LINES = 20
const patience = { timeoutMs: CHANGE_TIMEOUT_MS }

interface Room {
  readonly id: string
  readonly name: string
  readonly feed: NetworkFeed
  /** This node was put out: it can be read, and entered anew. */
  isClosed: boolean
}

export class ChatSession {
  readonly #options: SessionOptions
  readonly #marks: DeliveryMarks
  readonly #roomsById = new Map<string, Room>()
  #current: Room | null = null
  #self: Who = { id: '' as Who['id'], name: '' }

  constructor(options: SessionOptions) {
    this.#options = options
    const { client, say } = options
    this.#marks = new DeliveryMarks({
      say,
      look: async (network, from) => {
        const { messages } = await client.call('history', { network, from, limit: 1 })
        return messages[0] ?? null
      },
    })
  }

  /** Messages typed here that have no place yet. */
  get unsequencedCount(): number {
    return this.#marks.unsequencedCount
  }

  /** Opens all networks of the node, and talks in the first. */
  async open(): Promise<void> {
    const status = await this.#options.client.call('status', {})
    this.#self = status.node
    const open = status.networks.filter(({ role }) => role !== 'left')
    for (const network of open) await this.#enter(network)
    if (open.length === 0) {
      this.#options.say('No networks yet. /create NAME makes one, /join NAME-OR-LINK enters one.')
    }
  }

  /** Does what a line says. Never rejects: what goes wrong is said. */
  async onLine(text: string): Promise<void> {
    const line = parseLine(text)
    try {
      if (line.kind === 'text') await this.#send(line.text)
      else if (line.kind === 'command') await this.#run(line.name, line.argument)
      else if (line.kind === 'unknown') this.#refuse(line.name, line.suggestion)
    } catch (thrown) {
      const { message, hint, code } = toParleyError(thrown)
      this.#options.say(`✗ ${plainLine(message)} (${code}). ${plainLine(hint)}`)
    }
  }

  close(): void {
    this.#marks.close()
    for (const { feed } of this.#roomsById.values()) feed.close()
    this.#roomsById.clear()
  }

  #refuse(name: string, suggestion: string | null): void {
    const hint = suggestion === null ? '/help lists the commands' : `did you mean /${suggestion}?`
    this.#options.say(`✗ There is no /${plainLine(name)}, nothing was sent: ${hint}`)
  }

  async #send(text: string): Promise<void> {
    const room = this.#room()
    if (room === null) return
    const params = { network: room.id, text, wait: 'queued' } as const
    const { message } = await this.#options.client.call('send', params)
    this.#marks.queued(room.id, message.id, text)
  }

  /** The network that is talked in; says so if there is none. */
  #room(): Room | null {
    if (this.#current === null) {
      this.#options.say('✗ You are in no network: /create NAME or /join NAME-OR-LINK first.')
    }
    return this.#current
  }

  async #run(name: string, argument: string): Promise<void> {
    const { client, say, onEnd } = this.#options
    switch (name) {
      case 'quit':
        onEnd()
        return
      case 'help':
        say(helpText())
        return
      case 'create':
      case 'join':
        await this.#open(name, argument)
        return
      case 'networks':
        say(networkLines(await client.call('networks', {})))
        return
      case 'nick':
        await client.call('set_name', { name: argument })
        say(`From the next start on others see you as ${plainLine(argument)}`)
        return
      case 'status':
        say(statusLines(await client.call('status', {})))
        return
      default: {
        const room = this.#room()
        if (room !== null) await this.#runIn(room, name, argument)
      }
    }
  }

  async #runIn(room: Room, name: string, argument: string): Promise<void> {
    const { client, say, out } = this.#options
    const { id: network, name: called } = room
    switch (name) {
      case 'me':
        if (argument !== '') await this.#send(`/me ${argument}`)
        return
      case 'away':
        await this.#send(argument === '' ? '/me is back' : `/me is away: ${argument}`)
        return
      case 'names':
        say(memberLines(await client.call('members', { network })))
        return
      case 'leave':
        await client.call('leave', { network }, patience)
        this.#exit(network)
        say(`You left ${plainLine(called)}; its history stays here.`)
        return
      case 'history': {
        const limit = Math.min(500, Math.max(1, Number.parseInt(argument, 10) || HISTORY_LINES))
        const { messages } = await client.call('history', { network, limit })
        for (const message of messages) say(messageText(message, out))
        return
      }
      case 'search': {
        const params = { network, query: argument, limit: HISTORY_LINES }
        const { messages } = await client.call('search', params)
        for (const message of messages) say(messageText(message, out))
        if (messages.length === 0) say('Nothing was found.')
        return
      }
      default:
        say(await inRoom(client, room, name, argument))
    }
  }

  /** Creates or joins; a network that was joined before is just talked in. */
  async #open(how: 'create' | 'join', argument: string): Promise<void> {
    if (argument === '') {
      this.#options.say(`✗ Which one? /${how} ${how === 'create' ? 'NAME' : 'NAME-OR-LINK'}`)
      return
    }
    const known = [...this.#roomsById.values()].find(({ name }) => name === argument)
    if (how === 'join' && known !== undefined && !known.isClosed) {
      this.#talkIn(known)
      return
    }
    const { client } = this.#options
    const joined: JoinedNetwork =
      how === 'create'
        ? await client.call('create', { name: argument }, patience)
        : await client.call(
            'join',
            { target: argument, timeoutMs: JOIN_TIMEOUT_MS },
            { timeoutMs: JOIN_TIMEOUT_MS + 5_000 },
          )
    const { networks } = await client.call('status', {})
    const network = networks.find(({ id }) => id === joined.network.id)
    if (network !== undefined) await this.#enter(network)
  }

  async #enter(network: NetworkStatus): Promise<void> {
    const { client, out, say, echoesOwn } = this.#options
    const { id, name, leader, active, count } = network
    const who = leader === null ? 'no leader yet' : `★ ${plainLine(leader.name)} leads`
    say(out.style('bold', `${plainLine(name)}: ${who}, ${active} active, ${count} messages`))
    this.#roomsById.get(id)?.feed.close()
    const { members } = await client.call('members', { network: id })
    const present: readonly Who[] = members.filter((member) => member.active)
    const feed = new NetworkFeed({
      client,
      out,
      marks: this.#marks,
      selfId: this.#self.id,
      network: { id, name },
      active: present,
      echoesOwn,
      say: (text) => say(this.#current?.id === id ? text : `[${plainLine(name)}] ${text}`),
      onRemoved: (text) => {
        room.isClosed = true
        say(`✗ ${plainLine(this.#self.name)}, ${text}. /history shows what was said before.`)
      },
    })
    const room: Room = { id, name, feed, isClosed: false }
    this.#roomsById.set(id, room)
    this.#talkIn(room)
    feed.follow().catch((thrown: unknown) => {
      // Of a room that was closed all is told, and there is more to do elsewhere.
      if (this.#roomsById.get(id) !== room || room.isClosed) return
      say(`✗ ${plainLine(toParleyError(thrown).message)}`)
      this.#options.onEnd()
    })
  }

  #talkIn(room: Room): void {
    this.#current = room
    this.#options.onNetwork(plainLine(room.name))
  }

  #exit(id: string): void {
    this.#roomsById.get(id)?.feed.close()
    this.#roomsById.delete(id)
    if (this.#current?.id !== id) return
    const [next] = this.#roomsById.values()
    this.#current = next ?? null
    this.#options.onNetwork(next === undefined ? null : plainLine(next.name))
  }
}
