/**
 * What nodes tell each other on the local network, as DNS-SD records under `_parley._tcp.local`
 * (RFC 6763 over RFC 6762): who, where, and which listed groups. Pure. What is read here is
 * anybody's word: it is bounded, checked for its form, and no more than a hint where to ask. Keys
 * decide.
 */
import type { Answer, StringAnswer } from 'dns-packet'

import type { GroupId } from '../../core/ids.ts'
import { limits } from '../../core/limits.ts'
import { isPrintableName } from '../../nds/names.ts'
import { readAddress } from '../../rpc/address.ts'
import { groupIdSchema } from '../../rpc/id-schemas.ts'

export interface LanGroup {
  readonly id: GroupId
  readonly name: string
}

/** What one node or discovery service says of itself. */
export interface Announcement {
  readonly kind: 'node' | 'nds'
  /** Of a node its id, of a discovery service the pin of its key. */
  readonly id: string
  /** `host:port` each, the likeliest first. */
  readonly addresses: readonly string[]
  /** Listed groups; never others. */
  readonly groups: readonly LanGroup[]
  /** There are more groups than fit into a packet: ask the node itself. */
  readonly hasMore: boolean
}

/** What a packet says: somebody is there, or says goodbye. */
export type LanNews =
  | { readonly kind: 'here'; readonly announcement: Announcement; readonly ttlMs: number }
  | { readonly kind: 'gone'; readonly id: string }

export const SERVICE = '_parley._tcp.local'
const DIRECTORY = '_services._dns-sd._udp.local'
/** Of the format; whoever announces another is not read. */
const FORMAT = '1'
/** Seconds that others may believe an announcement. */
export const TTL_S = 120
/** Groups are told as long as the packet stays well below what any network carries whole. */
const MAX_GROUP_BYTES = 800
/** Text of one attribute, with its name: RFC 6763, section 6.1. */
const MAX_TEXT_BYTES = 255
const MAX_RECORDS = 64
const MAX_TEXTS = 64
const MAX_GROUPS = 32

const instanceOf = (id: string): string => `${id}.${SERVICE}`

const textsOf = ({ kind, id, addresses, groups, hasMore }: Announcement): readonly string[] => {
  const told: string[] = []
  let bytes = 0
  for (const group of groups) {
    const text = `g=${group.id}:${group.name}`
    const size = Buffer.byteLength(text)
    if (size > MAX_TEXT_BYTES || bytes + size > MAX_GROUP_BYTES) continue
    told.push(text)
    bytes += size + 1
  }
  const isShort = told.length < groups.length || hasMore
  const at = addresses.map((address) => `a=${address}`)
  return [`v=${FORMAT}`, `k=${kind}`, `id=${id}`, ...at, ...told, ...(isShort ? ['more=1'] : [])]
}

/** Addresses under the name of the service, for programs that know DNS-SD and not Parley. */
const hostRecords = (name: string, addresses: readonly string[], ttl: number): StringAnswer[] =>
  addresses.flatMap((text): StringAnswer[] => {
    const host = readAddress(text)?.host ?? ''
    if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return [{ name, type: 'A', ttl, data: host }]
    return host.includes(':') ? [{ name, type: 'AAAA', ttl, data: host }] : []
  })

/** The records of an announcement; with `isGoodbye` they say that it holds no more. */
export const recordsOf = (told: Announcement, isGoodbye = false): Answer[] => {
  const ttl = isGoodbye ? 0 : TTL_S
  const name = instanceOf(told.id)
  const target = `${told.id}.local`
  const port = readAddress(told.addresses[0] ?? '')?.port ?? 0
  const data = textsOf(told).map((text) => Buffer.from(text))
  return [
    { name: DIRECTORY, type: 'PTR', ttl, data: SERVICE },
    { name: SERVICE, type: 'PTR', ttl, data: name },
    { name, type: 'SRV', ttl, data: { port, target } },
    { name, type: 'TXT', ttl, data },
    ...hostRecords(target, told.addresses, ttl),
  ]
}

const isAsked = ({ name, type }: { readonly name: string; readonly type: string }): boolean => {
  const wanted = name.toLowerCase()
  const isType = type === 'PTR' || type === 'ANY'
  return isType && (wanted === SERVICE || wanted === DIRECTORY)
}

/** Does a query want to know who is there? */
export const asksForUs = (
  questions: readonly { readonly name: string; readonly type: string }[],
): boolean => questions.slice(0, MAX_RECORDS).some((question) => isAsked(question))

/** The texts of a TXT record, which the decoder gives as one or several pieces. */
const piecesOf = (data: unknown): readonly string[] => {
  const pieces: readonly unknown[] = Array.isArray(data) ? data : [data]
  return pieces.slice(0, MAX_TEXTS).flatMap((piece) => {
    if (typeof piece === 'string') return [piece]
    return Buffer.isBuffer(piece) ? [piece.toString('utf8')] : []
  })
}

const groupOf = (text: string): readonly LanGroup[] => {
  const id = groupIdSchema.safeParse(text.slice(0, 43))
  const name = text.slice(44)
  return id.success && text[43] === ':' && isPrintableName(name) ? [{ id: id.data, name }] : []
}

const announcementOf = (texts: readonly string[]): Announcement | null => {
  const all = (key: string): readonly string[] =>
    texts.flatMap((text) => (text.startsWith(`${key}=`) ? [text.slice(key.length + 1)] : []))
  const [version] = all('v')
  const [id = ''] = all('id')
  const [kind] = all('k')
  if (version !== FORMAT || !/^[\w-]{43}$/.test(id)) return null
  if (kind !== 'node' && kind !== 'nds') return null
  const addresses = all('a').filter((text) => (readAddress(text)?.port ?? 0) > 0)
  if (addresses.length === 0) return null
  return {
    kind,
    id,
    addresses: addresses.slice(0, limits.addresses),
    groups: all('g').slice(0, MAX_GROUPS).flatMap(groupOf),
    hasMore: all('more').includes('1'),
  }
}

/** Those that answer from the sender's own address come first: from there the packet came. */
const nearestFirst = (addresses: readonly string[], sender: string): readonly string[] => {
  const rank = (text: string): number => Number(readAddress(text)?.host !== sender)
  return addresses.toSorted((a, b) => rank(a) - rank(b))
}

/**
 * What a packet tells of Parley; everything else, and whatever is not in order, is passed over.
 * `sender` is the address that it came from.
 */
export const newsOf = (answers: readonly Answer[], sender: string): readonly LanNews[] => {
  const records = answers.slice(0, MAX_RECORDS)
  return records.flatMap((pointer): readonly LanNews[] => {
    if (pointer.type !== 'PTR' || pointer.name.toLowerCase() !== SERVICE) return []
    const name: unknown = pointer.data
    if (typeof name !== 'string') return []
    const id = name.slice(0, 43)
    if (name.slice(43).toLowerCase() !== `.${SERVICE}`) return []
    const ttl = Math.min(pointer.ttl ?? 0, TTL_S)
    if (ttl === 0) return [{ kind: 'gone', id }]
    const text = records.find((record) => record.type === 'TXT' && record.name === name)
    const said = text?.type === 'TXT' ? announcementOf(piecesOf(text.data)) : null
    if (said === null || said.id !== id) return []
    const addresses = nearestFirst(said.addresses, sender)
    return [{ kind: 'here', announcement: { ...said, addresses }, ttlMs: ttl * 1_000 }]
  })
}

/** Where a discovery service is, with its key. */
export const ndsUrlOf = ({ addresses, id }: Announcement): string => `https://${addresses[0]}#${id}`
