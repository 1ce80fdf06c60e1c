/** Many seeds, on several threads. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

import type { FaultClass } from './faults.ts'
import { catchBug, type Caught } from './plant.ts'
import { isPlanted } from './planted.ts'
import { runSeed, type RunResult } from './swarm.ts'
import { Violation } from './world.ts'

export interface Job {
  readonly first: number
  readonly runs: number
  readonly step: number
  readonly minutes: number
  readonly planted: readonly string[]
  readonly without: readonly FaultClass[]
  readonly keepGoing: boolean
  /** Looks for the first seed that shows the planted bug and nothing else. */
  readonly hunts: boolean
}

export interface Failure {
  readonly seed: number
  readonly message: string
}

export interface Report {
  readonly results: readonly RunResult[]
  readonly failures: readonly Failure[]
  readonly caught: Caught | null
}

/** An invariant's own words; where in the code it was only if the code itself is at a loss. */
const messageOf = (error: unknown): string => {
  if (error instanceof Violation) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Runs of a thread after which it says how far it is. */
const toldEvery = 500

const runJob = (job: Job): Report => {
  const results: RunResult[] = []
  const failures: Failure[] = []
  for (let index = 0; index < job.runs; index += 1) {
    const seed = job.first + index * job.step
    try {
      const lengthMs = job.minutes * 60_000
      const { planted, without } = job
      results.push(runSeed({ seed, lengthMs, without, planted: new Set(planted) }))
    } catch (error) {
      const message = messageOf(error)
      failures.push({ seed, message })
      if (!job.keepGoing) break
      // Long runs tell what they find when they find it.
      console.error(`seed ${seed}: ${message.split('\n')[0]}`)
    }
    const done = index + 1
    if (done % toldEvery === 0) console.error(`${done} of ${job.runs}, ${failures.length} failed`)
  }
  return { results, failures, caught: null }
}

const hunt = ({ planted, first, runs }: Job): Report => {
  const [name] = planted
  const caught = name !== undefined && isPlanted(name) ? catchBug(name, first, runs) : null
  return { results: [], failures: [], caught }
}

const inThread = (job: Job): Promise<Report> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job })
    worker.once('message', resolve)
    worker.once('error', reject)
  })

/** Runs the seeds of a job on so many threads. */
export const runMany = async (job: Job, workers: number): Promise<Report> => {
  const parts = await Promise.all(
    Array.from({ length: workers }, (_, index) => {
      const runs = Math.floor(job.runs / workers) + (index < job.runs % workers ? 1 : 0)
      return inThread({ ...job, first: job.first + index, runs, step: workers })
    }),
  )
  return {
    results: parts.flatMap((part) => part.results),
    failures: parts.flatMap((part) => part.failures).toSorted((a, b) => a.seed - b.seed),
    caught: null,
  }
}

/** Looks for each bug in turn, as many at a time as there are threads; in the order of the names. */
export const huntBugs = async (
  names: readonly string[],
  job: Omit<Job, 'planted' | 'hunts'>,
  workers: number,
  tell: (name: string, caught: Caught | null) => void,
): Promise<ReadonlyMap<string, Caught | null>> => {
  const found = new Map<string, Caught | null>(names.map((name) => [name, null]))
  const todo = [...names]
  const work = async (): Promise<void> => {
    for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
      const report = await inThread({ ...job, planted: [name], hunts: true })
      found.set(name, report.caught)
      tell(name, report.caught)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  return found
}

if (!isMainThread && workerData !== null) {
  const job = workerData as Job
  parentPort?.postMessage(job.hunts ? hunt(job) : runJob(job), [])
}
