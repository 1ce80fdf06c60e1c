import { assert } from '../core/assert.ts'
import type { GroupId } from '../core/ids.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { makeFolder, openDatabase, prepare } from './open-folder.ts'
import { sumOf } from './row-sums.ts'
import { setAside } from './set-aside.ts'
import type { Database } from './sqlite-database.ts'
import { corrupt } from './sqlite-faults.ts'
import { SqliteGroup } from './sqlite-group.ts'
import { keyOf, lastKeyOf } from './sqlite-keys.ts'
import type { GroupPersist, GroupRecord, Json, Store } from './store.ts'

/** Bytes that `probe` asks room for: about what a burst of messages needs. */
const PROBE_BYTES = 65_536

const ofGroup = (table: string, key: string): string =>
  `DELETE FROM ${table} WHERE ${key} BETWEEN ${keyOf('?1', '0')} AND ${lastKeyOf('?1')}`

const sql = {
  groups: 'SELECT no, id, name, has_left FROM groups ORDER BY no',
  group: 'SELECT no, id, name, has_left FROM groups WHERE no = ?',
  addGroup: 'INSERT INTO groups (id, name, has_left, sum) VALUES (?, ?, 0, ?) RETURNING no',
  updateGroup: 'UPDATE groups SET name = ?2, has_left = ?3, sum = ?4 WHERE no = ?1',
  getGroupMeta: 'SELECT value, sum FROM group_meta WHERE group_no = ? AND key = ?',
  setGroupMeta: 'INSERT OR REPLACE INTO group_meta (group_no, key, value, sum) VALUES (?, ?, ?, ?)',
  getNodeMeta: 'SELECT value, sum FROM node_meta WHERE key = ?',
  setNodeMeta: 'INSERT OR REPLACE INTO node_meta (key, value, sum) VALUES (?, ?, ?)',
  fill: 'INSERT OR REPLACE INTO probe (no, filler) VALUES (1, zeroblob(?))',
  unfill: 'DELETE FROM probe',
  remove: [
    ofGroup('words', 'rowid'),
    ofGroup('amendments', 'no'),
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

interface NoteRow {
  readonly value: string
  readonly sum: string | null
}

/** A data folder on disk: `parley.db` with everything in it, and `parley.lock`. */
export class SqliteStore implements Store {
  readonly folder: string
  readonly #database: Database
  readonly #lock: FolderLock
  readonly #groups = new Map<GroupId, SqliteGroup>()

  /**
   * Opens the folder, and creates it if need be. Throws STORAGE_BUSY if another process uses it,
   * STORAGE_NEWER, STORAGE_UNWRITABLE, STORAGE_FULL or STORAGE_CORRUPT.
   */
  constructor(folder: string) {
    makeFolder(folder)
    this.folder = folder
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
    return this.#remember(id, this.#addGroup(id, name))
  }

  #addGroup(id: GroupId, name: string): number {
    const sum = sumOf('groups', id, name, 0)
    const row = this.#database.get<{ no: number }>(sql.addGroup, id, name, sum)
    assert(row !== undefined, 'an added group has a number')
    return row.no
  }

  updateGroup(id: GroupId, change: { readonly name?: string; readonly left?: boolean }): void {
    const { no } = this.#group(id)
    const row = this.#database.get<GroupRow>(sql.group, no)
    assert(row !== undefined, 'an open group has a row')
    const name = change.name ?? row.name
    const left = change.left === undefined ? row.has_left : Number(change.left)
    this.#database.run(sql.updateGroup, no, name, left, sumOf('groups', id, name, left))
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
    const { no } = this.#group(id)
    const row = this.#database.get<NoteRow>(sql.getGroupMeta, no, key)
    return this.#parse(row, (value) => sumOf('group_meta', no, key, value))
  }

  setGroupMeta(id: GroupId, key: string, value: Json): void {
    const { no } = this.#group(id)
    const json = JSON.stringify(value)
    this.#database.run(sql.setGroupMeta, no, key, json, sumOf('group_meta', no, key, json))
  }

  getNodeMeta(key: string): Json {
    const row = this.#database.get<NoteRow>(sql.getNodeMeta, key)
    return this.#parse(row, (value) => sumOf('node_meta', key, value))
  }

  setNodeMeta(key: string, value: Json): void {
    const json = JSON.stringify(value)
    this.#database.run(sql.setNodeMeta, key, json, sumOf('node_meta', key, json))
  }

  #parse(row: NoteRow | undefined, sum: (value: string) => string): Json {
    if (row === undefined) return null
    if (row.sum !== null && row.sum !== sum(row.value))
      throw corrupt(this.#database.path, 'a note is not what was written')
    return JSON.parse(row.value) as Json
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

  /**
   * Puts a database that `salvage` made in the place of this one, which is kept under the name that
   * is returned. Groups that were opened stay open, and read from the new one.
   */
  replace(fresh: string): string {
    this.#database.close()
    try {
      return setAside(this.folder, fresh)
    } finally {
      this.#database.reopen()
      prepare(this.#database)
      this.#renumber()
    }
  }

  #renumber(): void {
    const numbers = new Map(this.#rows().map(({ id, no }) => [id as GroupId, no]))
    for (const [id, group] of this.#groups) {
      const no = numbers.get(id) ?? this.#addGroup(id, '')
      group.renumber(no)
    }
    for (const [id, no] of numbers) if (!this.#groups.has(id)) this.#remember(id, no)
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
