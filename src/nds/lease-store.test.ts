import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { expect, onTestFinished, test } from 'vitest'

import type { GroupId } from '../core/ids.ts'
import type { GroupRecord } from './lease.ts'
import { leaseStoreSuite } from './lease-store.suite.ts'
import { memoryStore } from './memory-store.ts'
import { openSqliteStore } from './sqlite-store.ts'

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'parley-nds-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

leaseStoreSuite('memory', () => {
  const records = new Map<GroupId, GroupRecord>()
  return { open: () => memoryStore(records) }
})

leaseStoreSuite('SQLite', () => {
  const path = join(folder(), 'deep', 'down')
  return { open: () => openSqliteStore(path) }
})

const coded = (code: string): unknown => expect.objectContaining({ code })

test('a file that is no database is named', () => {
  const path = folder()
  writeFileSync(join(path, 'nds.sqlite'), 'not a database '.repeat(100))
  expect(() => openSqliteStore(path)).toThrow(coded('STORAGE_CORRUPT'))
})

test('a record that makes no sense is told of', async () => {
  const path = folder()
  await openSqliteStore(path).close()
  const db = new DatabaseSync(join(path, 'nds.sqlite'))
  db.exec(`INSERT INTO network VALUES ('x', '{"group":1}')`)
  db.close()
  const store = openSqliteStore(path)
  await expect(store.load()).rejects.toThrow(coded('STORAGE_CORRUPT'))
  await store.close()
})

test('a file of a newer version is left alone', async () => {
  const path = folder()
  await openSqliteStore(path).close()
  const db = new DatabaseSync(join(path, 'nds.sqlite'))
  db.exec('PRAGMA user_version = 99')
  db.close()
  expect(() => openSqliteStore(path)).toThrow(coded('STORAGE_NEWER'))
})

test('a folder that cannot be made or written is told of', () => {
  const path = folder()
  writeFileSync(join(path, 'file'), '')
  expect(() => openSqliteStore(join(path, 'file', 'sub'))).toThrow(coded('STORAGE_UNWRITABLE'))
  mkdirSync(join(path, 'nds.sqlite'))
  expect(() => openSqliteStore(path)).toThrow(coded('STORAGE_UNWRITABLE'))
})

test('two processes cannot use one folder', async () => {
  const path = folder()
  const first = openSqliteStore(path)
  expect(() => openSqliteStore(path)).toThrow(coded('STORAGE_BUSY'))
  await first.close()
  await openSqliteStore(path).close()
})
