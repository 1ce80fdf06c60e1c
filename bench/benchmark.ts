/** What a benchmark is, and what is made of its figures. */

/** Notes one figure of one run. `what` and `unit` are the same in every run. */
export type Note = (what: string, value: number, unit: string) => void

export interface RunOptions {
  /** Less of everything: to see that it works, and for ratios. */
  readonly isQuick: boolean
}

export interface Benchmark {
  readonly name: string
  readonly question: string
  /** What has to be known to read the figures. */
  readonly about: string
  run(note: Note, options: RunOptions): Promise<void>
}

export interface Figure {
  readonly what: string
  readonly unit: string
  /** Of each run, in order. */
  readonly values: readonly number[]
}

export interface Outcome {
  readonly name: string
  readonly question: string
  readonly about: string
  readonly seconds: number
  readonly figures: readonly Figure[]
}

/** The value that so great a share of all is no greater than. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * share))
  return sorted[at] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Runs a benchmark so many times. */
export const repeat = async (
  benchmark: Benchmark,
  runs: number,
  options: RunOptions,
): Promise<Outcome> => {
  const figures = new Map<string, { unit: string; values: number[] }>()
  const note: Note = (what, value, unit) => {
    const figure = figures.get(what) ?? { unit, values: [] }
    figure.values.push(value)
    figures.set(what, figure)
  }
  const start = performance.now()
  for (let count = 0; count < runs; count += 1) await benchmark.run(note, options)
  const seconds = Math.round((performance.now() - start) / 1_000)
  const all = [...figures].map(([what, { unit, values }]) => ({ what, unit, values }))
  const { name, question, about } = benchmark
  return { name, question, about, seconds, figures: all }
}

/** The median of a figure, NaN if it is not there. */
export const medianOf = (outcomes: readonly Outcome[], name: string, what: string): number => {
  const found = outcomes.find((outcome) => outcome.name === name)
  return median(found?.figures.find((figure) => figure.what === what)?.values ?? [])
}

/** Three digits that mean something. */
export const shortNumber = (value: number): string => {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  const places = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return value.toLocaleString('en', { maximumFractionDigits: places })
}
