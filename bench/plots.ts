/** The plots of a run: throughput and latency against the peers. */
import { median, type Outcome } from './benchmark.ts'
import { OWN } from './peers/compare.ts'
import { barPlot, linePlot, type Series } from './plot.ts'

const sizesOf = (outcomes: readonly Outcome[]): readonly (readonly [number, Outcome])[] =>
  outcomes
    .flatMap((outcome): (readonly [number, Outcome])[] => {
      const found = /^peers-(\d+)$/.exec(outcome.name)
      return found === null ? [] : [[Number(found[1]), outcome]]
    })
    .toSorted((a, b) => a[0] - b[0])

const throughput = (outcomes: readonly Outcome[]): string | null => {
  const sizes = sizesOf(outcomes)
  if (sizes.length < 2) return null
  const points = new Map<string, [number, number][]>()
  for (const [members, { figures }] of sizes)
    for (const { what, unit, values } of figures) {
      if (unit !== 'messages/s') continue
      const own = points.get(what) ?? []
      own.push([members, median(values)])
      points.set(what, own)
    }
  const series: Series[] = [...points].map(([name, own]) => ({ name, points: own }))
  return linePlot({
    title: 'Messages per second delivered to all members',
    x: { label: 'members', isLog: true, ticks: sizes.map(([members]) => members) },
    y: { label: 'messages/s', isLog: true },
    series,
  })
}

const latency = (outcomes: readonly Outcome[]): string | null => {
  const found = outcomes.find(({ name }) => name === 'peers-latency')
  if (found === undefined) return null
  const bars = found.figures.flatMap(({ what, values }) => {
    if (!what.endsWith(', p50')) return []
    const name = what.slice(0, -5)
    const late = found.figures.find((one) => one.what === `${name}, p99`)
    const value = median(values)
    return [{ name, value, spread: [value, median(late?.values ?? values)] as const }]
  })
  return barPlot({
    title: 'Until the last of ten members has a message, at 50 a second (line: to p99)',
    unit: 'ms',
    isLog: true,
    bars: bars.map((bar) => ({ ...bar, isOwn: bar.name === OWN })),
  })
}

/** By the end of the file's name. */
export const plotsOf = (outcomes: readonly Outcome[]): ReadonlyMap<string, string> => {
  const all: readonly (readonly [string, string | null])[] = [
    ['throughput', throughput(outcomes)],
    ['latency', latency(outcomes)],
  ]
  return new Map(all.flatMap(([name, svg]) => (svg === null ? [] : [[name, svg] as const])))
}
