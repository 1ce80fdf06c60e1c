/**
 * Packets between nodes as JSON-RPC notifications, and the gate that lets them in:
 *
 * {"jsonrpc":"2.0","method":KIND,"params":{"group":…,"from":…,"instance":…,…fields of the packet}}
 *
 * Entries, batches and cards travel in their canonical arrays (`core/entry-codec.ts`), so that what
 * is signed and hashed is what is sent. One encoding serves any number of receivers.
 */
import type { Claim } from '../core/claim.ts'
import { batchToArray, cardToArray, entryToArray } from '../core/entry-codec.ts'
import type { AdmissionProof, SignedEntry } from '../core/entry.ts'
import { limits } from '../core/limits.ts'
import type { Reach } from '../core/mesh.ts'
import type { OutboxBatch } from '../core/log-reader.ts'
import type {
  Envelope,
  Marks,
  MergeStep,
  Packet,
  PacketKind,
  Summary,
  Vote,
} from '../core/packet.ts'
import { jsonBytes } from '../core/sizes.ts'
import { encodeNotification } from './codec.ts'
import { ParleyError } from './errors.ts'
import * as read from './peer-readers.ts'
import { isRecord, listUpTo, record, type Reader, type Readers } from './peer-readers.ts'

type PacketOf<K extends PacketKind> = Extract<Packet, { readonly kind: K }>
type FieldsOf<K extends PacketKind> = Omit<PacketOf<K>, 'kind'>

const marks: Reader<Marks> = record<Marks>({
  floor: read.mark,
  above: listUpTo(limits.members, (value) => {
    if (!Array.isArray(value) || value.length !== 2) return undefined
    const id = read.nodeId(value[0])
    const at = read.mark(value[1])
    return id === undefined || at === undefined ? undefined : ([id, at] as const)
  }),
  viewSeq: read.count,
  below: read.count,
})

const summary: Reader<Summary> = record<Summary>({
  head: read.orNull(read.tip),
  tips: read.tips,
  terms: listUpTo(limits.summaryTerms, read.tip),
})

const claim: Reader<Claim> = record<Claim>({
  term: read.termId,
  leader: read.nodeId,
  live: read.count,
  number: read.count,
})

const is =
  <T extends string>(text: T): Reader<T> =>
  (value) =>
    value === text ? text : undefined

/** One of several records that are told apart by the text in the field `name`. */
const variant =
  <T>(name: string, readers: Readonly<Record<string, Reader<T>>>): Reader<T> =>
  (value) => {
    const tag = isRecord(value) ? value[name] : undefined
    if (typeof tag !== 'string' || !Object.hasOwn(readers, tag)) return undefined
    return readers[tag]?.(value)
  }

const vote = variant<Vote>('answer', {
  here: record<Extract<Vote, { answer: 'here' }>>({ answer: is('here'), summary }),
  senior: record<Extract<Vote, { answer: 'senior' }>>({ answer: is('senior') }),
  leader: record<Extract<Vote, { answer: 'leader' }>>({
    answer: is('leader'),
    term: read.termId,
    leader: read.nodeId,
    addresses: read.addresses,
    beat: read.count,
  }),
})

const mergeStep = variant<MergeStep>('step', {
  probe: record<Extract<MergeStep, { step: 'probe' }>>({
    step: is('probe'),
    term: read.orNull(read.termId),
    leader: read.orNull(read.nodeId),
    claim: read.orNull(claim),
    answer: read.flag,
  }),
  sighting: record<Extract<MergeStep, { step: 'sighting' }>>({
    step: is('sighting'),
    term: read.termId,
    leader: read.nodeId,
    addresses: read.addresses,
  }),
  offer: record<Extract<MergeStep, { step: 'offer' }>>({ step: is('offer'), summary }),
  hello: record<Extract<MergeStep, { step: 'hello' }>>({
    step: is('hello'),
    claim,
    members: listUpTo(limits.members, read.nodeId),
    summary,
  }),
  welcome: record<Extract<MergeStep, { step: 'welcome' }>>({
    step: is('welcome'),
    term: read.termId,
    gaveUp: read.termId,
    beat: read.count,
  }),
})

const term = read.termId
const leader = read.nodeId
const beat = read.count
const { entries, addresses } = read
const retryMs = read.orNull(read.count)

const reach: Reader<Reach> = record<Reach>({
  id: read.nodeId,
  instance: read.instanceId,
  stamp: read.count,
  ageMs: read.count,
  hears: listUpTo(limits.meshNodes, read.nodeId),
})

/** `[method, parameters without a header]` of a packet that is passed on. Relays do not nest. */
const passedOn: Reader<Packet> = (value) => {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [kind, fields]: readonly unknown[] = value
  if (typeof kind !== 'string' || !isPacketKind(kind) || !isRecord(fields)) return undefined
  if (kind === 'relay' || kind === 'reach') return undefined
  const packet = readFields(kind, fields, 0)
  return typeof packet === 'string' ? undefined : packet
}

const readersByKind: { readonly [K in PacketKind]: Readers<FieldsOf<K>> } = {
  heartbeat: { term, beat, seq: read.count, live: read.count, marks },
  pulse: { term, leader, beat, seq: read.mark, tips: read.tips },
  append: { term, entries },
  ack: { term, seq: read.mark },
  hand_on: { term, entries },
  ack_below: { term, seq: read.mark, floor: read.mark, runs: read.count },
  stored: { term, marks },
  sync: { summary },
  entries: { entries, more: read.flag, summary },
  send_message: { batches: read.batches },
  refused: { session: read.instanceId, aseq: read.count, code: read.code, retryMs },
  election: { round: read.count, term, beat },
  vote: { round: read.count, says: vote },
  coordinator: { term, leader, entries, gaveUp: read.orNull(term) },
  handover: { term, entries },
  join_network: { card: read.card, proof: read.orNull(read.proof), summary, anew: read.flag },
  joined: { term, leader, number: read.count, beat, seq: read.count },
  redirect: { leader, addresses },
  turned_away: { code: read.code, retryMs, proof: read.orNull(read.batch) },
  check: { term, seq: read.count, hash: read.hash },
  story: { entries },
  leave_network: {},
  merge: { step: mergeStep },
  reach: { table: listUpTo(limits.meshNodes, reach), troubled: read.flag },
  relay: {
    origin: read.nodeId,
    originInstance: read.instanceId,
    to: read.nodeId,
    path: listUpTo(limits.hops, read.nodeId),
    trail: listUpTo(limits.hops, read.nodeId),
    packet: passedOn,
    sig: read.signatureOrNone,
  },
}

/** All kinds of packets, in the order of their names: the methods that nodes serve to each other. */
export const packetKinds: readonly PacketKind[] = (
  Object.keys(readersByKind) as PacketKind[]
).toSorted()

export const isPacketKind = (text: string): text is PacketKind => Object.hasOwn(readersByKind, text)

/** A relayed packet's own `instance` has another name on the wire: the header's is the hop's. */
const wireName = (kind: PacketKind, field: string): string =>
  kind === 'relay' && field === 'instance' ? 'originInstance' : field

interface Field {
  readonly name: string
  readonly wire: string
  readonly read: Reader<unknown>
}

const fieldsOf = (readers: object, kind: PacketKind | null): readonly Field[] =>
  Object.entries(readers).map(([name, reader]) => {
    const wire = kind === null ? name : wireName(kind, name)
    return { name, wire, read: reader as Reader<unknown> }
  })

const headerFields = fieldsOf(
  { group: read.groupId, from: read.nodeId, instance: read.instanceId },
  null,
)
const fieldsByKind = new Map(packetKinds.map((kind) => [kind, fieldsOf(readersByKind[kind], kind)]))

type Params = Readonly<Record<string, unknown>>

/** Reads fields into `target`; the name of the first that is wrong, or null. */
const readInto = (
  target: Record<string, unknown>,
  fields: readonly Field[],
  params: Params,
): string | null => {
  for (const { name, wire, read: reader } of fields) {
    const value = reader(params[wire])
    if (value === undefined) return wire
    target[name] = value
  }
  return null
}

/** The packet in parameters, `others` of which are not its own; or what is wrong, in words. */
const readFields = (kind: PacketKind, params: Params, others: number): Packet | string => {
  const fields = fieldsByKind.get(kind) ?? []
  const packet = { kind }
  const wrong = readInto(packet, fields, params)
  if (wrong !== null) return `"${wrong}" is not what it should be.`
  if (Object.keys(params).length > fields.length + others)
    return 'There are parameters that this method does not have.'
  return packet as Packet
}

const refuse = (hint: string): ParleyError => new ParleyError('INVALID_PARAMS', undefined, { hint })

/**
 * Reads the parameters of a peer method. Never throws; returns INVALID_PARAMS saying which is
 * wrong.
 */
export const packetFromParams = (kind: PacketKind, params: unknown): Envelope | ParleyError => {
  if (!isRecord(params)) return refuse('Parameters go by name.')
  const envelope: Record<string, unknown> = {}
  const wrong = readInto(envelope, headerFields, params)
  if (wrong !== null) return refuse(`"${wrong}" is not what it should be.`)
  const { traceparent } = params
  if (traceparent !== undefined) {
    if (read.traceparent(traceparent) === undefined)
      return refuse('"traceparent" is not what it should be.')
    envelope['traceparent'] = traceparent
  }
  const others = headerFields.length + (traceparent === undefined ? 0 : 1)
  const packet = readFields(kind, params, others)
  if (typeof packet === 'string') return refuse(packet)
  envelope['packet'] = packet
  return envelope as unknown as Envelope
}

const entriesToWire = (list: readonly SignedEntry[]): readonly unknown[] =>
  list.map(({ entry, hash, sig }) => [entryToArray(entry), hash, sig])

const batchesToWire = (list: readonly OutboxBatch[]): readonly unknown[] =>
  list.map(({ kind, batch }) => [kind, batchToArray(batch)])

const proofToWire = (proof: AdmissionProof | null): unknown =>
  proof === null ? null : [proof.invite, proof.sig]

/** What of a packet is written differently on the wire. */
const wireFields = (packet: Packet): object => {
  const { kind: _, ...fields } = packet
  switch (packet.kind) {
    case 'append':
    case 'hand_on':
    case 'entries':
    case 'coordinator':
    case 'handover':
    case 'story':
      return { ...fields, entries: entriesToWire(packet.entries) }
    case 'send_message':
      return { batches: batchesToWire(packet.batches) }
    case 'relay':
      return { ...fields, packet: [packet.packet.kind, wireFields(packet.packet)] }
    case 'turned_away':
      return { ...fields, proof: packet.proof === null ? null : batchToArray(packet.proof) }
    case 'join_network':
      return { ...fields, card: cardToArray(packet.card), proof: proofToWire(packet.proof) }
    default:
      return fields
  }
}

/** The parameters of the method that carries a packet. */
export const packetToParams = ({
  group,
  from,
  instance,
  packet,
  traceparent,
}: Envelope): object => ({
  group,
  from,
  instance,
  ...(traceparent === undefined ? {} : { traceparent }),
  ...wireFields(packet),
})

/** The one text of a packet, for all its receivers. */
export const encodePacket = (envelope: Envelope): string =>
  encodeNotification(envelope.packet.kind, packetToParams(envelope))

const batchBytes = ({ batch }: OutboxBatch): number =>
  batch.items.reduce((sum, { content }) => sum + 160 + jsonBytes(content.text), 512)

/**
 * Packets that say the same and fit a frame each: batches that an author has under way may be too
 * many for one. All others are small enough as they come.
 */
export const fitPacket = (packet: Packet): readonly Packet[] => {
  if (packet.kind !== 'send_message' || packet.batches.length < 2) return [packet]
  const packets: OutboxBatch[][] = []
  let bytes = Infinity
  for (const one of packet.batches) {
    const more = batchBytes(one)
    bytes += more
    if (bytes > limits.pageBytes || (packets.at(-1)?.length ?? 0) >= read.MAX_BATCHES) {
      packets.push([])
      bytes = more
    }
    packets.at(-1)?.push(one)
  }
  return packets.map((list) => ({ kind: 'send_message', batches: list }))
}
