/**
 * The registry in one SQLite file. Leases are renewed every few seconds anyway, so a power cut may
 * cost the last of them (`synchronous = NORMAL`); a killed process loses none.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

import { ParleyError, type ErrorCode } from '../rpc/errors.ts'
import type { Change, GroupRecord } from './lease.ts'
import { DONE, type Commit, type LeaseStore } from './lease-store.ts'
import { readRecord } from './record-codec.ts'

const VERSION = 1
const FILE = 'nds.sqlite'

// https://sqlite.org/rescode.html
const codesByResult: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [3, 'STORAGE_UNWRITABLE'],
  [5, 'STORAGE_BUSY'],
  [6, 'STORAGE_BUSY'],
  [8, 'STORAGE_UNWRITABLE'],
  [10, 'STORAGE_UNWRITABLE'],
  [11, 'STORAGE_CORRUPT'],
  [13, 'STORAGE_FULL'],
  [14, 'STORAGE_UNWRITABLE'],
  [26, 'STORAGE_CORRUPT'],
])

const hints: Partial<Record<ErrorCode, string>> = {
  STORAGE_CORRUPT: 'Move the file away and start again: leaders register anew within seconds.',
}

const diskError = (fault: unknown, path: string): unknown => {
  if (!(fault instanceof Error) || fault instanceof ParleyError) return fault
  const result = 'errcode' in fault && typeof fault.errcode === 'number' ? fault.errcode & 0xff : -1
  const isFull = 'code' in fault && fault.code === 'ENOSPC'
  const isFolder = 'syscall' in fault
  const code =
    codesByResult.get(result) ??
    (isFull ? 'STORAGE_FULL' : isFolder ? 'STORAGE_UNWRITABLE' : 'INTERNAL')
  return new ParleyError(code, `${path}: ${fault.message}`, {
    hint: hints[code],
    data: { path },
    cause: fault,
  })
}

const guard = <T>(path: string, work: () => T): T => {
  try {
    return work()
  } catch (fault) {
    throw diskError(fault, path)
  }
}

const prepareSchema = (db: DatabaseSync, path: string): void => {
  // The lock is the operating system's and goes with the process, however that ends.
  db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > VERSION) {
    throw new ParleyError('STORAGE_NEWER', `${path} was written by a newer version of Parley`, {
      data: { path },
    })
  }
  db.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS network (id TEXT PRIMARY KEY, record TEXT NOT NULL)
      STRICT, WITHOUT ROWID;
    PRAGMA user_version = ${VERSION};
    COMMIT;
  `)
}

class SqliteStore implements LeaseStore {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #put: StatementSync
  readonly #drop: StatementSync

  constructor(db: DatabaseSync, path: string) {
    this.#db = db
    this.#path = path
    this.#put = db.prepare('INSERT OR REPLACE INTO network (id, record) VALUES (?, ?)')
    this.#drop = db.prepare('DELETE FROM network WHERE id = ?')
  }

  async load(): Promise<readonly GroupRecord[]> {
    return guard(this.#path, () => {
      const rows = this.#db.prepare('SELECT record FROM network').all()
      return rows.map(({ record }) => this.#read(String(record)))
    })
  }

  async commit(changes: readonly Change[]): Promise<Commit> {
    if (changes.length === 0) return DONE
    guard(this.#path, () => {
      this.#db.exec('BEGIN IMMEDIATE')
      try {
        for (const change of changes) {
          if (change.kind === 'drop') this.#drop.run(change.group)
          else this.#put.run(change.record.group, JSON.stringify(change.record))
        }
        this.#db.exec('COMMIT')
      } catch (fault) {
        // A full disk has rolled back by itself already.
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
        throw fault
      }
    })
    return DONE
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close()
  }

  #read(text: string): GroupRecord {
    const record = readRecord(text)
    if (record !== null) return record
    throw new ParleyError('STORAGE_CORRUPT', `${this.#path}: a record makes no sense`, {
      hint: hints.STORAGE_CORRUPT,
      data: { path: this.#path },
    })
  }
}

/**
 * Opens (or creates) the registry in a data folder. Throws STORAGE_UNWRITABLE, STORAGE_FULL,
 * STORAGE_CORRUPT, STORAGE_NEWER, or STORAGE_BUSY if another process has it open.
 */
export const openSqliteStore = (dataDir: string): LeaseStore => {
  const path = join(dataDir, FILE)
  guard(dataDir, () => mkdirSync(dataDir, { recursive: true, mode: 0o700 }))
  return guard(path, () => {
    const db = new DatabaseSync(path, { timeout: 0 })
    try {
      prepareSchema(db, path)
      return new SqliteStore(db, path)
    } catch (fault) {
      db.close()
      throw fault
    }
  })
}
