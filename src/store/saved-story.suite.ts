/** A made-up history in a real folder, with everything that a database can hold. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import type { SignedEntry } from '../core/entry.ts'
import { History } from '../core/history.ts'
import {
  alice,
  begun,
  bob,
  messageId,
  placeOf,
  said,
  sessionOf,
  Story,
} from '../core/story.suite.ts'
import type { GroupStore } from './store.ts'
import { SqliteStore } from './sqlite-store.ts'

export const tempFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes what the history has become since the last time. */
export const save = (history: History, group: GroupStore): void => {
  const changes = history.takeChanges()
  if (changes !== null) group.apply({ type: 'persist', ...changes, outbox: [] })
}

const textOf = (number: number): string =>
  number % 7 === 0 ? `夏の海 ${number} çafé` : `message number ${number} of the story`

/** Two branches that were merged, one that was not, an outbox, and notes. Returns the story. */
export const saveStory = (folder: string, messages: number): Story => {
  const story = new Story()
  const start = begun(story)
  const half = Math.floor(messages / 2)
  const texts = Array.from({ length: half }, (_, index) => textOf(index))
  const [left = start] = story.chain(start, alice, texts).slice(-1)
  const other = story.open(start, bob)
  const [right = other] = story.chain(other, bob, texts).slice(-1)
  const merge = story.merge(left, [right])
  const alone = story.open(left, bob)
  story.say(alone, bob, 'not merged yet')
  const store = new SqliteStore(folder)
  const group = store.createGroup(story.group, 'lobby')
  const history = new History(group)
  const follow = (head: SignedEntry): void => {
    history.advance(placeOf(head))
    save(history, group)
  }
  for (const signed of story.all) history.add(signed)
  follow(left)
  follow(merge)
  const session = sessionOf(alice, 2)
  const item = { id: messageId(session, 1), sentAt: 1, content: said('waits') }
  const batch = story.batch(alice, merge, [said('under way')], { run: 3 })
  const outbox = [
    { change: 'queue', queued: { kind: 'message', session, item } },
    { change: 'batch', batch: { kind: 'message', batch } },
  ] as const
  group.apply({ type: 'persist', entries: [], order: null, snapshot: null, outbox })
  store.setGroupMeta(story.group, 'read', 3)
  store.setNodeMeta('name', 'alice')
  store.close()
  return story
}
