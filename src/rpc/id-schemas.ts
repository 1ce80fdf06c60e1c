/** Gate checks of the core's branded words: what passed them carries the brand. */
import { z } from 'zod'

import type {
  GroupId,
  Hash,
  InstanceId,
  MessageId,
  Millis,
  NodeId,
  Signature,
  TermId,
} from '../core/ids.ts'

/** The only place where a wire string gets its brand. */
const branded = <T extends string>(schema: z.ZodString): z.ZodType<T, string> =>
  schema as unknown as z.ZodType<T, string>

const base64Url = (chars: number): z.ZodString =>
  z
    .string()
    .regex(new RegExp(`^[A-Za-z0-9_-]{${chars}}$`), `Expected ${chars} base64url characters`)

export const nodeIdSchema = branded<NodeId>(base64Url(43))
export const hashSchema = branded<Hash>(base64Url(43))
export const groupIdSchema = branded<GroupId>(base64Url(43))
export const termIdSchema = branded<TermId>(base64Url(43))
export const signatureSchema = branded<Signature>(base64Url(86))
export const instanceIdSchema = branded<InstanceId>(
  z.string().regex(/^[0-9a-f]{32}$/, 'Expected 32 hex digits'),
)
export const messageIdSchema = branded<MessageId>(
  z
    .string()
    .regex(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      'Expected a UUID',
    ),
)
/** A duration or point in milliseconds; not negative, whole. */
export const millisSchema = z.int().min(0) as unknown as z.ZodType<Millis, number>
/** A counter: not negative, safe to count with. */
export const countSchema = z.int().min(0)
