/** A node without a network, for tests of what stands in front of one. */
import type { GroupId, Hash, MessageId, NodeId, TermId } from '../../core/ids.ts'
import { ParleyError } from '../../rpc/errors.ts'
import type {
  ChatNodeApi,
  OperatorApi,
  MessageView,
  NetworkStatus,
  NodeEvent,
  NodeStatus,
} from '../api.ts'

const ID = 'N'.repeat(43) as NodeId
const GROUP = 'G'.repeat(43) as GroupId
const HEAD = 'H'.repeat(43) as Hash
const TERM = 'T'.repeat(43) as TermId
const MAX_BYTES = 65_536

/** Answers nothing: what operators ask for is tested with real nodes. */
const fakeOperator = new Proxy({} as OperatorApi, {
  get: () => () => {
    throw new ParleyError('REFUSED')
  },
})

/** Has the network `lobby`, whose messages tests may add to and take from. */
export class FakeNode implements ChatNodeApi {
  readonly id = ID
  readonly name = 'alice <b>'
  readonly listen = '127.0.0.1:1'
  readonly messages: MessageView[] = []
  readUpTo = 0
  /** Why nothing new comes. */
  gone: ParleyError | null = null
  readonly #listeners = new Set<(event: NodeEvent) => void>()

  get listenerCount(): number {
    return this.#listeners.size
  }

  /** Puts a message at the end of the history and tells subscribers. */
  deliver(text: string): MessageView {
    const position = this.messages.length + 1
    const message: MessageView = {
      id: `m${position}` as MessageId,
      network: GROUP,
      author: { id: ID, name: this.name },
      text,
      position,
      clock: position,
      term: TERM,
      sentAt: '2026-01-01T00:00:00.000Z',
      storedBy: 1,
      of: 1,
      missing: [],
    }
    this.messages.push(message)
    this.tell({ event: 'message', message })
    return message
  }

  tell(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  async create(name: string) {
    if (name === 'taken') throw new ParleyError('NAME_TAKEN')
    if (name === 'broken') throw new Error('a secret detail')
    return { network: { id: GROUP, name }, member: 0, head: HEAD }
  }

  async join() {
    return { network: { id: GROUP, name: 'lobby' }, member: 3, head: HEAD }
  }

  async leave(network: string) {
    this.#check(network)
  }

  async send(network: string, text: string) {
    this.#check(network)
    if (Buffer.byteLength(text) > MAX_BYTES) throw new ParleyError('TOO_LARGE')
    const { id, position, clock, storedBy, of, missing } = this.deliver(text)
    return { id, position, clock, storedBy, of, missing }
  }

  async networks() {
    const leader = { id: ID, name: this.name }
    return [{ id: GROUP, name: 'lobby', joined: true, leader, members: 1, unread: 0 }]
  }

  find(network: string) {
    this.#check(network)
    return { id: GROUP, name: 'lobby', count: this.messages.length, gone: this.gone }
  }

  history(network: string, { from, limit }: { from?: number; limit: number }) {
    this.#check(network)
    if (from === undefined) return this.messages.slice(-limit)
    const start = Math.max(0, from - 1)
    return this.messages.slice(start, start + limit)
  }

  search(network: string, query: string, { limit, before }: { limit: number; before?: number }) {
    this.#check(network)
    const end = before ?? Number.MAX_SAFE_INTEGER
    const found = this.messages.filter(
      ({ text, position }) => text.includes(query) && position < end,
    )
    return found.slice(-limit)
  }

  markRead(network: string, position = this.messages.length) {
    this.#check(network)
    this.readUpTo = position
  }

  setName(name: string) {
    if (name === '') throw new ParleyError('USAGE')
  }

  members(network: string) {
    this.#check(network)
    const self = { id: ID, name: this.name, role: 'owner', address: this.listen } as const
    return [{ ...self, number: 0, leader: true, active: true, self: true, lastHeardMs: 0 }]
  }

  status(): NodeStatus {
    const lobby: NetworkStatus = {
      id: GROUP,
      name: 'lobby',
      topic: '',
      head: HEAD,
      count: this.messages.length,
      role: 'leader',
      leader: { id: ID, name: this.name, number: 0 },
      term: TERM,
      active: 1,
      roster: 1,
      splitSince: null,
      outbox: 0,
      fault: null,
    }
    const fingerprint = '12345 '.repeat(6).trim()
    const node = { id: ID, name: this.name, listen: this.listen, fingerprint }
    return { node, networks: [lobby] }
  }

  async invite() {
    return { link: `parley://join/${GROUP}`, expires: null, uses: null }
  }

  async kick(network: string, member: string) {
    this.#check(network)
    if (member === 'nobody') throw new ParleyError('NOT_A_MEMBER')
  }

  async setTopic(network: string) {
    this.#check(network)
  }

  readonly operator = fakeOperator

  subscribe(listener: (event: NodeEvent) => void) {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async stop() {
    this.#listeners.clear()
  }

  #check(network: string): void {
    if (network !== 'lobby' && network !== GROUP) throw new ParleyError('NETWORK_NOT_FOUND')
  }
}
