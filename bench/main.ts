/**
 * `npm run bench`: every benchmark states its question, runs a few times and leaves its figures in
 * `bench/results/`, with what they are held to. `--list` names them, `--only NAME` (again and
 * again) picks some, `--runs N`; `--peers` runs what people would use instead as well. `--quick`
 * alone compares ratios with the kept baseline and says what moved (`--keep` makes it this run's);
 * with others it does less of each.
 * `--plot FILE` (again and again) plots kept runs together into `docs/images/`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { root } from '../test/tidy/source.ts'
import { repeat, type Benchmark, type Outcome } from './benchmark.ts'
import { keepBaseline, movedSince } from './baseline.ts'
import { catchUp } from './catch-up.ts'
import { failoverBy, latencyOf, saturationOf } from './groups.ts'
import { join100k, million } from './history.ts'
import { crowdOf, idle, many } from './large.ts'
import { mustsText } from './musts.ts'
import { observe } from './observe.ts'
import { latencyAgainst, quickRates, ratesAgainst } from './peers/compare.ts'
import { plotsOf } from './plots.ts'
import { priceName, priceNeeds, priceOf } from './price.ts'
import { registry } from './registry.ts'
import { commitAt, loadNow, machineNow, outcomeText, saveReport, type Report } from './report.ts'
import { signatures } from './signatures.ts'
import { longStore, storeRates } from './store.ts'
import { tls } from './tls.ts'
import { verify } from './verify.ts'

const all: readonly Benchmark[] = [
  signatures,
  tls,
  latencyOf(3),
  latencyOf(10),
  saturationOf(3),
  saturationOf(10),
  crowdOf(50),
  crowdOf(200),
  failoverBy('kill'),
  failoverBy('silence'),
  join100k,
  million,
  idle,
  many,
  storeRates,
  longStore,
  verify,
  catchUp,
  registry,
  observe,
]

const peers: readonly Benchmark[] = [
  ratesAgainst(3),
  ratesAgainst(10),
  ratesAgainst(50),
  ratesAgainst(200),
  latencyAgainst,
]

const DEFAULT_RUNS = 3
const BASELINE = join(root, 'bench', 'baseline.json')

const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    plot: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', multiple: true, default: [] },
    runs: { type: 'string', default: String(DEFAULT_RUNS) },
  },
})

/** What was asked for, in the usual order; the price of security needs what it is made of. */
const picked = (names: readonly string[]): readonly Benchmark[] => {
  const every = [...all, ...peers, quickRates]
  const known = new Set([...every.map(({ name }) => name), priceName])
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}; see --list`)
  const wanted = new Set<string>(names.includes(priceName) ? [...names, ...priceNeeds] : names)
  if (names.length > 0) return every.filter(({ name }) => wanted.has(name))
  if (values.quick && !values.peers) return [quickRates]
  return values.peers ? [...all, ...peers] : all
}

const runAll = async (benchmarks: readonly Benchmark[], runs: number): Promise<void> => {
  const date = new Date().toISOString()
  const loadBefore = loadNow()
  const commit = commitAt(root)
  const outcomes: Outcome[] = []
  const done = (outcome: Outcome): void => {
    outcomes.push(outcome)
    console.log(`${outcomeText(outcome)}\n`)
  }
  for (const benchmark of benchmarks) {
    try {
      done(await repeat(benchmark, runs, { isQuick: values.quick }))
    } catch (thrown) {
      // What the others have measured is not to be lost.
      console.error(
        `${benchmark.name} failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}`,
      )
      process.exitCode = 1
    }
  }
  if (priceNeeds.every((need) => outcomes.some(({ name }) => name === need)))
    done(priceOf(outcomes))
  const machine = machineNow(loadBefore)
  const musts = mustsText(outcomes)
  if (musts !== '') console.log(`${musts}\n`)
  if (values.keep) keepBaseline(BASELINE, outcomes)
  else if (values.quick) console.log(movedSince(BASELINE, outcomes).join('\n'))
  const report = { date, commit, runs, isQuick: values.quick, machine, outcomes }
  console.log(`kept in ${saveReport(join(root, 'bench', 'results'), report)}`)
}

/** Plots of runs that were kept, together, for the front page. */
const plotKept = (paths: readonly string[]): void => {
  const reports = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')) as Report)
  for (const [what, svg] of plotsOf(reports.flatMap(({ outcomes }) => outcomes)))
    writeFileSync(join(root, 'docs', 'images', `${what}.svg`), svg)
}

const main = async (): Promise<void> => {
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a number from 1 on')
  if (values.plot.length > 0) plotKept(values.plot)
  else if (values.list) {
    for (const { name, question } of [...all, ...peers])
      console.log(`${name.padEnd(14)} ${question}`)
    console.log(`${priceName.padEnd(14)} ${priceOf([]).question}`)
  } else await runAll(picked(values.only), runs)
}

try {
  await main()
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown)
  process.exitCode = 1
}
