/**
 * `npm run soak -- --minutes 60`: real nodes under a mixed load, to which something happens again
 * and again: they are killed, stopped, halted, their disk is full. At the end all have come back,
 * and have the same history with all that was ever acknowledged, once. Memory is watched all along.
 * `--nodes N`, `--rate N` messages a second, `--seed N`, `--out FOLDER`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { createPrng } from '../../src/core/prng.ts'
import { root } from '../../test/tidy/source.ts'
import { commitAt, loadNow, machineNow } from '../report.ts'
import { checkAll, type Findings } from './check.ts'
import { Crew, memoryMib } from './crew.ts'
import { failOnce } from './failures.ts'
import { speak, type Tally } from './load.ts'
import { memoryPlot, soakText, type Sample, type Soak } from './report.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    nodes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    out: { type: 'string', default: join(root, 'bench', 'results') },
  },
})

const SAMPLE_MS = 10_000
const CALM_MS = { least: 6_000, more: 20_000 }

const numberOf = (name: 'minutes' | 'nodes' | 'rate' | 'seed'): number => {
  const value = Number(values[name])
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} takes a number above 0`)
  return value
}

const watchMemory = async (crew: Crew, samples: Sample[], signal: AbortSignal): Promise<void> => {
  const start = performance.now()
  while (!signal.aborted) {
    const minutes = (performance.now() - start) / 60_000
    const mib = crew.members.map(({ node }) => memoryMib(node.started.pid))
    let count = 0
    try {
      count = (await crew.members[0]?.node.status())?.count ?? 0
    } catch {
      // It stands still at the moment.
    }
    samples.push({ minutes, count, mib })
    await pause(SAMPLE_MS, undefined, { signal }).catch(() => {})
  }
}

const run = async (crew: Crew): Promise<Soak> => {
  const seed = numberOf('seed')
  const prng = createPrng(seed)
  const chance = (): number => prng.next()
  const tally: Tally = { acknowledged: new Set(), unanswered: 0, refused: new Map() }
  const stop = new AbortController()
  const { signal } = stop
  const samples: Sample[] = []
  const failures = new Map<string, number>()
  const loadBefore = loadNow()
  const end = performance.now() + numberOf('minutes') * 60_000
  const speaking = speak(crew, numberOf('rate'), tally, { chance, signal })
  const watching = watchMemory(crew, samples, signal)
  while (performance.now() < end) {
    await pause(CALM_MS.least + chance() * CALM_MS.more)
    const name = await failOnce(crew, chance)
    failures.set(name, (failures.get(name) ?? 0) + 1)
    console.log(`${new Date().toISOString().slice(11, 19)}  ${name}`)
  }
  stop.abort()
  await Promise.all([speaking, watching])
  const findings: Findings = await checkAll(crew, tally)
  return {
    date: new Date().toISOString(),
    commit: commitAt(root),
    machine: machineNow(loadBefore),
    minutes: numberOf('minutes'),
    nodes: crew.members.length,
    perSecond: numberOf('rate'),
    seed,
    acknowledged: tally.acknowledged.size,
    unanswered: tally.unanswered,
    refused: [...tally.refused],
    failures: [...failures],
    findings,
    samples,
  }
}

const save = (soak: Soak): string => {
  const stem = join(values.out, 'soak')
  mkdirSync(values.out, { recursive: true })
  writeFileSync(`${stem}.json`, `${JSON.stringify(soak)}\n`)
  writeFileSync(`${stem}.svg`, memoryPlot(soak))
  writeFileSync(`${stem}.md`, soakText(soak))
  return `${stem}.md`
}

try {
  const crew = await Crew.of(numberOf('nodes'))
  try {
    const soak = await run(crew)
    console.log(soakText(soak))
    console.log(`kept in ${save(soak)}`)
    const { ordersDiffer, lost, twice, faults } = soak.findings
    if (ordersDiffer || lost.length + twice.length + faults.length > 0) process.exitCode = 1
  } finally {
    await crew.end()
  }
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown)
  process.exitCode = 1
}
