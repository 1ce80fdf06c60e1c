/**
 * `npm run bench`: every benchmark states its question, runs a few times and leaves its figures in
 * `bench/results/`. `--list` names them, `--only NAME` (again and again) picks some, `--runs N`,
 * `--quick` does less of each.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { root } from '../test/tidy/source.ts'
import { repeat, type Benchmark, type Outcome } from './benchmark.ts'
import { catchUp } from './catch-up.ts'
import { failover, latencyOf, saturationOf } from './groups.ts'
import { observe } from './observe.ts'
import { priceName, priceNeeds, priceOf } from './price.ts'
import { registry } from './registry.ts'
import { commitAt, loadNow, machineNow, outcomeText, saveReport } from './report.ts'
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
  failover,
  storeRates,
  longStore,
  verify,
  catchUp,
  registry,
  observe,
]

const DEFAULT_RUNS = 3

const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    runs: { type: 'string', default: String(DEFAULT_RUNS) },
  },
})

/** What was asked for, in the usual order; the price of security needs what it is made of. */
const picked = (names: readonly string[]): readonly Benchmark[] => {
  const known = new Set([...all.map(({ name }) => name), priceName])
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) throw new Error(`There is no benchmark ${unknown}; see --list`)
  const wanted = new Set<string>(names.includes(priceName) ? [...names, ...priceNeeds] : names)
  return names.length === 0 ? all : all.filter(({ name }) => wanted.has(name))
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
  for (const benchmark of benchmarks) done(await repeat(benchmark, runs, { isQuick: values.quick }))
  if (priceNeeds.every((need) => outcomes.some(({ name }) => name === need)))
    done(priceOf(outcomes))
  const machine = machineNow(loadBefore)
  const report = { date, commit, runs, isQuick: values.quick, machine, outcomes }
  console.log(`kept in ${saveReport(join(root, 'bench', 'results'), report)}`)
}

const main = async (): Promise<void> => {
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a number from 1 on')
  if (values.list) {
    for (const { name, question } of all) console.log(`${name.padEnd(14)} ${question}`)
    console.log(`${priceName.padEnd(14)} ${priceOf([]).question}`)
  } else await runAll(picked(values.only), runs)
}

try {
  await main()
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown)
  process.exitCode = 1
}
