/** Records as stores keep them: JSON, checked when it comes back. */
import { z } from 'zod'

import { groupIdSchema } from '../rpc/id-schemas.ts'
import { leaseSchema, type GroupRecord } from './lease.ts'

const recordSchema: z.ZodType<GroupRecord> = z.strictObject({
  group: groupIdSchema,
  name: z.string(),
  listed: z.boolean(),
  nameSince: z.number(),
  createdAt: z.number(),
  leases: z
    .array(z.strictObject({ lease: leaseSchema, updatedAt: z.number(), expiresAt: z.number() }))
    .min(1),
})

/** Null for what is no record. */
export const readRecord = (text: string): GroupRecord | null => {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
