/** Plots as SVG: plain enough to be read in a diff, and legible on light and dark pages. */

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
}

export interface Axis {
  readonly label: string
  /** Powers of ten, for what differs by orders of magnitude. */
  readonly isLog?: boolean
  /** Where lines are drawn, and what they say; chosen from the values if absent. */
  readonly ticks?: readonly number[]
}

export interface LinePlot {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

export interface Bar {
  readonly name: string
  readonly value: number
  /** The least and the most that was measured. */
  readonly spread?: readonly [number, number]
  readonly isOwn?: boolean
}

export interface BarPlot {
  readonly title: string
  readonly unit: string
  readonly isLog?: boolean
  readonly bars: readonly Bar[]
}

const WIDTH = 760
const COLOURS = [
  '#1f77b4',
  '#d62728',
  '#2ca02c',
  '#ff7f0e',
  '#9467bd',
  '#8c564b',
  '#17becf',
  '#7f7f7f',
]
const OWN = '#1f77b4'
const OTHER = '#9aa5b1'

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(words)}</text>`

const line = (x1: number, y1: number, x2: number, y2: number, stroke = '#d8dde3'): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" ` +
  `y2="${y2.toFixed(1)}" stroke="${stroke}"/>`

const svg = (height: number, title: string, parts: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
      `font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(16, 24, title, 'font-size="15" font-weight="600"'),
    ...parts,
    '</svg>\n',
  ].join('\n')

const shown = (value: number): string =>
  value >= 10_000
    ? `${Math.round(value / 1_000)}k`
    : value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })

interface Scale {
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

const STEPS = [1, 2, 5]

const evenTicks = (low: number, high: number): number[] => {
  const rough = (high - low) / 5 || 1
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = size * (STEPS.find((one) => one * size >= rough) ?? 10)
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, n) => (first + n) * step)
}

const powers = (low: number, high: number): number[] => {
  const from = Math.floor(Math.log10(low))
  const to = Math.ceil(Math.log10(high))
  return Array.from({ length: to - from + 1 }, (_, n) => 10 ** (from + n))
}

/** From values to places on the page, from `start` to `end`. */
const scaleOf = (values: readonly number[], axis: Axis, start: number, end: number): Scale => {
  const seen = values.filter(Number.isFinite)
  if (axis.isLog === true) {
    const all = seen.filter((value) => value > 0)
    const least = Math.min(...all)
    const most = Math.max(...all)
    const found = powers(least, most)
    const ticks = axis.ticks ?? found
    const low = Math.log10(Math.min(least, ticks[0] ?? least))
    const high = Math.log10(Math.max(most, ticks.at(-1) ?? most))
    const at = (value: number): number =>
      start + ((Math.log10(value) - low) / (high - low || 1)) * (end - start)
    return { at, ticks }
  }
  const high = Math.max(...seen, 0)
  const at = (value: number): number => start + (value / (high || 1)) * (end - start)
  return { at, ticks: axis.ticks ?? evenTicks(0, high) }
}

export const linePlot = ({ title, x, y, series }: LinePlot): string => {
  const box = { left: 64, right: WIDTH - 190, top: 58, bottom: 340 }
  const points = series.flatMap((one) => one.points)
  const across = scaleOf(
    points.map((point) => point[0]),
    x,
    box.left,
    box.right,
  )
  const up = scaleOf(
    points.map((point) => point[1]),
    y,
    box.bottom,
    box.top,
  )
  const grid = [
    ...up.ticks.flatMap((tick) => [
      line(box.left, up.at(tick), box.right, up.at(tick)),
      text(box.left - 6, up.at(tick) + 4, shown(tick), 'text-anchor="end"'),
    ]),
    ...across.ticks.map((tick) =>
      text(across.at(tick), box.bottom + 18, shown(tick), 'text-anchor="middle"'),
    ),
    text((box.left + box.right) / 2, box.bottom + 38, x.label, 'text-anchor="middle"'),
    text(box.left, box.top - 8, y.label),
  ]
  const drawn = series.flatMap(({ name, points: own }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? OWN
    const path = own
      .map((point) => `${across.at(point[0]).toFixed(1)},${up.at(point[1]).toFixed(1)}`)
      .join(' ')
    const at = box.top + 16 * index
    const width = index === 0 ? 2.5 : 1.5
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"/>`,
      line(box.right + 14, at, box.right + 34, at, colour),
      text(box.right + 40, at + 4, name),
    ]
  })
  return svg(392, title, [...grid, ...drawn])
}

export const barPlot = ({ title, unit, isLog = false, bars }: BarPlot): string => {
  const left = 230
  const right = WIDTH - 80
  const values = bars.flatMap(({ value, spread }) => [value, ...(spread ?? [])])
  const bottom = 52 + bars.length * 28
  const scale = scaleOf(values, { label: unit, isLog }, left, right)
  const grid = scale.ticks.flatMap((tick) => [
    line(scale.at(tick), 44, scale.at(tick), bottom),
    text(scale.at(tick), bottom + 18, shown(tick), 'text-anchor="middle"'),
  ])
  const drawn = bars.flatMap(({ name, value, spread, isOwn = false }, index) => {
    const y = 52 + index * 28
    const width = Math.max(1, scale.at(value) - left)
    const whisker =
      spread === undefined
        ? []
        : [line(scale.at(spread[0]), y + 9, scale.at(spread[1]), y + 9, '#333')]
    const weight = isOwn ? 'font-weight="600"' : ''
    return [
      text(left - 8, y + 13, name, `text-anchor="end" ${weight}`),
      `<rect x="${left}" y="${y}" width="${width.toFixed(1)}" height="18" ` +
        `fill="${isOwn ? OWN : OTHER}"/>`,
      ...whisker,
      text(Math.max(scale.at(value), scale.at(spread?.[1] ?? value)) + 6, y + 13, shown(value)),
    ]
  })
  return svg(bottom + 46, title, [
    ...grid,
    ...drawn,
    text((left + right) / 2, bottom + 36, unit, 'text-anchor="middle"'),
  ])
}
