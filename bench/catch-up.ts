/** What a newcomer feels of a long history: with its signatures checked in threads, and without. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'

import { claimsOf } from '../src/core/admission.ts'
import { defaultConfig } from '../src/core/config.ts'
import { termOf, type SignedEntry } from '../src/core/entry.ts'
import { millis, type TermId } from '../src/core/ids.ts'
import { limits } from '../src/core/limits.ts'
import type { Packet } from '../src/core/packet.ts'
import { Replica } from '../src/core/replica.ts'
import { CheckedSignatures } from '../src/crypto/checked-signatures.ts'
import { Identity, newInstanceId } from '../src/crypto/identity.ts'
import { nodeCrypto } from '../src/crypto/node-crypto.ts'
import { SignaturePool } from '../src/node/signature-pool.ts'
import { SqliteStore } from '../src/store/sqlite-store.ts'
import { Author, ENTRIES_PER_SIGNATURE } from './author.ts'
import type { Benchmark, Note } from './benchmark.ts'

interface Written {
  readonly author: Author
  readonly term: TermId
  readonly pages: readonly (readonly SignedEntry[])[]
}

const write = (messages: number): Written => {
  const author = new Author()
  const open = author.open()
  const entries = [author.genesis, open]
  for (let count = 0; count < messages; count += 1) entries.push(author.say())
  const pages: SignedEntry[][] = []
  for (let at = 0; at < entries.length;) {
    let end = Math.min(entries.length, at + limits.pageEntries)
    while (entries[end - 1]?.sig === null) end -= 1
    pages.push(entries.slice(at, end))
    at = end
  }
  return { author, term: termOf(open), pages }
}

/** A newcomer with a disk, that takes the pages in one by one as they come. */
const takeIn = async (
  folder: string,
  { author, term, pages }: Written,
  pool: SignaturePool | null,
  checked: CheckedSignatures,
): Promise<void> => {
  const store = new SqliteStore(folder)
  const { group, id: from } = author
  const disk = store.createGroup(group, 'bench')
  const identity = Identity.generate()
  const instance = newInstanceId()
  const replica = new Replica({
    config: defaultConfig,
    crypto: nodeCrypto(identity, checked),
    self: { id: identity.id, name: 'newcomer', addresses: [] },
    instance,
    seed: 1,
    reader: disk,
    start: { how: 'join', group, via: [from], proof: null },
    now: millis(performance.now()),
  })
  const hear = (packet: Packet): void => {
    const effects = replica.step(millis(performance.now()), [
      { type: 'packet', from, instance, packet },
    ])
    for (const effect of effects) if (effect.type === 'persist') disk.apply(effect)
  }
  hear({ kind: 'joined', term, leader: from, number: 1, beat: 1, seq: 0 })
  const summary = { head: null, tips: [], terms: [] }
  for (const [beat, entries] of pages.entries()) {
    const { terms } = replica.history.log
    if (pool !== null)
      await pool.check(claimsOf(group, entries, (opened) => terms.get(opened)?.leader))
    hear({ kind: 'entries', entries, more: false, summary })
    const marks = { floor: -1, above: [], viewSeq: 0, below: 0 }
    hear({ kind: 'heartbeat', term, beat: beat + 2, seq: 0, live: 1, marks })
    await turn()
  }
  const { length } = replica.history.state
  const sent = pages.reduce((sum, page) => sum + page.length, 0)
  if (length !== sent) throw new Error(`took in ${length} of ${sent} entries`)
  store.close()
}

const measure = async (note: Note, written: Written, inThreads: boolean): Promise<void> => {
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'parley-bench-'))
  const checked = new CheckedSignatures()
  const pool = new SignaturePool(checked, (thrown) => {
    throw thrown
  })
  const delay = monitorEventLoopDelay({ resolution: 2 })
  const how = inThreads ? 'in threads' : 'in the node’s own thread'
  try {
    delay.enable()
    const start = performance.now()
    await takeIn(folder, written, inThreads ? pool : null, checked)
    const seconds = (performance.now() - start) / 1_000
    delay.disable()
    const entries = written.pages.reduce((sum, page) => sum + page.length, 0)
    note(`signatures checked ${how}: entries taken in`, entries / seconds, '/s')
    note(`${how}: held up, at most`, delay.max / 1e6, 'ms')
    note(`${how}: held up, 99 %`, delay.percentile(99) / 1e6, 'ms')
  } finally {
    pool.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

export const catchUp: Benchmark = {
  name: 'catch-up',
  question:
    'How fast does a newcomer take in a long history, and does the rest of the node feel it?',
  about:
    '100,000 messages (quick: 5,000) with a signature each, in pages of 512 entries, stored in ' +
    'SQLite. “Held up” is how late anything else of the node, a heartbeat too, has its turn.',
  run: async (note, { isQuick }) => {
    const written = write(Math.ceil((isQuick ? 5_000 : 100_000) / ENTRIES_PER_SIGNATURE) * 16)
    for (const inThreads of [false, true]) await measure(note, written, inThreads)
  },
}
