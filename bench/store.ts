/**
 * How much one disk takes, what share of that is the search index, and how soon a node with a long
 * history can go on.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { SignedEntry } from '../src/core/entry.ts'
import { Chronicle, persistOf, sessionOf, Teller } from '../src/store/chronicle.suite.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import { SqliteStore } from '../src/store/sqlite-store.ts'
import type { GroupStore, Store } from '../src/store/store.ts'
import type { Benchmark, Note } from './benchmark.ts'

const words =
  'the quick brown fox jumps over a lazy dog while seven wizards boil jugs of ink'.split(' ')

const textOf = (number: number): string => {
  const length = 4 + (number % 12)
  const picked = Array.from({ length }, (_, at) => words[(number * (at + 3)) % words.length])
  return `${picked.join(' ')} ${number}`
}

/** Grows one group. */
class Writer {
  readonly #story = new Chronicle()
  readonly #teller = new Teller()
  readonly group: GroupStore
  #tip: SignedEntry
  #number = 0

  constructor(store: Store) {
    this.group = store.createGroup(this.#story.group, 'bench')
    this.#tip = this.#story.genesis
    const order = this.#teller.tell([this.#tip])
    this.group.apply(persistOf({ entries: [this.#tip], order }))
  }

  /** Builds one transaction; what it costs is not the store's. */
  prepare(entries: number, itemsEach: number, hidden = false) {
    const made: SignedEntry[] = []
    for (let count = 0; count < entries; count += 1) {
      const texts = Array.from({ length: itemsEach }, () => textOf((this.#number += 1)))
      this.#tip = this.#story.say(this.#tip, texts, { session: sessionOf(7), hidden })
      made.push(this.#tip)
    }
    return persistOf({ entries: made, order: this.#teller.tell(made) })
  }
}

const inFolder = (work: (folder: string) => void): void => {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'parley-bench-'))
  try {
    work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const timed = <T>(note: Note, what: string, work: () => T): T => {
  const start = performance.now()
  const result = work()
  note(what, performance.now() - start, 'ms')
  return result
}

/** Messages a second, with one transaction for each batch. */
const rate = (note: Note, store: Store, entries: number, itemsEach: number): void => {
  const writer = new Writer(store)
  const rounds = Math.min(400, Math.ceil(8192 / (entries * itemsEach)))
  const batches = Array.from({ length: rounds }, () => writer.prepare(entries, itemsEach))
  const start = performance.now()
  for (const batch of batches) writer.group.apply(batch)
  const ms = performance.now() - start
  const what = `${store.constructor.name}, transactions of ${entries} × ${itemsEach}`
  note(what, (rounds * entries * itemsEach * 1000) / ms, 'messages/s')
}

const rates = (note: Note): void => {
  for (const [entries, items] of [
    [1, 1],
    [16, 1],
    [256, 1],
    [1, 16],
    [1, 64],
    [4, 64],
  ] as const) {
    inFolder((folder) => {
      const store = new SqliteStore(folder)
      rate(note, store, entries, items)
      store.close()
    })
    rate(note, new MemoryStore(), entries, items)
  }
}

/** A history in transactions of so many entries, with words to index or without. */
const grow = (
  note: Note,
  store: Store,
  [messages, entries]: readonly [number, number],
  hidden: boolean,
): Writer => {
  const writer = new Writer(store)
  let spent = 0
  for (let written = 0; written < messages; written += entries) {
    const batch = writer.prepare(entries, 1, hidden)
    const start = performance.now()
    writer.group.apply(batch)
    spent += performance.now() - start
  }
  const words = hidden ? 'without words' : 'with words'
  note(
    `${messages} messages ${words}, ${entries} a transaction`,
    (spent * 1000) / messages,
    'µs each',
  )
  return writer
}

const shareOfIndex = (note: Note, isQuick: boolean): void => {
  const sizes: (readonly [number, number])[] = [
    [2000, 1],
    [20_000, 16],
  ]
  if (!isQuick) sizes.push([100_000, 512])
  for (const size of sizes) {
    for (const hidden of [true, false]) {
      inFolder((folder) => {
        const store = new SqliteStore(folder)
        grow(note, store, size, hidden)
        store.close()
      })
    }
  }
}

const longHistory = (note: Note, messages: number): void => {
  inFolder((folder) => {
    const store = new SqliteStore(folder)
    const { group } = grow(note, store, [messages, 512], false)
    const { id } = group
    store.close()
    note(
      'bytes of the database for a message',
      statSync(join(folder, 'parley.db')).size / messages,
      'B',
    )
    const again = timed(note, 'open the folder', () => new SqliteStore(folder))
    const opened = again.openGroup(id)
    if (opened === null) throw new Error('the group is gone')
    timed(note, 'order length (first touch)', () => opened.orderLength())
    timed(note, 'skeleton', () => opened.skeleton())
    timed(note, 'term ends', () => opened.termEnds())
    timed(note, 'last 50 messages', () => opened.lastMessages(50))
    const middle = messages / 2
    timed(note, '50 messages from the middle', () => opened.messages({ from: middle, limit: 50 }))
    timed(note, '512 entries of the order', () => opened.ordered(middle, middle + 512))
    timed(note, 'search of a common word', () => opened.search('wizards fox', { limit: 50 }))
    timed(note, 'search of one message', () => opened.search(`${middle}`, { limit: 50 }))
    timed(note, 'search of nothing', () => opened.search('absent', { limit: 50 }))
    timed(note, 'all entries', () => {
      let count = 0
      for (const _ of opened.allEntries()) count += 1
      return count
    })
    again.close()
  })
}

export const storeRates: Benchmark = {
  name: 'store',
  question:
    'How many messages a second does one disk take, and what share of that is the search index?',
  about:
    'One store in this process. "256 × 1" is 256 entries of one message each in one transaction.',
  run: (note, { isQuick }) => {
    rates(note)
    shareOfIndex(note, isQuick)
    return Promise.resolve()
  },
}

export const longStore: Benchmark = {
  name: 'store-long',
  question: 'How soon can a node with a long history go on, and how fast does it find things?',
  about: 'A million messages (quick: 50,000) in one store, opened anew.',
  run: (note, { isQuick }) => {
    longHistory(note, isQuick ? 50_000 : 1_000_000)
    return Promise.resolve()
  },
}
