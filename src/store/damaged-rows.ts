/** Reads what can still be read of the small tables in a damaged database. */
import { entryFromArray, isGroupId } from '../core/entry-codec.ts'
import type { OutboxChange } from '../core/effect.ts'
import type { MemberCard } from '../core/entry.ts'
import type { GroupId } from '../core/ids.ts'
import type { OutboxBatch, QueuedItem } from '../core/log-reader.ts'
import { readable } from './damaged-terms.ts'
import { sumOf } from './row-sums.ts'
import type { Database } from './sqlite-database.ts'
import type { GroupStore, Json, Store } from './store.ts'

interface GroupRow {
  readonly no: number
  readonly id: string
  readonly name: string
  readonly has_left: number
  readonly sum: string | null
}

interface NoteRow {
  readonly key: string
  readonly value: string
  readonly sum: string | null
}

interface WaitingRow {
  readonly id: string
  readonly aseq: number
  readonly json: string
  readonly sum: string | null
}

const sql = {
  groups: 'SELECT no, id, name, has_left, sum FROM groups ORDER BY no',
  nodeNotes: 'SELECT key, value, sum FROM node_meta',
  groupNotes: 'SELECT key, value, sum FROM group_meta WHERE group_no = ?',
  queued: 'SELECT id, 0 AS aseq, json, sum FROM outbox_queued WHERE group_no = ? ORDER BY no',
  batches: `SELECT session AS id, aseq, json, sum FROM outbox_batches
    WHERE group_no = ? ORDER BY no`,
  cards: `SELECT json FROM entries WHERE kind IN ('genesis', 'activate')`,
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Groups whose rows are as they were written, with their numbers there. */
export const groupRows = (
  database: Database,
): ReadonlyMap<GroupId, { readonly no: number; readonly name: string; readonly left: boolean }> => {
  const groups = new Map<GroupId, { no: number; name: string; left: boolean }>()
  for (const { no, id, name, has_left: left, sum } of readable<GroupRow>(database, sql.groups)) {
    const isSound = sum === null || sum === sumOf('groups', id, name, left)
    if (isGroupId(id) && isSound) groups.set(id, { no, name, left: left === 1 })
  }
  return groups
}

const soundNotes = (
  rows: readonly NoteRow[],
  sum: (key: string, value: string) => string,
): readonly (readonly [string, Json])[] =>
  rows.flatMap((row) => {
    const value = jsonOf(row.value)
    const isSound = row.sum === null || row.sum === sum(row.key, row.value)
    return isSound && value !== undefined ? [[row.key, value as Json] as const] : []
  })

export const copyNodeNotes = (database: Database, store: Store): void => {
  const rows = readable<NoteRow>(database, sql.nodeNotes)
  for (const [key, value] of soundNotes(rows, (...note) => sumOf('node_meta', ...note)))
    store.setNodeMeta(key, value)
}

export const copyNotes = (database: Database, no: number, store: Store, id: GroupId): void => {
  const rows = readable<NoteRow>(database, sql.groupNotes, no)
  for (const [key, value] of soundNotes(rows, (...note) => sumOf('group_meta', no, ...note)))
    store.setGroupMeta(id, key, value)
}

/** What waits to be sent; returns how many rows were lost. */
export const copyOutbox = (database: Database, no: number, group: GroupStore): number => {
  const outbox: OutboxChange[] = []
  let lost = 0
  const keep = (row: WaitingRow, sum: string, change: (value: unknown) => OutboxChange): void => {
    const value = jsonOf(row.json)
    if (value === undefined || (row.sum !== null && row.sum !== sum)) lost += 1
    else outbox.push(change(value))
  }
  for (const row of readable<WaitingRow>(database, sql.batches, no)) {
    const sum = sumOf('outbox_batches', no, row.id, row.aseq, row.json)
    keep(row, sum, (value) => ({ change: 'batch', batch: value as OutboxBatch }))
  }
  for (const row of readable<WaitingRow>(database, sql.queued, no)) {
    const sum = sumOf('outbox_queued', no, row.id, row.json)
    keep(row, sum, (value) => ({ change: 'queue', queued: value as QueuedItem }))
  }
  if (outbox.length > 0)
    group.apply({ type: 'persist', entries: [], order: null, snapshot: null, outbox })
  return lost
}

/** Whom to ask for a group's history: addresses by id, from whatever cards can be read. */
export const contactsIn = (database: Database): ReadonlyMap<GroupId, Record<string, string[]>> => {
  const contacts = new Map<GroupId, Record<string, string[]>>()
  for (const { json } of readable<{ json: string }>(database, sql.cards)) {
    const entry = entryFromArray(jsonOf(json))
    if (entry === null || entry.group === '') continue
    const cards: readonly MemberCard[] =
      entry.kind === 'activate' ? entry.body.members.map(({ card }) => card) : []
    const known = contacts.get(entry.group) ?? {}
    for (const { id, addresses } of cards) known[id] = [...addresses]
    contacts.set(entry.group, known)
  }
  return contacts
}
