/** Stored data that is damaged, while a node runs and before it starts. */
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { Database } from '../store/sqlite-database.ts'
import { agree, eventsOf, lobbyOf, node, tempFolder, textsOf, until } from './test-nodes.suite.ts'

/** Runs statements behind the back of whoever uses the folder. */
const tamper = (folder: string, sql: string): void => {
  const database = new Database(join(folder, 'parley.db'))
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

const asideIn = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => /^parley\.db\.damaged-\d{8}T\d{6}$/.test(name))

const altered = `UPDATE entries SET json = replace(json, 'number 3"', 'number 4"')`

test('verify finds damage while the node runs, and the node repairs itself', async () => {
  const folder = tempFolder()
  const [alice] = await lobbyOf('alice')
  if (alice === undefined) return
  const bob = await node('bob', { dataDir: folder })
  await bob.join({ target: alice.listen })
  for (let count = 1; count <= 6; count += 1)
    await bob.send('lobby', `number ${count}`, { wait: 'all' })
  const { id } = bob
  const events = eventsOf(bob)
  tamper(folder, altered)
  await expect(bob.operator.verify('lobby')).rejects.toMatchObject({
    code: 'VERIFICATION_FAILED',
    data: { part: 'entry', entry: { flaw: 'bad-hash' } },
  })
  await until('bob is well again', () => events.some(({ event }) => event === 'recovered'))
  expect(events.find(({ event }) => event === 'fault')).toMatchObject({ code: 'STORAGE_CORRUPT' })
  await agree(alice, bob)
  expect(textsOf(bob)).toEqual(textsOf(alice))
  expect(bob.id).toBe(id)
  expect(asideIn(folder)).toHaveLength(1)
  expect(bob.operator.surroundings().lastRepair).toMatchObject({ aside: asideIn(folder)[0] })
  expect(await bob.operator.verify('lobby')).toMatchObject({ ok: true, messages: 6 })
  await bob.send('lobby', 'back', { wait: 'all' })
  await agree(alice, bob)
}, 20_000)

test('a database beyond reading is set aside, and all comes from the others', async () => {
  const folder = tempFolder()
  const alice = await node('alice')
  await alice.create('lobby')
  const bob = await node('bob', { dataDir: folder })
  await bob.join({ target: alice.listen })
  await bob.send('lobby', 'number 1', { wait: 'all' })
  const { id } = bob
  await bob.stop()
  const path = join(folder, 'parley.db')
  writeFileSync(path, Buffer.alloc(statSync(path).size, 'x'))
  const again = await node('bob', { dataDir: folder })
  expect(again.id).toBe(id)
  await agree(alice, again)
  expect(textsOf(again)).toEqual(['number 1'])
  expect(asideIn(folder)).toHaveLength(1)
  expect(await again.operator.verify('lobby')).toMatchObject({ ok: true, messages: 1 })
}, 20_000)

test('whoever is alone keeps all that is sound', async () => {
  const folder = tempFolder()
  const alice = await node('alice', { dataDir: folder })
  await alice.create('lobby')
  for (let count = 1; count <= 6; count += 1) await alice.send('lobby', `number ${count}`)
  const texts = textsOf(alice)
  const events = eventsOf(alice)
  tamper(folder, 'DELETE FROM messages WHERE (no & 0xFF) = 3; UPDATE ordering SET main = 0')
  await expect(alice.operator.verify('lobby')).rejects.toMatchObject({
    code: 'VERIFICATION_FAILED',
  })
  await until('alice is well again', () => events.some(({ event }) => event === 'recovered'))
  expect(textsOf(alice)).toEqual(texts)
  await alice.send('lobby', 'on it goes')
  expect(await alice.operator.verify('lobby')).toMatchObject({ ok: true, messages: 7 })
}, 20_000)

test('a group that fails for no other reason is checked, and repaired', async () => {
  const folder = tempFolder()
  const alice = await node('alice', { dataDir: folder })
  await alice.create('lobby')
  await alice.send('lobby', 'number 1')
  const events = eventsOf(alice)
  // The next message finds its place taken.
  tamper(folder, `INSERT INTO messages SELECT no + 1, idx, item, folded, 'x' FROM messages`)
  await expect(alice.send('lobby', 'number 2')).rejects.toMatchObject({ code: 'INTERNAL' })
  await until('alice is well again', () => alice.operator.surroundings().lastRepair !== null)
  await until('alice leads again', () => events.some(({ event }) => event === 'recovered'))
  await alice.send('lobby', 'number 3')
  expect(await alice.operator.verify('lobby')).toMatchObject({ ok: true })
  expect(textsOf(alice)).toEqual(expect.arrayContaining(['number 1', 'number 3']))
}, 20_000)

test('damage that only shows when a group starts is repaired then', async () => {
  const folder = tempFolder()
  const alice = await node('alice', { dataDir: folder })
  await alice.create('lobby')
  for (const text of ['number 1', 'number 2']) await alice.send('lobby', text)
  await alice.stop()
  tamper(folder, `UPDATE entries SET kind = 'roster' WHERE kind = 'open'`)
  const again = await node('alice', { dataDir: folder })
  await until('alice is repaired', () => again.operator.surroundings().lastRepair !== null)
  await until('alice leads again', () => again.status().networks[0]?.role === 'leader')
  expect(textsOf(again)).toEqual(['number 1', 'number 2'])
  expect(await again.operator.verify('lobby')).toMatchObject({ ok: true, messages: 2 })
}, 20_000)
