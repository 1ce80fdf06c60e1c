/**
 * Packets as a hostile program might send them, through the gate and into a living group, one of
 * whom they come from: well-formed ones with ids that the group really has, and such with something
 * broken in their JSON. Nothing may throw, what the gate refuses may change nothing, memory must
 * not grow, and in the end the group must be one group again.
 */
import * as fc from 'fast-check'

import { createPrng, type Prng } from '../../src/core/prng.ts'
import type { NodeId } from '../../src/core/ids.ts'
import type { Packet } from '../../src/core/packet.ts'
import { alice, bob, carol, dave, idOf, sessionOf } from '../../src/core/story.suite.ts'
import { Table } from '../../src/core/table.suite.ts'
import { decodeFrame } from '../../src/rpc/codec.ts'
import { ParleyError } from '../../src/rpc/errors.ts'
import {
  encodePacket,
  isPacketKind,
  packetFromParams,
  packetKinds,
} from '../../src/rpc/peer-codec.ts'
import { envelopeOf } from '../../src/rpc/peer-packets.suite.ts'

export interface FuzzResult {
  readonly packets: number
  /** Let through by the gate, and of those broken on purpose. */
  readonly accepted: number
  readonly broken: number
  readonly brokenAccepted: number
  /** Largest heap, MB, seen after the first tenth and over all. */
  readonly heapMb: readonly [number, number]
}

const members: readonly NodeId[] = [alice, bob, carol]

/** Packets given to one group before the next takes its place. */
const perGroup = 2_000

/** Values that are wrong nearly everywhere. */
const odd: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e300,
  '',
  '\ud800',
  'x'.repeat(5_000),
  [],
  {},
  [[[[[[[[[]]]]]]]]],
  { __proto__: null, constructor: 1 },
  Array.from({ length: 3_000 }, () => 0),
]

const pick = <T>(prng: Prng, list: readonly T[]): T =>
  list[Math.floor(prng.next() * list.length)] as T

/** Puts something odd in one place of a JSON value, or takes something away. */
const broken = (prng: Prng, value: unknown): unknown => {
  if (prng.next() < 0.2 || typeof value !== 'object' || value === null) return pick(prng, odd)
  if (Array.isArray(value)) {
    const at = Math.floor(prng.next() * value.length)
    if (value.length === 0 || prng.next() < 0.2) return [...value, pick(prng, odd)]
    return value.map((one: unknown, index) => (index === at ? broken(prng, one) : one))
  }
  const names = Object.keys(value)
  const name = pick(prng, names)
  if (names.length === 0 || prng.next() < 0.1) return { ...value, extra: pick(prng, odd) }
  const rest = { ...value } as Record<string, unknown>
  if (prng.next() < 0.1) delete rest[name]
  else rest[name] = broken(prng, rest[name])
  return rest
}

const cut = (prng: Prng, text: string): string => {
  const at = Math.floor(prng.next() * text.length)
  const kind = prng.next()
  if (kind < 0.4) return text.slice(0, at)
  if (kind < 0.7)
    return text.slice(0, at) + pick(prng, ['"', '}', ']', ',', '\u0000']) + text.slice(at)
  return '['.repeat(1 + at) + text
}

/** Most ids and hashes are such as the group has. */
const madeLikely = (prng: Prng, value: unknown, known: readonly string[]): unknown =>
  JSON.parse(
    JSON.stringify(value, (_name, one: unknown) =>
      typeof one === 'string' && one.length === 43 && prng.next() < 0.8 ? pick(prng, known) : one,
    ),
  )

const knownOf = (table: Table): readonly string[] => [
  ...members,
  dave,
  idOf('stranger'),
  table.group,
  ...[...table.seat(alice).disk.allEntries()].map((signed) => signed.hash).slice(-50),
]

const digest = (table: Table): string =>
  members
    .map((id) => {
      const { history, role, timers, outbox } = table.replica(id)
      return [role.name, history.head?.hash, history.log.stored(), timers.next(), outbox.size()]
    })
    .join('|')

const newGroup = (): Table => {
  const table = Table.of([...members, dave])
  table.crash(dave)
  for (const id of members) table.say(id, `hello from ${id}`)
  table.run(500)
  return table
}

/** After the storm: one leader, one head. */
const expectPeace = (table: Table): void => {
  table.run(40_000)
  const leaders = new Set(members.map((id) => table.replica(id).leader()))
  const heads = new Set(members.map((id) => table.replica(id).headHash()))
  if (leaders.size !== 1 || heads.size !== 1 || leaders.has(null))
    throw new Error(`no peace: leaders ${[...leaders].join(' ')}, ${heads.size} heads`)
}

/** The text as bytes would be read: parsed, shaped, or refused. */
const gate = (text: string): { readonly from: NodeId; readonly packet: Packet } | ParleyError => {
  const decoded = decodeFrame(text)
  const [message] = decoded.messages
  if (message?.kind !== 'notification' || !isPacketKind(message.method))
    return new ParleyError('INVALID_REQUEST')
  return packetFromParams(message.method, message.params)
}

class Fuzz {
  readonly #prng: Prng
  readonly #samples: readonly unknown[]
  #table = newGroup()
  #known = knownOf(this.#table)
  accepted = 0
  broken = 0
  brokenAccepted = 0

  constructor(seed: number) {
    this.#prng = createPrng(seed)
    this.#samples = packetKinds.flatMap((kind) =>
      fc
        .sample(envelopeOf(kind), { numRuns: 60, seed })
        .map((one) => JSON.parse(encodePacket(one))),
    )
  }

  one(): void {
    const prng = this.#prng
    const likely = madeLikely(prng, pick(prng, this.#samples), this.#known)
    const isBroken = prng.next() < 0.5
    const how = prng.next()
    const text =
      isBroken && how < 0.3
        ? cut(prng, JSON.stringify(likely))
        : JSON.stringify(isBroken ? broken(prng, likely) : likely)
    if (isBroken) this.broken += 1
    const before = digest(this.#table)
    const read = gate(text)
    if (read instanceof ParleyError) {
      if (digest(this.#table) !== before) throw new Error(`refused, and changed: ${text}`)
      return
    }
    this.accepted += 1
    if (isBroken) this.brokenAccepted += 1
    this.#give(read.packet)
  }

  /** The link vouches for the sender, so it is a stranger or a member that turned hostile. */
  #give(packet: Packet): void {
    const from = pick(this.#prng, [dave, dave, idOf('stranger')])
    const to = pick(this.#prng, members)
    this.#table.tell(to, from, packet, sessionOf(from, 7))
    if (this.#prng.next() < 0.05) this.#table.run(this.#prng.next() * 200)
    if (this.#table.sent.length > 50_000) this.#table.sent.length = 0
  }

  next(): void {
    expectPeace(this.#table)
    this.#table = newGroup()
    this.#known = knownOf(this.#table)
  }
}

const heapMb = (): number => process.memoryUsage().heapUsed / 1_048_576

/** Throws if anything goes wrong; `tell` hears how far it is. */
export const fuzzGroup = (
  packets: number,
  seed: number,
  tell: (done: number) => void = () => {},
): FuzzResult => {
  const fuzz = new Fuzz(seed)
  let early = 0
  let largest = 0
  for (let done = 1; done <= packets; done += 1) {
    fuzz.one()
    if (done % perGroup === 0 || done === packets) {
      fuzz.next()
      tell(done)
      largest = Math.max(largest, heapMb())
      if (done <= packets / 10) early = Math.max(early, heapMb())
    }
  }
  const { accepted, broken: brokenOnes, brokenAccepted } = fuzz
  return { packets, accepted, broken: brokenOnes, brokenAccepted, heapMb: [early, largest] }
}
