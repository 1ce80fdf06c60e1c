/** The gate of what only the page's socket takes. */
import { z } from 'zod'

import { countSchema } from '../../../rpc/id-schemas.ts'
import { defineMethod } from '../../../rpc/method.ts'

const reference = z.string().min(1).max(512)
const done = z.custom<{ ok: true }>((value) => typeof value === 'object' && value !== null)
const MAX_LAST = 10_000

export const subscribeMethod = defineMethod({
  name: 'subscribe',
  summary: 'Sends the lines of a network, and goes on with what happens.',
  params: z.strictObject({
    network: reference,
    last: z.int().min(0).max(MAX_LAST).optional(),
    from: countSchema.optional(),
    after: z.strictObject({ position: z.int().min(1), id: z.string().max(64) }).optional(),
  }),
  result: done,
  errors: ['NETWORK_NOT_FOUND', 'BUSY'],
})

export const unsubscribeMethod = defineMethod({
  name: 'unsubscribe',
  summary: 'Sends no more lines of a network.',
  params: z.strictObject({ network: reference }),
  result: done,
  errors: [],
})

/**
 * Methods that leave everything as it is: repeated, they are carried out again. All others are not,
 * so that a new one is safe by itself.
 */
export const READING: ReadonlySet<string> = new Set([
  'history',
  'invites',
  'members',
  'networks',
  'rpc.discover',
  'search',
  'status',
  'surroundings',
  'trace',
  'verify',
])
