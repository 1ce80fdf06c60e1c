/** Any packet that a node could send, for properties. */
import * as fc from 'fast-check'

import type {
  AdmissionProof,
  AuthorBatch,
  Entry,
  Item,
  MemberCard,
  SignedEntry,
} from '../core/entry.ts'
import type {
  GroupId,
  Hash,
  InstanceId,
  MessageId,
  NodeId,
  Signature,
  TermId,
  Tip,
} from '../core/ids.ts'
import type { OutboxBatch } from '../core/log-reader.ts'
import type { Envelope, Marks, MergeStep, Packet, Summary, Vote } from '../core/packet.ts'

const from = (alphabet: string, length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.nat({ max: alphabet.length - 1 }), { minLength: length, maxLength: length })
    .map((places) => places.map((at) => alphabet[at] ?? '').join(''))

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const key = from(base64, 43)
const nodeId = key as unknown as fc.Arbitrary<NodeId>
const hash = key as unknown as fc.Arbitrary<Hash>
const termId = key as unknown as fc.Arbitrary<TermId>
const groupId = key as unknown as fc.Arbitrary<GroupId>
const signature = from(base64, 86) as unknown as fc.Arbitrary<Signature>
const instanceId = from('0123456789abcdef', 32) as unknown as fc.Arbitrary<InstanceId>
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const mark = fc.integer({ min: -1, max: 1_000_000 })
const text = (max: number) => fc.string({ unit: 'binary', maxLength: max })
const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 3 })
const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 3 })
const orNull = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null })

const addresses = few(fc.constantFrom('127.0.0.1:7411', '[::1]:1', 'host.example:65535'))
const tip: fc.Arbitrary<Tip> = fc.record({ term: termId, seq: count, hash })
const summary: fc.Arbitrary<Summary> = fc.record({
  head: orNull(tip),
  tips: few(tip),
  terms: few(tip),
})
const marks: fc.Arbitrary<Marks> = fc.record({
  floor: mark,
  above: few(fc.tuple(nodeId, mark)),
  viewSeq: count,
  below: count,
})
const claim = fc.record({ term: termId, leader: nodeId, live: count, number: count })

const card: fc.Arbitrary<MemberCard> = fc.record({
  id: nodeId,
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
  addresses,
  sig: fc.oneof(signature, fc.constant('' as const)),
})
const proof: fc.Arbitrary<AdmissionProof> = fc.record({ invite: nodeId, sig: signature })

const digits = from('0123456789abcdef', 15)

const idOf = (hex: string, session: InstanceId): MessageId => {
  const head = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(12)}`
  return `${head}-8000-${session.slice(0, 12)}` as MessageId
}

const itemOf = (session: InstanceId): fc.Arbitrary<Item> =>
  fc.record({
    id: digits.map((hex) => idOf(hex, session)),
    sentAt: count,
    content: fc.record({ kind: fc.constantFrom('text', 'x'), text: text(40), ref: text(10) }),
  })

const batch: fc.Arbitrary<AuthorBatch> = instanceId.chain((session) =>
  fc.record({
    author: nodeId,
    session: fc.constant(session),
    aseq: fc.integer({ min: 1, max: 1e9 }),
    after: hash,
    items: some(itemOf(session)),
    sig: signature,
  }),
)

const link = { group: groupId, prev: hash, seq: fc.integer({ min: 1, max: 1e9 }), clock: count }
const inTerm = <K extends string, B>(kind: K, body: fc.Arbitrary<B>) =>
  fc.record({ ...link, term: termId, kind: fc.constant(kind), body })

const open = nodeId.chain((leader) =>
  fc.record({
    counter: count,
    leader: fc.constant(leader),
    instance: instanceId,
    nonce: text(8),
    gone: few(nodeId).map((ids) => ids.filter((id) => id !== leader)),
    back: few(nodeId).map((ids) => ids.filter((id) => id !== leader)),
  }),
)
const genesis = fc.record({
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
  founder: card,
  settings: fc.record({ policy: fc.constantFrom('open', 'invite'), listed: fc.boolean() }),
  createdAt: count,
  nonce: text(8),
})

const entry = fc.oneof(
  inTerm('message', batch),
  inTerm('roster', batch),
  inTerm('activate', fc.record({ members: some(fc.record({ card, proof: orNull(proof) })) })),
  inTerm(
    'deactivate',
    fc.record({ cause: fc.constantFrom('left', 'silent'), members: some(nodeId) }),
  ),
  inTerm('merge', fc.record({ tips: some(hash), members: few(nodeId) })),
  fc.record({
    ...link,
    seq: fc.constant(0),
    term: fc.constant(''),
    kind: fc.constant('open'),
    body: open,
  }),
  fc.record({
    group: fc.constant(''),
    prev: fc.constant(''),
    term: fc.constant(''),
    seq: fc.constant(0),
    clock: count,
    kind: fc.constant('genesis'),
    body: genesis,
  }),
) as unknown as fc.Arbitrary<Entry>

const signed: fc.Arbitrary<SignedEntry> = fc.record({ entry, hash, sig: orNull(signature) })
const outboxBatch: fc.Arbitrary<OutboxBatch> = fc.record({
  kind: fc.constantFrom('message', 'roster'),
  batch,
})

const vote: fc.Arbitrary<Vote> = fc.oneof(
  fc.record({ answer: fc.constant('here' as const), summary }),
  fc.record({ answer: fc.constant('senior' as const) }),
  fc.record({
    answer: fc.constant('leader' as const),
    term: termId,
    leader: nodeId,
    addresses,
    beat: count,
  }),
)

const mergeStep: fc.Arbitrary<MergeStep> = fc.oneof(
  fc.record({
    step: fc.constant('probe' as const),
    term: orNull(termId),
    leader: orNull(nodeId),
    claim: orNull(claim),
    answer: fc.boolean(),
  }),
  fc.record({ step: fc.constant('sighting' as const), term: termId, leader: nodeId, addresses }),
  fc.record({ step: fc.constant('offer' as const), summary }),
  fc.record({ step: fc.constant('hello' as const), claim, members: few(nodeId), summary }),
  fc.record({ step: fc.constant('welcome' as const), term: termId, gaveUp: termId, beat: count }),
)

const term = termId
const leader = nodeId
const beat = count
const entries = few(signed)
const retryMs = orNull(count)
const code = fc.constantFrom('BANNED', 'RATE_LIMITED')

const reach = fc.record({
  id: nodeId,
  instance: instanceId,
  stamp: count,
  ageMs: count,
  hears: few(nodeId),
})

const inner: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), term, entries }),
  fc.record({ kind: fc.constant('ack' as const), term, seq: mark }),
  fc.record({ kind: fc.constant('merge' as const), step: mergeStep }),
)

type PacketArbitraries = {
  readonly [K in Packet['kind']]: fc.Arbitrary<Omit<Extract<Packet, { kind: K }>, 'kind'>>
}

/** For each kind of packet any of that kind, without its kind. */
export const packetFields: PacketArbitraries = {
  heartbeat: fc.record({ term, beat, seq: count, live: count, marks }),
  pulse: fc.record({ term, leader, beat, seq: mark, tips: few(tip) }),
  append: fc.record({ term, entries }),
  ack: fc.record({ term, seq: mark }),
  hand_on: fc.record({ term, entries }),
  ack_below: fc.record({ term, seq: mark, floor: mark, runs: count }),
  stored: fc.record({ term, marks }),
  sync: fc.record({ summary }),
  entries: fc.record({ entries, more: fc.boolean(), summary }),
  send_message: fc.record({ batches: few(outboxBatch) }),
  refused: fc.record({ session: instanceId, aseq: count, code, retryMs }),
  election: fc.record({ round: count, term, beat }),
  vote: fc.record({ round: count, says: vote }),
  coordinator: fc.record({ term, leader, entries, gaveUp: orNull(term) }),
  handover: fc.record({ term, entries }),
  join_network: fc.record({ card, proof: orNull(proof), summary, anew: fc.boolean() }),
  joined: fc.record({ term, leader, number: count, beat, seq: count }),
  redirect: fc.record({ leader, addresses }),
  turned_away: fc.record({ code, retryMs, proof: orNull(batch) }),
  check: fc.record({ term, seq: count, hash }),
  story: fc.record({ entries }),
  leave_network: fc.record({}),
  merge: fc.record({ step: mergeStep }),
  reach: fc.record({ table: few(reach), troubled: fc.boolean() }),
  relay: fc.record({
    origin: nodeId,
    originInstance: instanceId,
    to: nodeId,
    path: few(nodeId),
    trail: few(nodeId),
    packet: inner,
    sig: fc.oneof(signature, fc.constant('' as const)),
  }),
}

/** Any packet of this kind with its sender. */
export const envelopeOf = (kind: Packet['kind']): fc.Arbitrary<Envelope> => {
  const packet = (packetFields[kind] as fc.Arbitrary<object>).map(
    (fields) => ({ kind, ...fields }) as Packet,
  )
  return fc.record({ group: groupId, from: nodeId, instance: instanceId, packet })
}
