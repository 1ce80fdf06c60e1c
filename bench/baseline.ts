/** Ratios that are kept, to see what a change has moved: times depend on the machine, ratios less. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

import { median, shortNumber, type Outcome } from './benchmark.ts'

/** By benchmark and figure: the median of a ratio. */
type Ratios = Readonly<Record<string, number>>

/** What is within this factor is noise. */
const NOISE = 1.3

const ratiosOf = (outcomes: readonly Outcome[]): Ratios =>
  Object.fromEntries(
    outcomes.flatMap(({ name, figures }) =>
      figures
        .filter(({ unit }) => unit === '×')
        .map(({ what, values }) => [`${name}: ${what}`, median(values)]),
    ),
  )

export const keepBaseline = (path: string, outcomes: readonly Outcome[]): void =>
  writeFileSync(path, `${JSON.stringify(ratiosOf(outcomes), null, 2)}\n`)

/** Lines that say what moved; one that says so if nothing did. */
export const movedSince = (path: string, outcomes: readonly Outcome[]): readonly string[] => {
  if (!existsSync(path)) return ['There is no baseline; --keep makes one of this run.']
  const kept = JSON.parse(readFileSync(path, 'utf8')) as Ratios
  const lines = Object.entries(ratiosOf(outcomes)).flatMap(([what, now]) => {
    const before = kept[what]
    if (before === undefined) return []
    const factor = now / before
    if (factor < NOISE && factor > 1 / NOISE) return []
    const way = factor > 1 ? 'better' : 'worse'
    return [`${what}: ${shortNumber(before)} before, ${shortNumber(now)} now (${way})`]
  })
  return lines.length > 0 ? lines : [`Nothing moved by more than a factor of ${NOISE}.`]
}
