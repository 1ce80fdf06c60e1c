import { assert } from '../core/assert.ts'
import type { GroupId } from '../core/ids.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { makeFolder, openDatabase } from './open-folder.ts'
import type { Database } from './sqlite-database.ts'
import { SqliteGroup } from './sqlite-group.ts'
import { keyOf, lastKeyOf } from './sqlite-keys.ts'
import type { GroupPersist, GroupRecord, Json, Store } from './store.ts'

/** Bytes that `probe` asks room for: about what a burst of messages needs. */
const PROBE_BYTES = 65_536

const ofGroup = (table: string, key: string): string =>
  `DELETE FROM ${table} WHERE ${key} BETWEEN ${keyOf('?1', '0')} AND ${lastKeyOf('?1')}`

const sql = {
  groups: 'SELECT no, id, name, has_left FROM groups ORDER BY no',
  addGroup: 'INSERT INTO groups (id, name, has_left) VALUES (?, ?, 0) RETURNING no',
  updateGroup:
    'UPDATE groups SET name = ifnull(?2, name), has_left = ifnull(?3, has_left) WHERE no = ?1',
  getGroupMeta: 'SELECT value FROM group_meta WHERE group_no = ? AND key = ?',
  setGroupMeta: 'INSERT OR REPLACE INTO group_meta (group_no, key, value) VALUES (?, ?, ?)',
  getNodeMeta: 'SELECT value FROM node_meta WHERE key = ?',
  setNodeMeta: 'INSERT OR REPLACE INTO node_meta (key, value) VALUES (?, ?)',
  fill: 'INSERT OR REPLACE INTO probe (no, filler) VALUES (1, zeroblob(?))',
  unfill: 'DELETE FROM probe',
  remove: [
    ofGroup('words', 'rowid'),
    ofGroup('messages', 'no'),
    ofGroup('ordering', 'no'),
    'DELETE FROM entries WHERE group_no = ?1',
    'DELETE FROM terms WHERE group_no = ?1',
    'DELETE FROM snapshots WHERE group_no = ?1',
    'DELETE FROM outbox_queued WHERE group_no = ?1',
    'DELETE FROM outbox_batches WHERE group_no = ?1',
    'DELETE FROM group_meta WHERE group_no = ?1',
    'DELETE FROM groups WHERE no = ?1',
  ],
}

interface GroupRow {
  readonly no: number
  readonly id: string
  readonly name: string
  readonly has_left: number
}

/** A data folder on disk: `parley.db` with everything in it, and `parley.lock`. */
export class SqliteStore implements Store {
  readonly #database: Database
  readonly #lock: FolderLock
  readonly #groups = new Map<GroupId, SqliteGroup>()

  /**
   * Opens the folder, and creates it if need be. Throws STORAGE_BUSY if another process uses it,
   * STORAGE_NEWER, STORAGE_UNWRITABLE, STORAGE_FULL or STORAGE_CORRUPT.
   */
  constructor(folder: string) {
    makeFolder(folder)
    this.#lock = lockFolder(folder)
    try {
      this.#database = openDatabase(folder)
    } catch (fault) {
      this.#lock.release()
      throw fault
    }
    for (const { id, no } of this.#rows()) this.#remember(id as GroupId, no)
  }

  #rows(): readonly GroupRow[] {
    return this.#database.all<GroupRow>(sql.groups)
  }

  #remember(id: GroupId, no: number): SqliteGroup {
    const group = new SqliteGroup(this.#database, id, no)
    this.#groups.set(id, group)
    return group
  }

  #group(id: GroupId): SqliteGroup {
    const group = this.#groups.get(id)
    assert(group !== undefined, 'the group was created here')
    return group
  }

  groups(): readonly GroupRecord[] {
    return this.#rows().map((row) => ({
      id: row.id as GroupId,
      name: row.name,
      left: row.has_left === 1,
    }))
  }

  openGroup(id: GroupId): SqliteGroup | null {
    return this.#groups.get(id) ?? null
  }

  createGroup(id: GroupId, name: string): SqliteGroup {
    const known = this.#groups.get(id)
    if (known !== undefined) return known
    const row = this.#database.get<{ no: number }>(sql.addGroup, id, name)
    assert(row !== undefined, 'an added group has a number')
    return this.#remember(id, row.no)
  }

  updateGroup(id: GroupId, change: { readonly name?: string; readonly left?: boolean }): void {
    const left = change.left === undefined ? null : Number(change.left)
    this.#database.run(sql.updateGroup, this.#group(id).no, change.name ?? null, left)
  }

  /** Takes seconds for a large history. */
  removeGroup(id: GroupId): void {
    const group = this.#groups.get(id)
    if (group === undefined) return
    this.#database.transaction(() => {
      for (const text of sql.remove) this.#database.run(text, group.no)
    })
    this.#groups.delete(id)
  }

  getGroupMeta(id: GroupId, key: string): Json {
    return this.#parse(sql.getGroupMeta, this.#group(id).no, key)
  }

  setGroupMeta(id: GroupId, key: string, value: Json): void {
    this.#database.run(sql.setGroupMeta, this.#group(id).no, key, JSON.stringify(value))
  }

  getNodeMeta(key: string): Json {
    return this.#parse(sql.getNodeMeta, key)
  }

  setNodeMeta(key: string, value: Json): void {
    this.#database.run(sql.setNodeMeta, key, JSON.stringify(value))
  }

  #parse(text: string, ...values: (string | number)[]): Json {
    const row = this.#database.get<{ value: string }>(text, ...values)
    return row === undefined ? null : (JSON.parse(row.value) as Json)
  }

  applyAll(batch: readonly GroupPersist[]): void {
    const groups = batch.map(({ group }) => this.#group(group))
    assert(new Set(groups).size === groups.length, 'a group stands in a batch once')
    try {
      this.#database.transaction(() => {
        for (const { group, persist } of batch) this.#group(group).write(persist)
      })
    } catch (fault) {
      for (const group of groups) group.forget()
      throw fault
    }
  }

  probe(): void {
    this.#database.run(sql.fill, PROBE_BYTES)
    this.#database.run(sql.unfill)
  }

  /** For tests: the database may not grow beyond so many pages, as if the disk were full. */
  limitPages(pages: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${pages}`)
  }

  close(): void {
    try {
      this.#database.close()
    } finally {
      this.#lock.release()
    }
  }
}
