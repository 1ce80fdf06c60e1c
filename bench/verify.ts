/** How long it takes to check a long history whole, and to repair one. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'

import { batchText } from '../src/core/entry-codec.ts'
import { termOf, type AuthorBatch, type Entry, type SignedEntry } from '../src/core/entry.ts'
import { genesisOf, groupOf, signEntry } from '../src/core/founding.ts'
import { History } from '../src/core/history.ts'
import type { GroupId, Signature, TermId } from '../src/core/ids.ts'
import { Identity, newInstanceId } from '../src/crypto/identity.ts'
import { messageIds } from '../src/crypto/message-ids.ts'
import { nodeCrypto } from '../src/crypto/node-crypto.ts'
import { runTask } from '../src/node/history-task.ts'
import { SqliteStore } from '../src/store/sqlite-store.ts'
import type { Benchmark, Note } from './benchmark.ts'

/** As a leader signs under load. */
const ENTRIES_PER_SIGNATURE = 16
const PAGE = 512

const words = 'the quick brown fox jumps over a lazy dog while wizards boil jugs of ink'.split(' ')

/** One author's messages, one in each entry, in one term: as many signatures as there can be. */
class Author {
  readonly #identity = Identity.generate()
  readonly #crypto = nodeCrypto(this.#identity)
  readonly #session = newInstanceId()
  readonly #nextId = messageIds(this.#session)
  readonly genesis: SignedEntry
  readonly group: GroupId
  #tip: SignedEntry
  #term: TermId | null = null
  #count = 0

  constructor() {
    const { id } = this.#identity
    const settings = { policy: 'open', listed: false } as const
    const founding = { name: 'bench', settings, createdAt: 1, nonce: 'bench' }
    this.genesis = genesisOf(this.#crypto, { id, name: 'bench', addresses: [] }, founding)
    this.group = groupOf(this.genesis)
    this.#tip = this.genesis
  }

  #next(): Pick<Entry, 'group' | 'prev' | 'seq' | 'clock'> & { readonly term: TermId | '' } {
    const { hash, entry } = this.#tip
    const seq = this.#term === null ? 0 : entry.seq + 1
    return { group: this.group, prev: hash, term: this.#term ?? '', seq, clock: entry.clock + 1 }
  }

  open(): SignedEntry {
    const { id } = this.#identity
    const change = { gone: [], back: [] }
    const body = { counter: 1, leader: id, instance: this.#session, nonce: 'b', ...change }
    const entry = { ...this.#next(), kind: 'open', body } as Entry
    this.#tip = signEntry(this.#crypto, entry)
    this.#term = this.#tip.hash as string as TermId
    return this.#tip
  }

  say(): SignedEntry {
    this.#count += 1
    const text = `${words.slice(this.#count % 7, 4 + (this.#count % 9)).join(' ')} ${this.#count}`
    const content = { kind: 'text', text, ref: '' }
    const items = [{ id: this.#nextId(), sentAt: Date.now(), content }]
    const { id: author } = this.#identity
    const after = this.#tip.hash
    const batch: AuthorBatch = {
      author,
      session: this.#session,
      aseq: this.#count,
      after,
      items,
      sig: '' as Signature,
    }
    const sig = this.#crypto.sign(batchText(this.group, 'message', batch))
    const entry = { ...this.#next(), kind: 'message', body: { ...batch, sig } } as Entry
    const signed = signEntry(this.#crypto, entry)
    const isLast = this.#count % ENTRIES_PER_SIGNATURE === 0
    this.#tip = isLast ? signed : { ...signed, sig: null }
    return this.#tip
  }
}

/** A folder with so many entries, the way a node writes them. */
const fill = (folder: string, entries: number): void => {
  const author = new Author()
  const store = new SqliteStore(folder)
  const group = store.createGroup(author.group, 'bench')
  const history = new History(group)
  const save = (tip: SignedEntry): void => {
    history.advance({ term: termOf(tip), seq: tip.entry.seq })
    const changes = history.takeChanges()
    if (changes !== null) group.apply({ type: 'persist', ...changes, outbox: [] })
  }
  history.add(author.genesis)
  let tip = author.open()
  history.add(tip)
  for (let count = 2; count < entries; count += 1) {
    tip = author.say()
    history.add(tip)
    if (count % PAGE === 0) save(tip)
  }
  save(tip)
  store.close()
}

const measure = async (note: Note, folder: string, entries: number): Promise<void> => {
  const timed = async <T>(what: string, work: () => T | Promise<T>): Promise<T> => {
    const start = performance.now()
    const result = await work()
    note(what, (performance.now() - start) / 1_000, 's')
    return result
  }
  await timed('write them', () => fill(folder, entries))
  note('the database', statSync(join(folder, 'parley.db')).size / 2 ** 20, 'MiB')
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const { damage } = await timed('check all, in a thread', () => runTask({ task: 'check', folder }))
  delay.disable()
  if (damage !== null) throw new Error(`there is damage: ${damage.what}`)
  note('the node’s own thread was held up, at most', delay.max / 1e6, 'ms')
  await timed('make a new database of them', () => runTask({ task: 'salvage', folder }))
}

export const verify: Benchmark = {
  name: 'verify',
  question:
    'How long does it take to check a long history whole, does the node feel it, and to repair it?',
  about:
    '100,000 entries (quick: 5,000) of one message each: as many signatures of authors ' +
    'as there can be, ' +
    'and one of the leader for 16 entries.',
  run: async (note, { isQuick }) => {
    // The last entry must be one that is signed.
    const entries = 2 + Math.ceil((isQuick ? 5_000 : 100_000) / ENTRIES_PER_SIGNATURE) * 16
    const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'parley-bench-'))
    try {
      await measure(note, folder, entries)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
