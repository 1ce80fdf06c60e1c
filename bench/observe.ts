/** What it costs to be watched: the log at its usual level and metrics, against none of it. */
import { cpus } from 'node:os'

import { quantile, type Benchmark, type Note } from './benchmark.ts'
import { withCluster, type Cluster } from './cluster.ts'
import { sendAll } from './load.ts'

const MEMBERS = 3

interface Measured {
  readonly perSecond: number
  readonly cpuMicros: number
}

const measure = async (cluster: Cluster, count: number): Promise<Measured> => {
  const before = cluster.cpuMs()
  const start = performance.now()
  await sendAll(cluster, count)
  await cluster.agree(count)
  const seconds = (performance.now() - start) / 1_000
  const cpuMicros = ((cluster.cpuMs() - before) * 1_000) / (count * MEMBERS)
  return { perSecond: count / seconds, cpuMicros }
}

const modes = {
  'neither log nor metrics': ['--log-level', 'off'],
  'log and metrics': ['--metrics', '127.0.0.1:0'],
} as const

/** In turns, so that what else the machine does falls on both alike. */
const compare = async (note: Note, count: number, turns: number): Promise<void> => {
  const cpu = new Map<string, number[]>()
  for (let turn = 0; turn < turns; turn += 1)
    for (const [name, args] of Object.entries(modes))
      await withCluster(
        MEMBERS,
        async (cluster) => {
          const { perSecond, cpuMicros } = await measure(cluster, count)
          note(`delivered to all with ${name}`, perSecond, 'messages/s')
          note(`processor time for a delivery with ${name}`, cpuMicros, 'µs')
          cpu.set(name, [...(cpu.get(name) ?? []), cpuMicros])
        },
        args,
      )
  const [without = NaN, watched = NaN] = Object.keys(modes).map((name) =>
    quantile(cpu.get(name) ?? [], 0),
  )
  note('more processor time, best of each', (watched / without - 1) * 100, '%')
}

export const observe: Benchmark = {
  name: 'observe',
  question: 'What do the log at its usual level and the metrics cost, while tracing is off?',
  about:
    `A group of ${MEMBERS} real processes on ${cpus().length} processors, as in ` +
    '`saturation-3`, in turns with and without. Processor time says more than messages a ' +
    'second on a machine that does other things as well. Tracing is off in both: its code is ' +
    'not loaded.',
  run: (note, { isQuick }) => compare(note, isQuick ? 5_000 : 20_000, isQuick ? 2 : 3),
}
