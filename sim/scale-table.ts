/** `npm run sim -- --scale N`: what a group of so many members costs, in a thread with room for it. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

import { Scale, type ScaleRow } from './scale.ts'
import { table } from './table.ts'

interface ScaleReport {
  readonly rows: readonly ScaleRow[]
  readonly formedMs: number
  readonly memoryMb: number
}

/** Memory that the largest group may take, MB: nearly all of it is each member's own roster. */
const roomMb = 16_000

const measureScale = (size: number): ScaleReport => {
  const startedAt = performance.now()
  const scale = new Scale(size, 1)
  const formedMs = performance.now() - startedAt
  const parts = [
    () => scale.startAll(),
    () => scale.message(),
    () => scale.failOver(true),
    () => scale.messages(size > 2_000 ? 10 : 100),
    () => scale.quiet(),
    () => scale.newcomers(),
    () => scale.failOver(false),
    () => scale.splitAndHeal(),
  ]
  for (const part of parts) {
    part()
    // Of ten thousand each takes minutes: whoever waits sees that it goes on.
    console.error(`  ${scale.rows.at(-1)?.what}: ${JSON.stringify(scale.rows.at(-1))}`)
  }
  return { rows: scale.rows, formedMs, memoryMb: process.memoryUsage().rss / 1e6 }
}

const inThread = (size: number): Promise<ScaleReport> =>
  new Promise((resolve, reject) => {
    const resourceLimits = { maxOldGenerationSizeMb: roomMb }
    const worker = new Worker(new URL(import.meta.url), { workerData: { size }, resourceLimits })
    worker.once('message', resolve)
    worker.once('error', reject)
  })

const print = (size: number, { rows, formedMs, memoryMb }: ScaleReport): void => {
  const cells = rows.map((row) => [
    row.what,
    row.simulatedMs / 1_000,
    row.packets,
    row.besides,
    row.besides / size,
    row.atLeader,
    row.atLeaderBytes / 1e3,
    row.bytes / 1e6,
    row.largestBytes / 1e3,
    row.wallMs / 1_000,
  ])
  const head = [
    'What',
    'Simulated s',
    'Packets',
    'Without beats',
    'of these per member',
    'the leader’s',
    'its kB',
  ]
  console.log(`A group of ${size}\n`)
  console.log(table([...head, 'MB sent', 'Largest kB', 'Wall s'], cells))
  const seconds = (formedMs / 1_000).toFixed(1)
  console.log(`\nformed in ${seconds} s; ${Math.round(memoryMb)} MB of memory`)
}

export const printScale = async (size: number): Promise<void> => print(size, await inThread(size))

if (!isMainThread && workerData !== null) {
  const { size } = workerData as { readonly size: number }
  parentPort?.postMessage(measureScale(size), [])
}
