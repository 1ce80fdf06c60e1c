/** `npm run sim -- --help` says what can be asked of it; docs/internals/simulator.md what it does. */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

import { neverHappened } from './coverage.ts'
import { faultClassNames, isFaultClass } from './faults.ts'
import { printGuarantees } from './guarantee-table.ts'
import { huntAll } from './hunt.ts'
import { isPlanted, mistakeOf, plantedNames } from './planted.ts'
import { runMany, type Report } from './run-many.ts'
import { printScale } from './scale-table.ts'
import { shrink } from './shrink.ts'
import { SpaceTime } from './space-time.ts'
import { runSeed, type RunOptions } from './swarm.ts'

const help = `npm run sim -- [options]

  --runs N         so many seeds (100), from --first N (1) on; --all goes on after a failure
  --seed N         one seed; --trace prints what happens, --shrink makes a failing run smaller,
                   --html writes it as a space-time diagram: one page, sim-SEED.html
  --minutes N      simulated time of a run (10)
  --without CLASS  leaves out a class of faults; may be repeated
  --only CLASS     leaves out all others, or with "none" all; may be repeated
  --plant NAME     plants a bug; may be repeated; "list" names them all
  --guarantees     measures what is promised: fail-over, healing, odd networks, a day of loss
  --scale N        what a group of N members costs
  --plant all      looks for each bug in --runs seeds; --record writes what it finds
  --workers N      threads (2)`

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Median, 99th percentile and largest, in seconds. */
const spread = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): string => {
    const index = Math.min(sorted.length - 1, Math.floor(sorted.length * share))
    return ((sorted[index] ?? 0) / 1_000).toFixed(1)
  }
  return `${at(0.5)} s (median), ${at(0.99)} s (99 %), ${at(1)} s (longest)`
}

const replayOf = ({ seed, lengthMs = 600_000, without = [], planted }: RunOptions): string => {
  const parts = [`npm run sim -- --seed ${seed}`]
  if (lengthMs !== 600_000) parts.push(`--minutes ${lengthMs / 60_000}`)
  for (const name of planted ?? []) parts.push(`--plant ${name}`)
  const left = faultClassNames.filter((name) => !without.includes(name))
  if (left.length < without.length) parts.push(...(left.length > 0 ? left : ['none']).map(only))
  else for (const name of without) parts.push(`--without ${name}`)
  return parts.join(' ')
}

const only = (name: string): string => `--only ${name}`

const tell = (report: Report, options: Omit<RunOptions, 'seed'>, seconds: number): void => {
  const { results, failures } = report
  console.log(
    `${results.length + failures.length} runs in ${seconds.toFixed(1)} s: ` +
      `${sum(results.map((one) => one.steps))} steps, ` +
      `${sum(results.map((one) => one.packets))} packets, ` +
      `${sum(results.map((one) => one.messages))} messages`,
  )
  console.log(`one leader after ${spread(results.map((one) => one.convergedMs))}`)
  console.log(`all at rest after ${spread(results.map((one) => one.restedMs))}`)
  const never = neverHappened(results.map((one) => one.marks))
  if (never.length > 0) console.log(`never happened: ${never.join(', ')}`)
  for (const { seed, message } of failures.slice(0, 20)) {
    console.log(`\nseed ${seed}: ${message}`)
    console.log(`  replay: ${replayOf({ ...options, seed })} --trace`)
  }
  console.log(`${results.length} passed, ${failures.length} failed`)
}

const runOne = (options: RunOptions, wantsTrace: boolean, wantsLess: boolean): void => {
  if (wantsLess) {
    const smaller = shrink(options)
    if (smaller === null) console.log('nothing fails')
    else {
      console.log(smaller.message)
      console.log(`needs: ${smaller.needed.join(' ') || 'no faults at all'}`)
      console.log(`replay: ${replayOf(smaller.options)} --trace`)
    }
    return
  }
  const trace = wantsTrace ? { trace: (line: string): void => console.log(line) } : {}
  const { marks: _, ...result } = runSeed({ ...options, ...trace })
  console.log(JSON.stringify(result))
}

/** Also of a run that fails: that is when one wants to see it. */
const drawOne = (options: RunOptions): void => {
  const diagram = new SpaceTime()
  const trace = (line: string): void => diagram.trace(line)
  try {
    const { marks: _, ...result } = runSeed({ ...options, trace, watchers: [diagram] })
    console.log(JSON.stringify(result))
  } finally {
    const file = `sim-${options.seed}.html`
    writeFileSync(file, diagram.page(options.seed))
    console.log(`the run is drawn in ${file}`)
  }
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      seed: { type: 'string' },
      runs: { type: 'string', default: '100' },
      first: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '10' },
      workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      plant: { type: 'string', multiple: true, default: [] },
      without: { type: 'string', multiple: true, default: [] },
      only: { type: 'string', multiple: true, default: [] },
      trace: { type: 'boolean', default: false },
      html: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      guarantees: { type: 'boolean', default: false },
      scale: { type: 'string' },
    },
  })
  const [runs, first, minutes] = [values.runs, values.first, values.minutes].map(Number)
  if (runs === undefined || first === undefined || minutes === undefined) return
  const workers = Math.max(1, Number(values.workers))
  const unknown = [
    ...values.plant.filter((name) => !isPlanted(name) && name !== 'list' && name !== 'all'),
    ...values.without.filter((name) => !isFaultClass(name)),
    ...values.only.filter((name) => !isFaultClass(name) && name !== 'none'),
  ]
  if (values.help || unknown.length > 0) {
    console.log(unknown.length > 0 ? `neither a bug nor a fault: ${unknown.join(' ')}` : help)
    process.exitCode = unknown.length > 0 ? 2 : 0
    return
  }
  if (values.plant.includes('list')) {
    for (const name of plantedNames) console.log(`${name.padEnd(30)} ${mistakeOf(name)}`)
    return
  }
  if (values.guarantees) {
    if (!printGuarantees()) process.exitCode = 1
    return
  }
  if (values.scale !== undefined) {
    await printScale(Number(values.scale))
    return
  }
  if (values.plant.includes('all')) {
    const isComplete = await huntAll({ first, runs, workers }, values.record)
    if (!isComplete) process.exitCode = 1
    return
  }
  const named = values.without.filter(isFaultClass)
  const others = faultClassNames.filter((name) => !values.only.includes(name))
  const without = values.only.length > 0 ? [...new Set([...named, ...others])] : named
  if (values.seed !== undefined) {
    const planted = new Set(values.plant)
    const options = { seed: Number(values.seed), lengthMs: minutes * 60_000, without, planted }
    if (values.html) drawOne(options)
    else runOne(options, values.trace, values.shrink)
    return
  }
  const startedAt = performance.now()
  const planted = values.plant
  const job = { first, runs, step: 1, minutes, planted, without, keepGoing: values.all }
  const report = await runMany({ ...job, hunts: false }, workers)
  const options = { lengthMs: minutes * 60_000, without, planted: new Set(planted) }
  tell(report, options, (performance.now() - startedAt) / 1_000)
  if (report.failures.length > 0) process.exitCode = 1
}

await main()
