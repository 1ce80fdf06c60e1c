/** How long it takes to check a long history whole, and to repair one. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'

import { runTask } from '../src/node/history-task.ts'
import { writeHistory } from '../test/e2e/harness/long-history.ts'
import { ENTRIES_PER_SIGNATURE } from './author.ts'
import type { Benchmark, Note } from './benchmark.ts'

const measure = async (note: Note, folder: string, entries: number): Promise<void> => {
  const timed = async <T>(what: string, work: () => T | Promise<T>): Promise<T> => {
    const start = performance.now()
    const result = await work()
    note(what, (performance.now() - start) / 1_000, 's')
    return result
  }
  await timed('write them', () => writeHistory(folder, { entries, each: 1 }))
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
