/**
 * Tables for a terminal that are Markdown at the same time, so that figures can be kept as they
 * are.
 */
export type Cell = string | number

const textOf = (cell: Cell): string =>
  typeof cell === 'number' ? cell.toLocaleString('en-US', { maximumFractionDigits: 1 }) : cell

/** Numbers stand to the right, as the first row has them. */
export const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const texts = [head, ...rows.map((row) => row.map(textOf))]
  const widths = head.map((_, at) => Math.max(3, ...texts.map((row) => row[at]?.length ?? 0)))
  const isNumber = head.map((_, at) => typeof rows[0]?.[at] === 'number')
  const pad = (text: string, at: number): string =>
    isNumber[at] === true ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)
  const line = (cells: readonly string[]): string => `| ${cells.map(pad).join(' | ')} |`
  const rule = widths.map((width, at) => `${'-'.repeat(width - 1)}${isNumber[at] ? ':' : '-'}`)
  const [first = [], ...others] = texts
  return [line(first), line(rule), ...others.map(line)].join('\n')
}
