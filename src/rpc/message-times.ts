/** What members may ask each other about one message: when this node had it in its hands. */
import { z } from 'zod'

import { limits } from '../core/limits.ts'
import { groupIdSchema, messageIdSchema, nodeIdSchema } from './id-schemas.ts'
import { defineMethod } from './method.ts'

/** By the clock of the node that answers, ms since 1970. */
const at = z.number().min(0).max(8.64e15).optional()

const timesSchema = z.object({
  typedAt: at,
  /** To the leader, first; `via` names those it was passed on by. */
  sentAt: at,
  via: z.array(nodeIdSchema).max(limits.hops).optional(),
  appendedAt: at,
  storedAt: at,
})

export type MessageTimes = z.output<typeof timesSchema>

export const messageTimesMethod = defineMethod({
  name: 'message_times',
  summary: 'When this node wrote, sent, appended or stored a message; members of its group only.',
  params: z.strictObject({ group: groupIdSchema, message: messageIdSchema }),
  result: timesSchema.extend({ now: z.number() }),
  errors: ['NOT_A_MEMBER'],
})
