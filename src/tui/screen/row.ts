/** A row of the screen: pieces of text, each with its look. */
import type { Look, Paint } from './theme.ts'
import { cutTo, widthOf } from './text.ts'

export interface Span {
  readonly text: string
  readonly look: Look
}
export type Row = readonly Span[]

export const span = (text: string, look: Look = 'plain'): Span => ({ text, look })
export const row = (text: string, look: Look = 'plain'): Row => [{ text, look }]
export const emptyRow: Row = []

export const rowWidth = (row: Row): number => row.reduce((sum, { text }) => sum + widthOf(text), 0)

/** The row, or as much of it as fits. */
export const fitRow = (row: Row, width: number): Row => {
  if (rowWidth(row) <= width) return row
  const kept: Span[] = []
  let left = width
  for (const { text, look } of row) {
    const cut = cutTo(text, left)
    if (cut !== '') kept.push({ text: cut, look })
    left -= widthOf(cut)
    if (cut !== text) break
  }
  return kept
}

/** The row in the look of a bar, exactly so wide. */
export const barRow = (row: Row, width: number, look: Look): Row => {
  const fitted = fitRow(row, width)
  const text = fitted.map((one) => one.text).join('')
  return [{ text: text + ' '.repeat(Math.max(0, width - widthOf(text))), look }]
}

/** Rows to the height: cut at the end, or filled up with empty ones. */
export const fill = (rows: readonly Row[], height: number): readonly Row[] =>
  rows.length >= height
    ? rows.slice(0, height)
    : [...rows, ...Array.from({ length: height - rows.length }, () => emptyRow)]

export const paintRow = (row: Row, paint: Paint): string =>
  row.map(({ text, look }) => paint(look, text)).join('')

/** What a row says, without any looks. */
export const rowText = (row: Row): string => row.map(({ text }) => text).join('')
