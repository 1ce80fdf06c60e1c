import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createPrng } from '../core/prng.ts'
import { alice, cryptoOf } from '../core/story.suite.ts'
import { checkFolder } from './folder-check.ts'
import { saveStory, tempFolder } from './saved-story.suite.ts'
import { CONTACTS, salvage } from './salvage.ts'
import { Database } from './sqlite-database.ts'
import { SqliteStore } from './sqlite-store.ts'

const crypto = cryptoOf(alice)

const damageOf = (folder: string): string | null => {
  const run = checkFolder({ folder, crypto })
  for (;;) {
    const next = run.next()
    if (next.done === true) return next.value.damage?.what ?? null
  }
}

const repair = (folder: string) => {
  const { fresh, groups } = salvage(folder, crypto)
  const store = new SqliteStore(folder)
  const aside = store.replace(fresh)
  return { store, groups, aside }
}

const tamper = (folder: string, sql: string): void => {
  const database = new Database(join(folder, 'parley.db'))
  database.exec(sql)
  database.close()
}

test('where only what follows from the entries is damaged, nothing is lost', () => {
  const folder = tempFolder()
  const story = saveStory(folder, 200)
  const sound = new SqliteStore(folder)
  const before = sound.openGroup(story.group)
  const [texts, order, outbox] = [
    before?.lastMessages(1_000).map(({ content }) => content.text),
    before?.ordered(0, 1_000).map(({ signed }) => signed.hash),
    before?.outbox(),
  ]
  sound.close()
  tamper(
    folder,
    `UPDATE ordering SET main = 0; DELETE FROM messages WHERE (no & 0xFF) = 3;
    DELETE FROM snapshots; DELETE FROM words WHERE rowid > 0`,
  )
  expect(damageOf(folder)).not.toBeNull()
  const { store, groups, aside } = repair(folder)
  const after = store.openGroup(story.group)
  expect(after?.lastMessages(1_000).map(({ content }) => content.text)).toEqual(texts)
  expect(after?.ordered(0, 1_000).map(({ signed }) => signed.hash)).toEqual(order)
  expect(after?.outbox()).toEqual(outbox)
  expect(after?.search('海', { limit: 3 })).toHaveLength(3)
  expect(store.getGroupMeta(story.group, 'read')).toBe(3)
  expect(store.getNodeMeta('name')).toBe('alice')
  expect(groups).toEqual([{ id: story.group, entries: story.all.length, lostWaiting: 0 }])
  store.close()
  expect(damageOf(folder)).toBeNull()
  expect(existsSync(aside)).toBe(true)
})

test('where entries are damaged, those before them stay, and it is known whom to ask', () => {
  const folder = tempFolder()
  const story = saveStory(folder, 200)
  tamper(
    folder,
    `UPDATE entries SET json = replace(json, 'number 50 ', 'number 51 ')
      WHERE json LIKE '%number 50 %';
    UPDATE outbox_queued SET json = replace(json, 'waits', 'wails')`,
  )
  const { store, groups } = repair(folder)
  const [group] = groups
  expect(group?.entries).toBeGreaterThan(90)
  expect(group?.entries).toBeLessThan(story.all.length - 90)
  expect(group?.lostWaiting).toBe(1)
  expect(store.openGroup(story.group)?.outbox().batches).toHaveLength(1)
  expect(Object.keys(store.getGroupMeta(story.group, CONTACTS) ?? {})).toHaveLength(3)
  store.close()
  expect(damageOf(folder)).toBeNull()
})

test('a file that is no database at all is replaced by an empty one, and kept', () => {
  const folder = tempFolder()
  saveStory(folder, 10)
  writeFileSync(
    join(folder, 'parley.db'),
    'not a database, and longer than a header would be'.repeat(9),
  )
  const { fresh, groups } = salvage(folder, crypto)
  expect(groups).toEqual([])
  expect(existsSync(fresh)).toBe(true)
})

test('whatever single bit is turned over: what is salvaged is sound', () => {
  const folder = tempFolder()
  const story = saveStory(folder, 60)
  const path = join(folder, 'parley.db')
  const bytes = readFileSync(path)
  const prng = createPrng(5)
  let whole = 0
  for (let count = 0; count < 25; count += 1) {
    const bit = Math.floor(prng.next() * bytes.length * 8)
    const changed = Buffer.from(bytes)
    const at = Math.floor(bit / 8)
    changed.writeUInt8(changed.readUInt8(at) ^ (1 << (bit % 8)), at)
    writeFileSync(path, changed)
    const { fresh, groups } = salvage(folder, crypto)
    expect(damageOf(join(fresh, '..')), `bit ${bit}`).toBeNull()
    if (groups[0]?.entries === story.all.length) whole += 1
  }
  expect(whole).toBeGreaterThan(10)
  expect(readdirSync(folder).some((name) => name.startsWith('repair-'))).toBe(true)
})
