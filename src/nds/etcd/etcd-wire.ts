/** What etcd's gateway says, read with care; pure. */
import { z } from 'zod'

/** Numbers of 64 bits come as strings; what is zero is left out. */
const int = z
  .union([z.string().regex(/^-?\d+$/), z.number()])
  .transform(Number)
  .default(0)

const bytes = z
  .string()
  .default('')
  .transform((text) => Buffer.from(text, 'base64').toString())

const kvSchema = z.object({ key: bytes, value: bytes, mod_revision: int })
export type KeyValue = z.output<typeof kvSchema>

const headerSchema = z.object({ revision: int }).default({ revision: 0 })

export const rangeSchema = z.object({
  header: headerSchema,
  kvs: z.array(kvSchema).default([]),
  more: z.boolean().default(false),
})

export const txnSchema = z.object({
  header: headerSchema,
  succeeded: z.boolean().default(false),
  responses: z.array(z.object({ response_range: rangeSchema.optional() })).default([]),
})

export const grantSchema = z.object({ ID: z.string() })

export const watchSchema = z.object({
  result: z
    .object({
      header: headerSchema,
      created: z.boolean().default(false),
      canceled: z.boolean().default(false),
      compact_revision: int,
      events: z
        .array(z.object({ type: z.enum(['PUT', 'DELETE']).default('PUT'), kv: kvSchema }))
        .default([]),
    })
    .optional(),
  error: z.unknown().optional(),
})
export type WatchResult = NonNullable<z.output<typeof watchSchema>['result']>

export const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** The end of the range of all keys that begin so. */
export const endOf = (prefix: string): string => {
  const end = Buffer.from(prefix)
  end.writeUInt8(end.readUInt8(end.length - 1) + 1, end.length - 1)
  return end.toString('base64')
}
