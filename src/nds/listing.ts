/** Pages of the registry's list; pure. */
import { ParleyError } from '../rpc/errors.ts'
import type { GroupId } from '../core/ids.ts'
import type { NetworkView } from './lease.ts'
import { nameKey } from './names.ts'
import { liveRecord, viewNetwork, type Registry } from './registry.ts'

export const MAX_PAGE = 200
/** Bytes of JSON after which a page ends early. */
const MAX_PAGE_BYTES = 256 * 1024

export interface ListQuery {
  /** Only groups whose name starts so, in any letter case. */
  readonly prefix?: string | undefined
  /** Only this group, listed or not. */
  readonly group?: GroupId | undefined
  /** Where the last page ended. */
  readonly cursor?: string | undefined
  /** Groups on the page, up to 200. */
  readonly limit?: number | undefined
}

export interface Page {
  readonly networks: readonly NetworkView[]
  /** Hand it in as `cursor` for what comes next; null at the end. */
  readonly next: string | null
}

const encodeCursor = (key: string, group: string): string =>
  Buffer.from(JSON.stringify([key, group])).toString('base64url')

const decodeCursor = (cursor: string): { key: string; group: string } => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(value) && value.length === 2 && value.every((v) => typeof v === 'string')) {
      return { key: value[0] as string, group: value[1] as string }
    }
  } catch {
    // Answered below.
  }
  throw new ParleyError('INVALID_PARAMS', undefined, {
    hint: 'cursor: hand in what the last page gave as "next".',
  })
}

/** A page of live groups, by name. Throws INVALID_PARAMS for a cursor that is none. */
export const list = (registry: Registry, now: number, query: ListQuery): Page => {
  if (query.group !== undefined) {
    const record = liveRecord(registry, query.group, now)
    return { networks: record === null ? [] : [viewNetwork(registry, record, now)], next: null }
  }
  const prefix = nameKey(query.prefix ?? '')
  const limit = Math.min(query.limit ?? 50, MAX_PAGE)
  const start = query.cursor === undefined ? { key: prefix, group: '' } : decodeCursor(query.cursor)
  const networks: NetworkView[] = []
  let bytes = 0
  for (const { key, group } of registry.names.from(start.key, start.group)) {
    if (!key.startsWith(prefix)) {
      if (key > prefix) break
      continue
    }
    const record = liveRecord(registry, group, now)
    if (record === null) continue
    if (networks.length >= limit || bytes > MAX_PAGE_BYTES) {
      return { networks, next: encodeCursor(key, group) }
    }
    const view = viewNetwork(registry, record, now)
    bytes += JSON.stringify(view).length
    networks.push(view)
  }
  return { networks, next: null }
}
