/**
 * The methods that nodes serve to each other, as data: one for each kind of packet, and `hello`.
 * The schemas describe the wire for `rpc.discover` and for strangers; links use `peer-codec.ts`,
 * which reads the same more strictly and faster.
 */
import { z } from 'zod'

import { limits } from '../core/limits.ts'
import type { PacketKind } from '../core/packet.ts'
import type { ErrorCode } from './errors.ts'
import {
  countSchema,
  groupIdSchema,
  hashSchema,
  instanceIdSchema,
  nodeIdSchema,
  signatureSchema,
  termIdSchema,
} from './id-schemas.ts'
import { defineMethod } from './method.ts'
import { MAX_BATCHES, MAX_ENTRIES, TRACEPARENT } from './peer-readers.ts'

const markSchema = z.int().min(-1)
const addressesSchema = z.array(z.string().max(limits.addressLength)).max(limits.addresses)
const tipSchema = z.strictObject({ term: termIdSchema, seq: countSchema, hash: hashSchema })
const codeSchema = z.string().max(64)
const retryMsSchema = countSchema.nullable()

const marksSchema = z.strictObject({
  /** Members of the view have stored the term to here, */
  floor: markSchema,
  /** these further. */
  above: z.array(z.tuple([nodeIdSchema, markSchema])).max(limits.members),
  viewSeq: countSchema,
  below: countSchema,
})

const summarySchema = z.strictObject({
  head: tipSchema.nullable(),
  tips: z.array(tipSchema).max(limits.tips),
  terms: z.array(tipSchema).max(limits.summaryTerms),
})

const claimSchema = z.strictObject({
  term: termIdSchema,
  leader: nodeIdSchema,
  live: countSchema,
  number: countSchema,
})

/** `[[group, prev, term, seq, clock, kind, body], hash, leader's signature or null]`. */
const entriesSchema = z
  .array(z.tuple([z.array(z.unknown()).length(7), hashSchema, signatureSchema.nullable()]))
  .max(MAX_ENTRIES)

/** `[author, session, aseq, after, items, signature]`. */
const batchSchema = z.array(z.unknown()).length(6)

/** `[kind, batch]`. */
const batchesSchema = z
  .array(z.tuple([z.enum(['message', 'roster']), batchSchema]))
  .max(MAX_BATCHES)

/** `[id, name, addresses, signature]`. */
const cardSchema = z.tuple([
  nodeIdSchema,
  z.string().min(1).max(limits.nameLength),
  addressesSchema,
  z.union([signatureSchema, z.literal('')]),
])

const voteSchema = z.discriminatedUnion('answer', [
  z.strictObject({ answer: z.literal('here'), summary: summarySchema }),
  z.strictObject({ answer: z.literal('senior') }),
  z.strictObject({
    answer: z.literal('leader'),
    term: termIdSchema,
    leader: nodeIdSchema,
    addresses: addressesSchema,
    beat: countSchema,
  }),
])

const mergeStepSchema = z.discriminatedUnion('step', [
  z.strictObject({
    step: z.literal('probe'),
    term: termIdSchema.nullable(),
    leader: nodeIdSchema.nullable(),
    claim: claimSchema.nullable(),
    answer: z.boolean(),
  }),
  z.strictObject({
    step: z.literal('sighting'),
    term: termIdSchema,
    leader: nodeIdSchema,
    addresses: addressesSchema,
  }),
  z.strictObject({ step: z.literal('offer'), summary: summarySchema }),
  z.strictObject({
    step: z.literal('hello'),
    claim: claimSchema,
    members: z.array(nodeIdSchema).max(limits.members),
    summary: summarySchema,
  }),
  z.strictObject({
    step: z.literal('welcome'),
    term: termIdSchema,
    gaveUp: termIdSchema,
    beat: countSchema,
  }),
])

const reachSchema = z.strictObject({
  id: nodeIdSchema,
  instance: instanceIdSchema,
  stamp: countSchema,
  ageMs: countSchema,
  hears: z.array(nodeIdSchema).max(limits.meshNodes),
})

const term = termIdSchema
const leader = nodeIdSchema
const beat = countSchema
const entries = entriesSchema
const marks = marksSchema
const summary = summarySchema

type Described = readonly [summary: string, fields: z.ZodRawShape]

const described: Readonly<Record<PacketKind, Described>> = {
  heartbeat: [
    'Leader to member: lives, and has stored so much. Answered with "pulse".',
    { term, beat, seq: countSchema, live: countSchema, marks },
  ],
  pulse: [
    'Member to leader: lives, and has stored so much.',
    { term, leader, beat, seq: markSchema, tips: z.array(tipSchema).max(limits.tips) },
  ],
  append: [
    'Leader to members: entries to store. Answered with "ack" once they are on the disk.',
    { term, entries },
  ],
  ack: ['Member to leader: everything up to here is on the disk.', { term, seq: markSchema }],
  hand_on: [
    'In a large group, down a tree: entries to store and to hand on. Answered with "ack_below".',
    { term, entries },
  ],
  ack_below: [
    'Up that tree: stored up to "seq" by the sender, up to "floor" by all from it downwards.',
    { term, seq: markSchema, floor: markSchema, runs: countSchema },
  ],
  stored: ['Leader to authors: who has stored how much.', { term, marks }],
  sync: ['Asks any member for what the summary lacks. Answered with "entries".', { summary }],
  entries: ['A page of history, parents first.', { entries, more: z.boolean(), summary }],
  send_message: [
    'Author to leader: signed messages to be sequenced. Repeating it changes nothing.',
    { batches: batchesSchema },
  ],
  refused: [
    'Leader to author: this batch is not sequenced now (with "retryMs") or ever (null).',
    { session: instanceIdSchema, aseq: countSchema, code: codeSchema, retryMs: retryMsSchema },
  ],
  election: [
    'Candidate to members: the leader of this term is suspected. Answered with "vote".',
    { round: countSchema, term, beat },
  ],
  vote: [
    'Member to candidate: here, more senior, or in touch with the leader.',
    { round: countSchema, says: voteSchema },
  ],
  coordinator: [
    'New leader to members: follow this term.',
    { term, leader, entries, gaveUp: term.nullable() },
  ],
  handover: ['Leaving leader to its successor: open your term.', { term, entries }],
  join_network: [
    'Asks to be let in. Answered with "joined", "redirect" to the leader, or "turned_away".',
    {
      card: cardSchema,
      proof: z.tuple([nodeIdSchema, signatureSchema]).nullable(),
      summary,
      anew: z.boolean(),
    },
  ],
  joined: [
    'Leader to newcomer: in, with this number.',
    { term, leader, number: countSchema, beat, seq: countSchema },
  ],
  redirect: ['Member to newcomer: ask the leader.', { leader, addresses: addressesSchema }],
  turned_away: [
    'To newcomer: not let in now (with "retryMs") or ever (null).',
    { code: codeSchema, retryMs: retryMsSchema, proof: batchSchema.nullable() },
  ],
  check: [
    'Now and then: is this what you have at that place?',
    { term, seq: countSchema, hash: hashSchema },
  ],
  story: ['A stretch of a term as its leader told it to somebody.', { entries }],
  leave_network: ["Member to leader: leaves for good order's sake.", {}],
  merge: [
    'Leaders of one group that find each other after a partition.',
    { step: mergeStepSchema },
  ],
  reach: [
    'Tells who hears whom, while some members cannot reach each other directly.',
    { table: z.array(reachSchema).max(limits.meshNodes), troubled: z.boolean() },
  ],
  relay: [
    'A packet on its way around: for the next on the path, or, with none left, for the receiver.',
    {
      origin: nodeIdSchema,
      originInstance: instanceIdSchema,
      to: nodeIdSchema,
      path: z.array(nodeIdSchema).max(limits.hops),
      trail: z.array(nodeIdSchema).max(limits.hops),
      /** `[method, parameters without the header]`. */
      packet: z.tuple([z.string(), z.record(z.string(), z.unknown())]),
      /** The origin's; '' where a member helps a newcomer to the leader. */
      sig: z.union([signatureSchema, z.literal('')]),
    },
  ],
}

const header = {
  group: groupIdSchema,
  from: nodeIdSchema,
  instance: instanceIdSchema,
  /** W3C trace context; since version 2. */
  traceparent: z.string().regex(TRACEPARENT).optional(),
}

const errors: readonly ErrorCode[] = [
  'NETWORK_NOT_FOUND',
  'UNAUTHORIZED',
  'BUSY',
  'STORAGE_FULL',
  'STORAGE_UNWRITABLE',
]

const answerSchema = z.object({
  /** What the packet made this node send back to the caller; over a link it goes by itself. */
  packets: z.array(z.object({ method: z.string(), params: z.record(z.string(), z.unknown()) })),
})

/** The method that carries packets of this kind. */
export const peerMethod = (kind: PacketKind) => {
  const [summary, fields] = described[kind]
  const params = z.strictObject({ ...header, ...fields })
  return defineMethod({ name: kind, summary, params, result: answerSchema, errors })
}

const helloSchema = z.object({
  id: nodeIdSchema,
  name: z.string().min(1).max(limits.nameLength),
  instance: instanceIdSchema,
  /** The lowest version of the protocol that it speaks, */
  version: countSchema,
  /** and the highest, where that is another. */
  upTo: countSchema.optional(),
  /** Where the node can be dialled, best first. */
  addresses: addressesSchema,
})

/** What each end of a link says first. */
export type Hello = z.output<typeof helloSchema>

/** Null for anything that is not a greeting. Fields that a newer version added are let be. */
export const readHello = (params: unknown): Hello | null => {
  const parsed = helloSchema.safeParse(params)
  return parsed.success ? parsed.data : null
}

export const hello = defineMethod({
  name: 'hello',
  summary:
    'Who this node is. The first frame each way on a link; over HTTP answered with the same.',
  params: z.looseObject({}),
  result: helloSchema,
  errors: ['VERSION_MISMATCH'],
})
