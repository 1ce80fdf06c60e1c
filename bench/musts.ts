/** What figures are held to, and whether they keep to it. */
import { medianOf, shortNumber, type Outcome } from './benchmark.ts'

interface Must {
  readonly benchmark: string
  readonly what: string
  readonly unit: string
  readonly atMost?: number
  readonly atLeast?: number
}

const most = (benchmark: string, what: string, atMost: number, unit: string): Must => ({
  benchmark,
  what,
  unit,
  atMost,
})

const least = (members: number, against: string, atLeast: number): Must => ({
  benchmark: `peers-${members}`,
  what: `Parley ÷ ${against}`,
  unit: '×',
  atLeast,
})

const musts: readonly Must[] = [
  least(3, 'JetStream R3', 1.5),
  least(10, 'JetStream R3', 1),
  least(50, 'JetStream R3', 0.7),
  least(200, 'JetStream R3', 0.7),
  least(3, 'durable reference', 0.3),
  least(10, 'durable reference', 0.3),
  least(50, 'durable reference', 0.3),
  least(200, 'durable reference', 0.3),
  most('latency-10', 'to the last member, p50', 15, 'ms'),
  most('latency-10', 'to the last member, p99', 60, 'ms'),
  most('latency-3', 'until the sender knows that all have stored it, p50', 15, 'ms'),
  most('failover', 'longest time without a delivery', 1_000, 'ms'),
  most('failover-silent', 'longest time without a delivery', 3_500, 'ms'),
  most('join', 'until it is in the group and can speak', 2_000, 'ms'),
  most('join', 'until it has all', 20_000, 'ms'),
  most('million', 'from the start of the process until it is ready', 1_000, 'ms'),
  most('million', 'open: the last 50 messages', 200, 'ms'),
  most('million', 'search', 50, 'ms'),
  most('idle', 'member of 32: traffic, both ways', 1, 'kB/s'),
  most('many-groups', 'follows in 10 groups of 3: memory', 120, 'MiB'),
  most('many-groups', 'follows in 10 groups of 3: processor', 1, '% of a core'),
]

export interface Held {
  readonly benchmark: string
  readonly what: string
  readonly limit: string
  readonly measured: string
  readonly isMet: boolean
}

/** Those that the outcomes have a figure for. */
export const heldTo = (outcomes: readonly Outcome[]): readonly Held[] =>
  musts.flatMap(({ benchmark, what, unit, atMost, atLeast }) => {
    const value = medianOf(outcomes, benchmark, what)
    if (!Number.isFinite(value)) return []
    const isMet = value <= (atMost ?? Infinity) && value >= (atLeast ?? -Infinity)
    const limit = atMost === undefined ? `≥ ${atLeast} ${unit}` : `≤ ${shortNumber(atMost)} ${unit}`
    return [{ benchmark, what, limit, measured: `${shortNumber(value)} ${unit}`, isMet }]
  })

export const mustsText = (outcomes: readonly Outcome[]): string => {
  const held = heldTo(outcomes)
  if (held.length === 0) return ''
  const rows = held.map(
    ({ benchmark, what, limit, measured, isMet }) =>
      `| ${benchmark} | ${what} | ${limit} | ${measured} | ${isMet ? 'yes' : '**no**'} |`,
  )
  return ['## Held to', '', '| | | Must | Median | Met |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  )
}
