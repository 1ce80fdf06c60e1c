/**
 * Checks all that a data folder stores: the file, every group, the search index, and the rows that
 * have sums. Reads through a connection of its own, as of one moment, so that a node may go on
 * writing meanwhile.
 */
import type { Checker } from '../core/auditor.ts'
import type { GroupId } from '../core/ids.ts'
import { DamageFound, type Damage, type Sound } from './damage.ts'
import { GroupCheck } from './group-check.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { databasePath } from './open-folder.ts'
import { sumOf } from './row-sums.ts'
import { Database } from './sqlite-database.ts'
import { StoreError } from './store-error.ts'
import { WordSums } from './word-sums.ts'

export interface FolderCheckOptions {
  readonly folder: string
  readonly crypto: Checker
  /** Only this group; all of them without it. */
  readonly group?: GroupId | undefined
  /** Position of the last message that fingerprints cover. */
  readonly upTo?: number | undefined
}

export type FolderFindings =
  | { readonly damage: Damage }
  | { readonly damage: null; readonly groups: ReadonlyMap<GroupId, Sound> }

interface GroupRow {
  readonly no: number
  readonly id: string
  readonly name: string
  readonly has_left: number
  readonly sum: string | null
}

const damaged = (part: Damage['part'], what: string): DamageFound =>
  new DamageFound({ part, what, group: null, entry: null })

const schemaOf = (database: Database): string =>
  JSON.stringify(
    database.all('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name'),
  )

const expectedSchema = (): string => {
  const fresh = new Database(':memory:')
  try {
    migrate(fresh)
    return schemaOf(fresh)
  } finally {
    fresh.close()
  }
}

const checkFile = (database: Database): void => {
  const [first] = database.all<{ integrity_check: string }>('PRAGMA integrity_check(1)')
  if (first?.integrity_check !== 'ok') throw damaged('file', first?.integrity_check ?? 'unreadable')
  const version = database.get<{ user_version: number }>('PRAGMA user_version')?.user_version
  if (version !== migrations.length) throw damaged('file', `its format is said to be ${version}`)
  if (schemaOf(database) !== expectedSchema())
    throw damaged('file', 'its tables are not those of this program')
}

type Fields = readonly (string | number)[]

/** Rows with a sum: of which table, and all fields that go into it. */
const checkSums = (database: Database, group: number | null): void => {
  const of = (table: string, key: string, columns: readonly string[], ours: string): void => {
    const where = group === null || ours === '' ? '' : `WHERE ${ours} = ${group}`
    const text = `SELECT ${[...columns, 'sum'].join(', ')} FROM ${table} ${where}`
    for (const row of database.each<Record<string, string | number | null>>(text)) {
      const fields = columns.map((column) => row[column] ?? '')
      if (row['sum'] === null || row['sum'] === sumOf(table, ...(fields as Fields))) continue
      const part = table.startsWith('outbox') ? 'outbox' : 'notes'
      throw damaged(part, `a row of ${table} is not what was written: ${String(row[key])}`)
    }
  }
  of('node_meta', 'key', ['key', 'value'], '')
  of('groups', 'id', ['id', 'name', 'has_left'], 'no')
  of('group_meta', 'key', ['group_no', 'key', 'value'], 'group_no')
  of('outbox_queued', 'id', ['group_no', 'id', 'json'], 'group_no')
  of('outbox_batches', 'session', ['group_no', 'session', 'aseq', 'json'], 'group_no')
}

const tables = ['entries', 'ordering', 'messages', 'terms', 'snapshots'] as const

/** Rows of tables, all groups together. */
const countsOf = (database: Database): readonly number[] =>
  tables.map(
    (table) =>
      database.get<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)?.count ?? 0,
  )

function* checkGroups(
  database: Database,
  { crypto, group, upTo }: FolderCheckOptions,
): Generator<number, ReadonlyMap<GroupId, Sound>> {
  const words = new WordSums()
  const sound = new Map<GroupId, Sound>()
  const text = 'SELECT no, id, name, has_left, sum FROM groups ORDER BY no'
  const rows = database.all<GroupRow>(text).filter(({ id }) => group === undefined || id === group)
  let before = 0
  try {
    for (const { no, id } of rows) {
      words.cover(no)
      const check = new GroupCheck({ database, id: id as GroupId, no, crypto, words, upTo })
      const found = yield* offset(check.run(), before)
      before += found.entries
      sound.set(id as GroupId, found)
    }
    if (!words.isTrueOf(database))
      throw damaged('search', 'the search index does not have the words of the messages')
  } finally {
    words.close()
  }
  if (group !== undefined) checkSums(database, rows[0]?.no ?? null)
  else {
    checkSums(database, null)
    const [entries] = countsOf(database)
    if (entries !== before) throw damaged('entry', 'there are entries of no group')
  }
  return sound
}

function* offset(run: Generator<number, Sound>, before: number): Generator<number, Sound> {
  for (;;) {
    const next = run.next()
    if (next.done === true) return next.value
    yield before + next.value
  }
}

/** What SQLite or our own reading of it trips over; a mistake in this program is none of it. */
const isDamage = (thrown: unknown): thrown is Error => {
  if (thrown instanceof StoreError) return thrown.code === 'STORAGE_CORRUPT'
  if (!(thrown instanceof Error)) return false
  return 'errcode' in thrown || thrown.message.startsWith('invariant broken: ')
}

/**
 * Yields how many entries were checked so far. Damage is a finding, not an error; throws StoreError
 * only if the file cannot be opened for another reason.
 */
export function* checkFolder(options: FolderCheckOptions): Generator<number, FolderFindings> {
  let database: Database | null = null
  try {
    database = new Database(databasePath(options.folder), 'read')
    database.exec('BEGIN')
    checkFile(database)
    return { damage: null, groups: yield* checkGroups(database, options) }
  } catch (thrown) {
    if (thrown instanceof DamageFound) return { damage: thrown.damage }
    if (!isDamage(thrown)) throw thrown
    return { damage: { part: 'file', what: thrown.message, group: null, entry: null } }
  } finally {
    closeQuietly(database)
  }
}

const closeQuietly = (database: Database | null): void => {
  try {
    database?.close()
  } catch {
    // Nothing was written: there is nothing to lose.
  }
}
