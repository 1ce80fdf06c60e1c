/** What a run of the benchmarks leaves behind: text for people, JSON for programs. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'

import { mustsText } from './musts.ts'
import { plotsOf } from './plots.ts'
import { median, shortNumber, type Figure, type Outcome } from './benchmark.ts'

export interface Machine {
  readonly cores: number
  readonly model: string
  readonly memoryGib: number
  readonly node: string
  /** Of the last minute: what else the machine had to do, and the benchmarks themselves. */
  readonly loadBefore: number
  readonly loadAfter: number
}

export interface Report {
  readonly date: string
  readonly commit: string
  readonly runs: number
  readonly isQuick: boolean
  readonly machine: Machine
  readonly outcomes: readonly Outcome[]
}

const GIB = 2 ** 30

export const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 10) / 10

export const machineNow = (loadBefore: number): Machine => {
  const all = cpus()
  return {
    cores: all.length,
    model: all[0]?.model ?? 'unknown',
    memoryGib: Math.round(totalmem() / GIB),
    node: process.version,
    loadBefore,
    loadAfter: loadNow(),
  }
}

const git = (root: string, ...args: readonly string[]): string => {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  } catch {
    // Without git, or outside of a clone.
    return ''
  }
}

/** The commit, and whether what was measured is that commit. */
export const commitAt = (root: string): string => {
  const commit = git(root, 'rev-parse', '--short', 'HEAD')
  const isChanged = git(root, 'status', '--porcelain', '--', 'src', 'bench') !== ''
  return commit === '' ? 'unknown' : `${commit}${isChanged ? ' and changes' : ''}`
}

const spreadOf = ({ values }: Figure): string =>
  `${shortNumber(Math.min(...values))} – ${shortNumber(Math.max(...values))}`

const rowOf = (figure: Figure): string => {
  const { what, unit, values } = figure
  return `| ${what} | ${shortNumber(median(values))} | ${spreadOf(figure)} | ${unit} |`
}

const tableOf = (figures: readonly Figure[]): readonly string[] => [
  '| | Median | Least – most | |',
  '|---|---:|---:|---|',
  ...figures.map(rowOf),
]

const machineText = ({ machine, date, commit, runs, isQuick }: Report): string => {
  const { cores, model, memoryGib, node, loadBefore, loadAfter } = machine
  return (
    `${date}, commit ${commit}, Node ${node}, ${cores} cores (${model}), ${memoryGib} GiB, ` +
    `load average ${loadBefore} before and ${loadAfter} after` +
    `${loadBefore > 0.5 ? ' (the machine was shared: times are upper bounds)' : ''}. ` +
    `${runs} ${runs === 1 ? 'run' : 'runs'} of each${isQuick ? ', quick' : ''}.`
  )
}

export const outcomeText = ({ name, question, about, figures }: Outcome): string =>
  [`## ${name}`, '', question, '', ...tableOf(figures), '', about].join('\n')

export const reportText = (report: Report): string =>
  [
    `# Benchmarks`,
    machineText(report),
    mustsText(report.outcomes),
    ...report.outcomes.map(outcomeText),
  ].join('\n\n')

/** `2026-11-22-1402` of an ISO time. */
const stampOf = (date: string): string => date.slice(0, 16).replace('T', '-').replace(':', '')

/** Writes both forms; the path of the one for people. Of quick runs the last one alone is kept. */
export const saveReport = (folder: string, report: Report): string => {
  mkdirSync(folder, { recursive: true })
  const name = report.isQuick ? 'quick' : stampOf(report.date)
  const stem = join(folder, name)
  writeFileSync(`${stem}.json`, `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(`${stem}.md`, `${reportText(report).replaceAll(/\n{3,}/g, '\n\n')}\n`)
  for (const [what, svg] of plotsOf(report.outcomes)) writeFileSync(`${stem}-${what}.svg`, svg)
  return `${stem}.md`
}
