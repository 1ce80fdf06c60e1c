/** `npm run sim -- --seed 42`, `--runs 1000`, `--trace`, `--plant NAME`: see CONTRIBUTING.md. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

import { runSeed, type RunResult } from './swarm.ts'

interface Job {
  readonly first: number
  readonly runs: number
  readonly step: number
  readonly minutes: number
  readonly planted: readonly string[]
  readonly keepGoing: boolean
}

interface Failure {
  readonly seed: number
  readonly message: string
}

interface Report {
  readonly results: readonly RunResult[]
  readonly failures: readonly Failure[]
}

const runJob = (job: Job): Report => {
  const results: RunResult[] = []
  const failures: Failure[] = []
  for (let index = 0; index < job.runs; index += 1) {
    const seed = job.first + index * job.step
    try {
      const lengthMs = job.minutes * 60_000
      results.push(runSeed({ seed, lengthMs, planted: new Set(job.planted) }))
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      failures.push({ seed, message })
      if (!job.keepGoing) break
    }
  }
  return { results, failures }
}

const runWorkers = async (job: Job, workers: number): Promise<Report> => {
  const parts = await Promise.all(
    Array.from({ length: workers }, (_, index) => {
      const runs = Math.floor(job.runs / workers) + (index < job.runs % workers ? 1 : 0)
      const part = { ...job, first: job.first + index, runs, step: workers }
      return new Promise<Report>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: part })
        worker.once('message', resolve)
        worker.once('error', reject)
      })
    }),
  )
  return {
    results: parts.flatMap((part) => part.results),
    failures: parts.flatMap((part) => part.failures).toSorted((a, b) => a.seed - b.seed),
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

const tell = (report: Report, seconds: number): void => {
  const { results, failures } = report
  const rests = results.map((result) => result.convergedMs).toSorted((a, b) => a - b)
  const median = rests[Math.floor(rests.length / 2)] ?? 0
  console.log(
    `${results.length + failures.length} runs in ${seconds.toFixed(1)} s: ` +
      `${sum(results.map((one) => one.steps))} steps, ` +
      `${sum(results.map((one) => one.packets))} packets, ` +
      `${sum(results.map((one) => one.messages))} messages; ` +
      `at rest after ${(median / 1_000).toFixed(1)} s (median), ` +
      `${((rests.at(-1) ?? 0) / 1_000).toFixed(1)} s (longest)`,
  )
  for (const { seed, message } of failures.slice(0, 20)) {
    console.log(`\nseed ${seed}: ${message}`)
    console.log(`  replay: npm run sim -- --seed ${seed} --trace`)
  }
  console.log(`${results.length} passed, ${failures.length} failed`)
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      runs: { type: 'string', default: '100' },
      first: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '10' },
      workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      plant: { type: 'string', multiple: true, default: [] },
      trace: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
    },
  })
  const minutes = Number(values.minutes)
  if (values.seed !== undefined) {
    const trace = values.trace ? (line: string): void => console.log(line) : undefined
    const options = { seed: Number(values.seed), lengthMs: minutes * 60_000 }
    const planted = new Set(values.plant)
    const result = runSeed({ ...options, planted, ...(trace === undefined ? {} : { trace }) })
    console.log(JSON.stringify(result))
    return
  }
  const startedAt = performance.now()
  const job: Job = {
    first: Number(values.first),
    runs: Number(values.runs),
    step: 1,
    minutes,
    planted: values.plant,
    keepGoing: values.all,
  }
  const report = await runWorkers(job, Math.max(1, Number(values.workers)))
  tell(report, (performance.now() - startedAt) / 1_000)
  if (report.failures.length > 0) process.exitCode = 1
}

if (isMainThread) await main()
else
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(runJob(workerData as Job))
