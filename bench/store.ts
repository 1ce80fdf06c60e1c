/**
 * Question: how many messages a second does one disk take, what share of that is the search index,
 * and how long does a node with a long history need until it can go on? `node bench/store.ts
 * [messages]`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { SignedEntry } from '../src/core/entry.ts'
import { Chronicle, persistOf, sessionOf, Teller } from '../src/store/chronicle.suite.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import { SqliteStore } from '../src/store/sqlite-store.ts'
import type { GroupStore, Store } from '../src/store/store.ts'

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

const timed = <T>(what: string, work: () => T): T => {
  const start = performance.now()
  const result = work()
  console.log(`${what}: ${(performance.now() - start).toFixed(2)} ms`)
  return result
}

/** Messages a second, with one transaction for each batch. */
const rate = (store: Store, entries: number, itemsEach: number): void => {
  const writer = new Writer(store)
  const rounds = Math.min(400, Math.ceil(8192 / (entries * itemsEach)))
  const batches = Array.from({ length: rounds }, () => writer.prepare(entries, itemsEach))
  const start = performance.now()
  for (const batch of batches) writer.group.apply(batch)
  const ms = performance.now() - start
  const perSecond = Math.round((rounds * entries * itemsEach * 1000) / ms)
  const each = (ms / rounds).toFixed(3)
  const name = store.constructor.name
  console.log(
    `${name}: ${entries} entries of ${itemsEach}: ${perSecond}/s, ${each} ms a transaction`,
  )
}

const rates = (): void => {
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
      rate(store, entries, items)
      store.close()
    })
    rate(new MemoryStore(), entries, items)
  }
}

/** A history in transactions of so many entries, with words to index or without. */
const grow = (store: Store, messages: number, entries: number, hidden: boolean): Writer => {
  const writer = new Writer(store)
  let spent = 0
  for (let written = 0; written < messages; written += entries) {
    const batch = writer.prepare(entries, 1, hidden)
    const start = performance.now()
    writer.group.apply(batch)
    spent += performance.now() - start
  }
  const each = ((spent * 1000) / messages).toFixed(1)
  const what = hidden ? 'without words' : 'with words'
  console.log(`${messages} messages ${what}, ${entries} a transaction: ${each} µs each`)
  return writer
}

const shareOfIndex = (): void => {
  for (const [messages, entries] of [
    [2000, 1],
    [20_000, 16],
    [100_000, 512],
  ] as const) {
    for (const hidden of [true, false]) {
      inFolder((folder) => {
        const store = new SqliteStore(folder)
        grow(store, messages, entries, hidden)
        store.close()
      })
    }
  }
}

const longHistory = (messages: number): void => {
  inFolder((folder) => {
    const store = new SqliteStore(folder)
    const { group } = grow(store, messages, 512, false)
    const { id } = group
    store.close()
    const size = statSync(join(folder, 'parley.db')).size
    console.log(`parley.db: ${Math.round(size / messages)} bytes a message`)
    const again = timed('open the folder', () => new SqliteStore(folder))
    const opened = again.openGroup(id)
    if (opened === null) throw new Error('the group is gone')
    timed('order length (first touch)', () => opened.orderLength())
    timed('skeleton', () => opened.skeleton())
    timed('term ends', () => opened.termEnds())
    timed('last 50 messages', () => opened.lastMessages(50))
    timed('50 messages from the middle', () => opened.messages({ from: messages / 2, limit: 50 }))
    timed('512 entries of the order', () => opened.ordered(messages / 2, messages / 2 + 512))
    timed('search of a common word, 50 hits', () => opened.search('wizards fox', { limit: 50 }))
    timed('search of one message', () => opened.search(`${messages / 2}`, { limit: 50 }))
    timed('search of nothing', () => opened.search('absent', { limit: 50 }))
    timed('all entries', () => {
      let count = 0
      for (const _ of opened.allEntries()) count += 1
      return count
    })
    again.close()
  })
}

rates()
shareOfIndex()
longHistory(Number(process.argv[2] ?? 1_000_000))
