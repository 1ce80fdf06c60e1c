import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { expect, it, onTestFinished } from 'vitest'

import { ChildWriter } from './child-writer.suite.ts'
import { PER_WRITE, story } from './crash-writer.suite.ts'
import { SqliteStore } from './sqlite-store.ts'

/** Kills of one folder, one after the other; and folders at a time. */
const KILLS = 5
const FOLDERS = 3

const numberIn = (line: string): number => Number(line.split(' ')[1])

/** Lets a process write, kills it in full flight, and says what it had printed last. */
const killWhileWriting = async (folder: string, after: number): Promise<number> => {
  const child = new ChildWriter(folder)
  expect(await child.expectLine()).toBe('ready')
  child.tell('write')
  let last = 0
  for (let count = 0; count < after; count += 1) last = numberIn(await child.expectLine())
  const rest = await child.kill()
  return Math.max(last, ...rest.filter((line) => line.startsWith('stored')).map(numberIn))
}

const expectSound = (folder: string): void => {
  const file = new DatabaseSync(join(folder, 'parley.db'))
  expect(file.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  file.exec(`INSERT INTO words (words) VALUES ('integrity-check')`)
  file.close()
}

/** Is every transaction there whole or not at all? Says how many are. */
const expectWhole = (folder: string): number => {
  const store = new SqliteStore(folder)
  const group = store.openGroup(story.group)!
  const writes = group.orderLength() - 1
  expect(group.entryCount()).toBe(writes + 1)
  expect(group.messageCount()).toBe(writes * PER_WRITE)
  const entries = [...group.allEntries()]
  entries.forEach((one, at) => expect(one.entry.prev).toBe(entries[at - 1]?.hash ?? ''))
  expect(group.lastMessages(1)[0]?.content.text).toContain(`number ${writes} `)
  expect(group.outbox().queued.map((one) => one.item.content.text)).toEqual([`waiting ${writes}`])
  expect(group.search(`number ${writes} `, { limit: 9 }).length).toBe(PER_WRITE)
  store.close()
  return writes
}

it('kill -9 at any moment: what was said to be stored is, and nothing is torn', async () => {
  const lives = Array.from({ length: FOLDERS }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-crash-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    for (let kill = 0; kill < KILLS; kill += 1) {
      const told = await killWhileWriting(folder, 1 + Math.floor(Math.random() * 40))
      expectSound(folder)
      const stored = expectWhole(folder)
      // One more may have reached the disk without having been told.
      expect([told, told + 1]).toContain(stored)
    }
  })
  await Promise.all(lives)
}, 60_000)
