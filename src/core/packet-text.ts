/**
 * The text of a packet that its origin signs when others pass it on: JSON whose objects have their
 * fields in the order of their names, so that it is the same on both ends.
 */
import type { GroupId } from './ids.ts'
import type { Packet } from './packet.ts'

type Relay = Extract<Packet, { kind: 'relay' }>

export const relayText = (
  group: GroupId,
  {
    origin,
    originInstance,
    to,
    packet,
  }: Pick<Relay, 'origin' | 'originInstance' | 'to' | 'packet'>,
): string => JSON.stringify(['parley-relay', group, origin, originInstance, to, packet], sortFields)

const sortFields = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const sorted: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    sorted[name] = field
  return sorted
}
