/** A model with a network in it, for tests: what happens is written as a story. */
import type { GroupId, MessageId, NodeId, TermId } from '../core/ids.ts'
import type { MemberView, MessageView, NetworkStatus, Who } from '../node/api.ts'
import type { StreamLine } from '../node/local-api/types.ts'
import type { ViewEvent } from './event.ts'
import { initialModel, networkOf, type Model, type NetworkModel } from './model.ts'
import { reduce } from './reduce.ts'

export const LOBBY = 'L'.repeat(43) as GroupId
export const OPS = 'O'.repeat(43) as GroupId
const TERM = 'T'.repeat(43) as TermId

export const who = (name: string): Who => ({
  id: name.padEnd(43, '.') as NodeId,
  name,
})

export const messageOf = (
  position: number,
  author = 'bob',
  text = `message ${position}`,
  more: Partial<MessageView> = {},
): MessageView => ({
  id: `m-${author}-${text}` as MessageId,
  network: LOBBY,
  author: who(author),
  text,
  position,
  clock: position,
  term: TERM,
  sentAt: `2026-01-02T03:${String(Math.floor(position / 60) % 60).padStart(2, '0')}:00.000Z`,
  storedBy: 2,
  of: 2,
  missing: [],
  ...more,
})

export const messagesOf = (from: number, to: number): readonly MessageView[] =>
  Array.from({ length: to - from + 1 }, (_, index) => messageOf(from + index))

export const memberOf = (name: string, number: number | null, leader = false): MemberView => ({
  ...who(name),
  number,
  role: 'member',
  leader,
  active: number !== null,
  self: name === 'alice',
  address: '127.0.0.1:1',
  lastHeardMs: name === 'alice' ? 0 : 400,
})

export const statusOf = (id: GroupId, more: Partial<NetworkStatus> = {}): NetworkStatus => ({
  id,
  name: id === LOBBY ? 'lobby' : 'ops',
  topic: '',
  head: null,
  count: 0,
  role: 'follower',
  leader: { ...who('bob'), number: 0 },
  term: TERM,
  active: 2,
  roster: 2,
  splitSince: null,
  outbox: 0,
  fault: null,
  ...more,
})

/** Alice looks at her networks; time goes on by a second with every event. */
export class Story {
  model: Model

  constructor(statuses: readonly NetworkStatus[] = [statusOf(LOBBY)]) {
    this.model = initialModel(who('alice'), '127.0.0.1:7411', 0)
    this.happens({ kind: 'status', networks: statuses })
    for (const { id } of statuses) {
      const members = [memberOf('bob', 0, true), memberOf('alice', 1)]
      this.happens({ kind: 'members', network: id, members })
    }
  }

  happens(...events: readonly ViewEvent[]): this {
    for (const event of events) this.model = reduce(this.model, event, this.model.nowMs + 1_000)
    return this
  }

  /** The stream of a network brings these. */
  streams(lines: readonly StreamLine[], network: GroupId = LOBBY): this {
    return this.happens({ kind: 'lines', network, lines })
  }

  network(id: GroupId = LOBBY): NetworkModel {
    const network = networkOf(this.model, id)
    if (network === null) throw new Error('no such network')
    return network
  }

  positions(id: GroupId = LOBBY): readonly number[] {
    return this.network(id).timeline.messages.map(({ position }) => position)
  }
}
