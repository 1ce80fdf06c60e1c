import { planOf } from '../core/history-check.ts'
import type { GroupId, Place } from '../core/ids.ts'
import { Log } from '../core/log.ts'
import { assert } from '../core/assert.ts'
import { databasePath } from './open-folder.ts'
import { Database } from './sqlite-database.ts'
import { SqliteGroup } from './sqlite-group.ts'
import { keyOf } from './sqlite-keys.ts'

/** An entry as it is stored. */
export interface SavedEntry {
  /** In the order; null on branches outside it. */
  readonly index: number | null
  readonly hash: string
  readonly sig: string | null
  /** The text that was hashed. */
  readonly json: string
}

const sql = {
  group: 'SELECT no FROM groups WHERE id = ?',
  page: `SELECT hash, sig, json FROM entries
    WHERE no BETWEEN ${keyOf('?1', '?2')} AND ${keyOf('?1', '?3')} ORDER BY no`,
}

/**
 * One group of a folder as of one moment, read through a connection of its own: whoever uses the
 * folder may go on writing.
 */
export class SavedHistory {
  readonly #database: Database
  readonly #group: SqliteGroup

  constructor(folder: string, id: GroupId) {
    this.#database = new Database(databasePath(folder), 'read')
    this.#database.exec('BEGIN')
    const row = this.#database.get<{ no: number }>(sql.group, id)
    assert(row !== undefined, 'the folder has the group')
    this.#group = new SqliteGroup(this.#database, id, row.no)
  }

  /** Every entry once, parents first: the order, then branches outside it. */
  *pages(size: number): Generator<readonly SavedEntry[], void> {
    const group = this.#group
    const length = group.orderLength()
    const head: Place | null = group.ordered(length - 1, length)[0]?.item ?? null
    for (const { term, from, to, index } of planOf(new Log(group), head)) {
      const no = group.termEnd(term)?.no ?? -1
      for (let at = from; at <= to; at += size) {
        const last = Math.min(at + size - 1, to)
        const rows = this.#database.all<Omit<SavedEntry, 'index'>>(sql.page, no, at, last)
        yield rows.map((row, offset) => ({
          ...row,
          index: index === null ? null : index + at - from + offset,
        }))
      }
    }
  }

  close(): void {
    this.#database.close()
  }
}

/** Groups that a folder has, read without locking anything. */
export const savedGroups = (
  folder: string,
): readonly { readonly id: GroupId; readonly name: string }[] => {
  const database = new Database(databasePath(folder), 'read')
  try {
    return database.all<{ id: GroupId; name: string }>('SELECT id, name FROM groups ORDER BY no')
  } finally {
    database.close()
  }
}
