/** What a soak leaves behind: a page for people, figures, and how memory went. */
import { median, shortNumber } from '../benchmark.ts'
import { linePlot } from '../plot.ts'
import type { Machine } from '../report.ts'
import type { Findings } from './check.ts'

export interface Sample {
  readonly minutes: number
  /** Messages in the history. */
  readonly count: number
  /** Of each member, NaN while it does not run. */
  readonly mib: readonly number[]
}

export interface Soak {
  readonly date: string
  readonly commit: string
  readonly machine: Machine
  readonly minutes: number
  readonly nodes: number
  readonly perSecond: number
  readonly seed: number
  readonly acknowledged: number
  readonly unanswered: number
  readonly refused: readonly (readonly [string, number])[]
  readonly failures: readonly (readonly [string, number])[]
  readonly findings: Findings
  readonly samples: readonly Sample[]
}

export const memoryPlot = ({ samples, nodes }: Soak): string =>
  linePlot({
    title: 'Memory of each member during the soak',
    x: { label: 'minutes' },
    y: { label: 'MiB (RSS)' },
    series: Array.from({ length: nodes }, (_, at) => ({
      name: `member-${at + 1}${at === 0 ? ' (never ended)' : ''}`,
      points: samples.flatMap(({ minutes, mib }): (readonly [number, number])[] => {
        const value = mib[at]
        return value === undefined || !Number.isFinite(value) ? [] : [[minutes, value]]
      }),
    })),
  })

/** Of the member that is never ended, in the second and in the last sixth of the time. */
export const drift = ({ samples }: Soak): { readonly early: number; readonly late: number } => {
  const sixth = Math.floor(samples.length / 6)
  const of = (from: number): number =>
    median(samples.slice(from, from + Math.max(1, sixth)).map(({ mib }) => mib[0] ?? NaN))
  return { early: of(sixth), late: of(samples.length - Math.max(1, sixth)) }
}

const list = (pairs: readonly (readonly [string, number])[]): string =>
  pairs.length === 0 ? 'none' : pairs.map(([name, count]) => `${name} ×${count}`).join(', ')

export const soakText = (soak: Soak): string => {
  const { findings, machine, samples } = soak
  const { early, late } = drift(soak)
  const heads = new Set(findings.heads).size === 1 ? 'equal' : 'differ'
  const lines = [
    `# Soak: ${shortNumber(soak.minutes)} minutes`,
    '',
    `${soak.date}, commit ${soak.commit}, Node ${machine.node}, ${machine.cores} cores, load ` +
      `average ${machine.loadBefore} before and ${machine.loadAfter} after. ${soak.nodes} nodes, ` +
      `each a process of its own; about ${soak.perSecond} messages a second of all kinds and ` +
      `bursts of 200; seed ${soak.seed}.`,
    '',
    `- What happened: ${list(soak.failures)}`,
    `- Acknowledged: ${soak.acknowledged}; calls without an answer because their node was ended ` +
      `or stood still: ${soak.unanswered}; refused: ${list(soak.refused)}`,
    `- At the end: ${findings.messages} messages; **lost ${findings.lost.length}, twice ` +
      `${findings.twice.length}**; heads ${heads}, ` +
      `orders ${findings.ordersDiffer ? 'differ' : 'equal'}; ${findings.verified} histories ` +
      `verified from the first entry to the last`,
    `- All agreed ${shortNumber(findings.settledMs / 1_000)} s after the last failure`,
    `- Bugs that nodes caught themselves in: ${findings.faults.length}`,
    `- Memory of the member that ran all the time: ${shortNumber(early)} MiB early (second ` +
      `sixth), ${shortNumber(late)} MiB late (last sixth), while the history grew to ` +
      `${samples.at(-1)?.count ?? 0} messages`,
    '',
  ]
  return lines.join('\n')
}
