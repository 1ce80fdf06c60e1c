/** The gate of the local API: what each method takes, checked before the node sees it. */
import { z } from 'zod'

import { messageKinds } from '../../core/content.ts'
import { limits } from '../../core/limits.ts'
import { countSchema } from '../../rpc/id-schemas.ts'
import { defineMethod } from '../../rpc/method.ts'
import type { Wait } from '../api.ts'
import type { LocalMethods } from './types.ts'

/** Longest wait that a caller may ask for: an hour. */
const MAX_TIMEOUT_MS = 3_600_000
/** Messages of one `send_many`. */
export const MAX_MANY = 256
/** Messages of one page of history. */
export const MAX_PAGE = 500

/** A name, an id or the beginning of one: what it means is for the node to find out. */
const reference = z.string().min(1).max(512)
const target = z.string().min(1).max(4_096)
const timeoutMs = z.int().min(0).max(MAX_TIMEOUT_MS).optional()
/** The node itself measures the text, in bytes, so that there is one limit and one error for it. */
const text = z.string()
const wait: z.ZodType<Wait> = z.union([
  z.enum(['queued', 'sequenced', 'majority', 'all']),
  z.int().min(1).max(limits.members),
])

/** What the node returns needs no gate: the compiler holds it to the method's type. */
const resultOf = <M extends keyof LocalMethods>(): z.ZodType<LocalMethods[M]['result']> =>
  z.custom<LocalMethods[M]['result']>((value) => typeof value === 'object' && value !== null)

export const createMethod = defineMethod({
  name: 'create',
  summary: 'Creates a network; this node is its first member.',
  params: z.strictObject({
    // The node itself says what a name may be.
    name: z.string().max(4_096),
    policy: z.enum(['open', 'invite']).optional(),
    listed: z.boolean().optional(),
  }),
  result: resultOf<'create'>(),
  errors: ['NAME_TAKEN', 'STORAGE_FULL', 'STORAGE_UNWRITABLE'],
})

export const joinMethod = defineMethod({
  name: 'join',
  summary: 'Joins a network by its name, address or link.',
  params: z.strictObject({ target, timeoutMs }),
  result: resultOf<'join'>(),
  errors: ['NETWORK_NOT_FOUND', 'ALREADY_JOINED', 'REFUSED', 'BANNED', 'UNREACHABLE', 'TIMEOUT'],
})

export const leaveMethod = defineMethod({
  name: 'leave',
  summary: 'Leaves a network for good order’s sake; its history stays here.',
  params: z.strictObject({ network: reference, force: z.boolean().optional() }),
  result: resultOf<'leave'>(),
  errors: ['NETWORK_NOT_FOUND', 'REFUSED'],
})

const sendErrors = ['NETWORK_NOT_FOUND', 'TOO_LARGE', 'RATE_LIMITED', 'TIMEOUT'] as const

export const sendMethod = defineMethod({
  name: 'send',
  summary: 'Sends a message and waits until it is as safe as asked.',
  params: z.strictObject({
    network: reference,
    text,
    kind: z.enum(messageKinds).optional(),
    about: z.string().min(1).max(128).optional(),
    wait: wait.optional(),
    timeoutMs,
  }),
  result: resultOf<'send'>(),
  errors: [...sendErrors, 'REFUSED'],
})

export const sendManyMethod = defineMethod({
  name: 'send_many',
  summary: 'Sends several messages in this order; each succeeds or fails by itself.',
  params: z.strictObject({
    network: reference,
    texts: z.array(text).min(1).max(MAX_MANY),
    wait: wait.optional(),
    timeoutMs,
  }),
  result: resultOf<'send_many'>(),
  errors: sendErrors,
})

export const networksMethod = defineMethod({
  name: 'networks',
  summary: 'Networks that were joined, and those that the discovery services list.',
  params: z.strictObject({}),
  result: resultOf<'networks'>(),
  errors: [],
})

export const historyMethod = defineMethod({
  name: 'history',
  summary: 'A page of messages, oldest first: from a position on, or the newest.',
  params: z.strictObject({
    network: reference,
    from: countSchema.optional(),
    limit: z.int().min(1).max(MAX_PAGE).optional(),
  }),
  result: resultOf<'history'>(),
  errors: ['NETWORK_NOT_FOUND'],
})

export const searchMethod = defineMethod({
  name: 'search',
  summary: 'Messages that contain all words, oldest first: the newest of them, or those before.',
  params: z.strictObject({
    network: reference,
    query: z.string().max(1_024),
    limit: z.int().min(1).max(MAX_PAGE).optional(),
    before: countSchema.optional(),
  }),
  result: resultOf<'search'>(),
  errors: ['NETWORK_NOT_FOUND'],
})

export const markReadMethod = defineMethod({
  name: 'mark_read',
  summary: 'Notes how far the user has read; marks never go back.',
  params: z.strictObject({ network: reference, position: countSchema.optional() }),
  result: resultOf<'mark_read'>(),
  errors: ['NETWORK_NOT_FOUND'],
})

export const membersMethod = defineMethod({
  name: 'members',
  summary: 'The members of a network in order of seniority.',
  params: z.strictObject({ network: reference }),
  result: resultOf<'members'>(),
  errors: ['NETWORK_NOT_FOUND'],
})

export const statusMethod = defineMethod({
  name: 'status',
  summary: 'How the node and its networks are.',
  params: z.strictObject({}),
  result: resultOf<'status'>(),
  errors: [],
})

export const setNameMethod = defineMethod({
  name: 'set_name',
  summary: 'Gives this node the name that others see from the next start on.',
  // The node itself says what a name may be.
  params: z.strictObject({ name: z.string().max(4_096) }),
  result: resultOf<'set_name'>(),
  errors: ['USAGE', 'STORAGE_FULL', 'STORAGE_UNWRITABLE'],
})

export const kickMethod = defineMethod({
  name: 'kick',
  summary: 'Removes a member from a network.',
  params: z.strictObject({ network: reference, member: reference }),
  result: resultOf<'kick'>(),
  errors: ['NETWORK_NOT_FOUND', 'NOT_A_MEMBER', 'REFUSED'],
})

export const setTopicMethod = defineMethod({
  name: 'set_topic',
  summary: 'Says what a network is about.',
  params: z.strictObject({ network: reference, topic: z.string().max(1_024) }),
  result: resultOf<'set_topic'>(),
  errors: ['NETWORK_NOT_FOUND', 'REFUSED'],
})

/** The query string of `GET /messages`; see `StreamQuery`. */
export const streamQuerySchema = z.strictObject({
  network: reference,
  from: z.coerce.number().int().min(0).optional(),
  last: z.coerce.number().int().min(0).optional(),
  follow: z.stringbool().optional(),
  stored: z.stringbool().optional(),
})
