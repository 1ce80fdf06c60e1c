import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'

import { migrate } from './migrate.ts'
import { Database } from './sqlite-database.ts'
import { folderFault } from './sqlite-faults.ts'

/**
 * FULL: in WAL mode only this waits for the disk at every commit, and every acknowledgement relies
 * on that. The cache is in KiB (negative by SQLite's custom); a WAL that a merge made grow shrinks
 * again. It is carried over every 16 MiB: pages at the end of a table and an index change with
 * every transaction, and are then written once for many.
 */
const settings = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -16384;
PRAGMA temp_store = MEMORY;
PRAGMA journal_size_limit = 67108864;
PRAGMA wal_autocheckpoint = 4096;
`

/** Creates the folder for this user alone, and sees to it that its name is on the disk too. */
export const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const handle = openSync(folder, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch (fault) {
    throw folderFault(fault, folder)
  }
}

export const databasePath = (folder: string): string => join(folder, 'parley.db')

/** Brings a database that was just opened up to date, and sets how it works. */
export const prepare = (database: Database): void => {
  migrate(database)
  database.exec(settings)
}

/** The folder's database, brought up to date. */
export const openDatabase = (folder: string): Database => {
  const database = new Database(databasePath(folder))
  try {
    prepare(database)
    return database
  } catch (fault) {
    database.close()
    throw fault
  }
}
