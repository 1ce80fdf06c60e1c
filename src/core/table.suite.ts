/** A few replicas around a table: what one says another hears 5 ms later, unless a test says no. */
import { defaultConfig, type Config } from './config.ts'
import type { Effect, GroupEvent } from './effect.ts'
import type { Content, Policy } from './entry.ts'
import { genesisOf, groupOf } from './founding.ts'
import { millis, type GroupId, type InstanceId, type NodeId } from './ids.ts'
import type { Input } from './input.ts'
import type { Packet, PacketKind } from './packet.ts'
import { Replica, type Start } from './replica.ts'
import type { Leader } from './role.ts'
import { cryptoOf, messageId, said, sessionOf } from './story.suite.ts'
import { MemoryGroup } from '../store/memory-group.ts'

export interface Seat {
  readonly id: NodeId
  readonly disk: MemoryGroup
  readonly events: GroupEvent[]
  instance: InstanceId
  replica: Replica | null
  runs: number
  said: number
}

interface Letter {
  readonly at: number
  readonly from: NodeId
  readonly instance: InstanceId
  readonly to: NodeId
  readonly packet: Packet
}

const travelMs = 5

export class Table {
  readonly seats = new Map<NodeId, Seat>()
  readonly sent: Letter[] = []
  readonly config: Config
  group: GroupId = '' as GroupId
  now = 0
  /** Decides of each packet whether it arrives. */
  passes: (letter: Letter) => boolean = () => true
  #letters: Letter[] = []

  constructor(config: Partial<Config> = {}) {
    this.config = { ...defaultConfig, ...config }
  }

  found(id: NodeId, policy: Policy = 'open'): Seat {
    const start = {
      how: 'found',
      name: 'g',
      settings: { policy, listed: true },
      createdAt: 0,
      nonce: 'n',
    } as const
    this.group = groupOf(genesisOf(cryptoOf(id), selfOf(id), start))
    return this.sit(id, start)
  }

  join(id: NodeId, ...via: readonly NodeId[]): Seat {
    return this.sit(id, { how: 'join', group: this.group, via, proof: null })
  }

  /** A group of these, the first of whom founded it; all are active and quiet. */
  static of(ids: readonly NodeId[], config: Partial<Config> = {}): Table {
    const table = new Table(config)
    const [founder, ...others] = ids
    if (founder === undefined) return table
    table.found(founder)
    for (const id of others) table.join(id, founder)
    table.run(3_000)
    return table
  }

  /** Starts a node, with what its disk has. */
  sit(id: NodeId, start: Start): Seat {
    const old = this.seats.get(id)
    const runs = (old?.runs ?? 0) + 1
    const instance = sessionOf(id, runs)
    const disk = old?.disk ?? new MemoryGroup(this.group)
    const seat: Seat = { id, disk, events: [], instance, replica: null, runs, said: old?.said ?? 0 }
    this.seats.set(id, seat)
    seat.replica = new Replica({
      config: this.config,
      crypto: cryptoOf(id),
      self: selfOf(id),
      instance,
      seed: this.seats.size * 100 + runs,
      reader: disk,
      start,
      now: millis(this.now),
    })
    this.step(seat, [])
    return seat
  }

  seat(id: NodeId): Seat {
    const seat = this.seats.get(id)
    if (seat === undefined) throw new Error(`${id} is not here`)
    return seat
  }

  replica(id: NodeId): Replica {
    const { replica } = this.seat(id)
    if (replica === null) throw new Error(`${id} does not run`)
    return replica
  }

  /** The leader's own state. */
  leading(id: NodeId): Leader {
    const { role } = this.replica(id)
    if (role.name !== 'leader') throw new Error(`${id} does not lead`)
    return role
  }

  crash(id: NodeId): void {
    this.seat(id).replica = null
  }

  resume(id: NodeId): Seat {
    return this.sit(id, { how: 'resume', group: this.group })
  }

  say(id: NodeId, text: string): void {
    this.#hand(id, 'message', said(text))
  }

  operate(id: NodeId, content: Content): void {
    this.#hand(id, 'roster', content)
  }

  #hand(id: NodeId, kind: 'message' | 'roster', content: Content): void {
    const seat = this.seat(id)
    seat.said += 1
    const message = messageId(this.replica(id).session, seat.said)
    this.step(seat, [{ type: 'send', kind, id: message, sentAt: 0, content }])
  }

  /** A packet out of nowhere, from whomever one likes. */
  tell(to: NodeId, from: NodeId, packet: Packet, instance: InstanceId = sessionOf(from)): void {
    this.step(this.seat(to), [{ type: 'packet', from, instance, packet }])
  }

  step(seat: Seat, inputs: readonly Input[]): void {
    for (const effect of seat.replica?.step(millis(this.now), inputs) ?? []) this.#do(seat, effect)
  }

  #do(seat: Seat, effect: Effect): void {
    if (effect.type === 'persist') seat.disk.apply(effect)
    else if (effect.type === 'event') seat.events.push(effect.event)
    else
      for (const to of effect.to) {
        const at = this.now + travelMs
        const letter = { at, from: seat.id, instance: seat.instance, to, packet: effect.packet }
        this.sent.push(letter)
        if (this.passes(letter)) this.#letters.push(letter)
      }
  }

  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const letter = this.#letters[0]
      const due = this.#nextDue()
      const at = Math.min(letter?.at ?? Infinity, due?.at ?? Infinity)
      if (at > end) break
      this.now = Math.max(this.now, at)
      if (letter !== undefined && letter.at <= at) {
        this.#letters.shift()
        const seat = this.seats.get(letter.to)
        if (seat !== undefined) this.step(seat, [{ ...letter, type: 'packet' }])
      } else if (due !== null) this.step(due.seat, [{ type: 'tick' }])
    }
    this.now = end
  }

  #nextDue(): { readonly at: number; readonly seat: Seat } | null {
    let next: { readonly at: number; readonly seat: Seat } | null = null
    for (const seat of this.seats.values()) {
      const at = seat.replica?.deadline() ?? null
      if (at !== null && (next === null || at < next.at)) next = { at, seat }
    }
    return next
  }

  /** How many packets of this kind were sent while something was done. */
  sentWhile(kind: PacketKind | null, act: () => void): number {
    const before = this.sent.length
    act()
    return this.sent.slice(before).filter(({ packet }) => kind === null || packet.kind === kind)
      .length
  }

  texts(id: NodeId): readonly string[] {
    const { disk } = this.seat(id)
    return disk.messages({ from: 1, limit: 100_000 }).map((one) => one.content.text)
  }
}

const selfOf = (id: NodeId) => ({
  id,
  name: id.replaceAll('_', ''),
  addresses: [`${id.slice(0, 5)}:1`],
})
