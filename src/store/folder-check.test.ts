import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createPrng } from '../core/prng.ts'
import { alice, cryptoOf } from '../core/story.suite.ts'
import { checkFolder, type FolderFindings } from './folder-check.ts'
import { migrate } from './migrate.ts'
import { histories } from './migrations/0001-histories.ts'
import { saveStory, tempFolder } from './saved-story.suite.ts'
import { Database } from './sqlite-database.ts'
import { SqliteStore } from './sqlite-store.ts'

const crypto = cryptoOf(alice)

/** Bits that are tried; with 3,000 of them, other seeds and larger folders it is the same. */
const FLIPS = 60

const check = (folder: string): FolderFindings => {
  const run = checkFolder({ folder, crypto })
  for (;;) {
    const next = run.next()
    if (next.done === true) return next.value
  }
}

/** The folder after the statements were run behind the store's back. */
const tampered = (folder: string, sql: string): FolderFindings => {
  const database = new Database(join(folder, 'parley.db'))
  database.exec(sql)
  database.close()
  return check(folder)
}

test('a sound folder is found sound, and what it holds is counted', () => {
  const folder = tempFolder()
  const story = saveStory(folder, 600)
  const findings = check(folder)
  expect(findings.damage).toBeNull()
  if (findings.damage !== null) return
  expect(findings.groups.get(story.group)).toMatchObject({
    entries: story.all.length,
    messages: 600,
    fingerprint: expect.stringMatching(/^[0-9a-f]{4}( [0-9a-f]{4}){5}$/) as string,
  })
})

/** The signature with another first digit, whatever that was. */
const otherFirst = `iif(substr(sig, 1, 1) = 'A', 'B', 'A') || substr(sig, 2)`

test.each([
  ['entry', `UPDATE entries SET json = replace(json, 'number 5 ', 'number 6 ')`],
  ['entry', `UPDATE entries SET sig = ${otherFirst} WHERE kind = 'merge'`],
  ['entry', `UPDATE entries SET clock = clock + 1 WHERE kind = 'message' AND clock = 9`],
  ['entry', `UPDATE entries SET kind = 'roster' WHERE kind = 'merge'`],
  ['entry', `DELETE FROM entries WHERE kind = 'message' AND clock = 9`],
  ['entry', `UPDATE terms SET id = replace(id, substr(id, 1, 1), '_') WHERE no = 2`],
  ['order', `UPDATE ordering SET main = 1 - main WHERE (no & 0xFFFF) = 20`],
  ['order', `DELETE FROM ordering WHERE (no & 0xFFFF) = 20`],
  ['messages', `UPDATE messages SET folded = 1 WHERE (no & 0xFFFF) = 20`],
  ['messages', `UPDATE messages SET item = 1 WHERE (no & 0xFFFF) = 20`],
  ['messages', `INSERT INTO messages VALUES ((1 << 40) | 900, 3, 0, 0, 'x')`],
  ['messages', `INSERT INTO amendments VALUES ((1 << 40) | 3, 'x', 'words')`],
  ['messages', `INSERT INTO amendments VALUES ((1 << 40) | 900, 'x', 'words')`],
  ['search', `DELETE FROM words WHERE (rowid & 0xFFFF) = 20`],
  ['search', `INSERT INTO words (rowid, text) VALUES ((1 << 40) | 900, 'more')`],
  ['snapshot', `INSERT INTO snapshots (group_no, idx, state) VALUES (1, 7, '{}')`],
  ['outbox', `UPDATE outbox_queued SET json = replace(json, 'waits', 'wails')`],
  ['outbox', `UPDATE outbox_batches SET json = replace(json, 'under', 'Under')`],
  ['notes', `UPDATE group_meta SET value = '4'`],
  ['notes', `UPDATE groups SET name = 'lobbx'`],
  ['notes', `UPDATE node_meta SET value = '"eve"'`],
  ['file', `CREATE TABLE more (x)`],
  ['file', `PRAGMA user_version = 99`],
])('damage to %s is found: %s', (part, sql) => {
  const folder = tempFolder()
  saveStory(folder, 100)
  expect(tampered(folder, sql).damage?.part).toBe(part)
})

test('a folder from before there were sums is sound, and its rows get sums as they change', () => {
  const folder = tempFolder()
  const before = new Database(join(folder, 'parley.db'))
  migrate(before, [histories])
  before.exec(`INSERT INTO node_meta (key, value) VALUES ('name', '"alice"'), ('port', '7411')`)
  before.close()
  const store = new SqliteStore(folder)
  expect(store.getNodeMeta('name')).toBe('alice')
  store.setNodeMeta('port', 7412)
  store.close()
  expect(check(folder).damage).toBeNull()
  expect(tampered(folder, `UPDATE node_meta SET value = '7413' WHERE key = 'port'`).damage).toEqual(
    expect.objectContaining({ part: 'notes' }),
  )
})

/**
 * Everything that the database says, row by row, and every word that can be searched for with where
 * it is found; null if SQLite cannot read it.
 */
const contentOf = (folder: string): string | null => {
  const database = new Database(join(folder, 'parley.db'), 'read')
  try {
    const schema = database.all<{ type: string; name: string }>(
      'SELECT type, name, sql FROM sqlite_schema ORDER BY name',
    )
    const tables = schema.filter(({ type, name }) => type === 'table' && !name.startsWith('words'))
    const rows = tables.map(({ name }) => [name, database.all(`SELECT * FROM "${name}"`)])
    database.exec(`CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'words', 'row')`)
    const words = database
      .all<{ term: string }>('SELECT term FROM temp.terms')
      .map(({ term }) => [
        term,
        database.all('SELECT rowid FROM words WHERE words MATCH ?', `"${term}"`),
      ])
    return JSON.stringify([schema, rows, words])
  } catch {
    return null
  } finally {
    database.close()
  }
}

/** A folder with a copy of a database in which one bit is turned over. */
const flipped = (folder: string, bytes: Buffer, bit: number): string => {
  const copy = join(folder, 'copy')
  mkdirSync(copy, { recursive: true })
  const changed = Buffer.from(bytes)
  const at = Math.floor(bit / 8)
  changed.writeUInt8(changed.readUInt8(at) ^ (1 << (bit % 8)), at)
  writeFileSync(join(copy, 'parley.db'), changed)
  for (const end of ['-wal', '-shm']) rmSync(join(copy, `parley.db${end}`), { force: true })
  return copy
}

test('one bit turned over anywhere: found, or nothing reads that bit', () => {
  const folder = tempFolder()
  saveStory(folder, 100)
  const bytes = readFileSync(join(folder, 'parley.db'))
  const before = contentOf(folder)
  expect(before).not.toBeNull()
  const prng = createPrng(1)
  const missed: number[] = []
  let found = 0
  for (let count = 0; count < FLIPS; count += 1) {
    const bit = Math.floor(prng.next() * bytes.length * 8)
    const copy = flipped(folder, bytes, bit)
    if (check(copy).damage !== null) found += 1
    else if (contentOf(copy) !== before) missed.push(bit)
  }
  expect(missed).toEqual([])
  // About half of such a small file is room that nothing uses.
  expect(found).toBeGreaterThan(FLIPS / 4)
})
