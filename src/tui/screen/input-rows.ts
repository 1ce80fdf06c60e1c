/** The line that is being written, in as many rows as it needs, and where the cursor is. */
import type { Draft } from '../../view-model/model.ts'
import { plainText } from '../../view-model/plain-text.ts'
import { span, type Row } from './row.ts'
import { graphemesOf, widthOf } from './text.ts'

export interface InputView {
  readonly rows: readonly Row[]
  readonly cursor: { readonly x: number; readonly y: number }
}

const MAX_ROWS = 6

/** What a grapheme looks like here; control characters that somebody pasted take no room. */
const visible = (grapheme: string): string => plainText(grapheme)

export const inputView = (
  draft: Draft,
  prompt: string,
  width: number,
  maxRows = MAX_ROWS,
): InputView => {
  const indent = widthOf(prompt)
  const room = Math.max(4, width - indent)
  const lines: string[] = ['']
  let used = 0
  let at = 0
  let cursor = { x: 0, y: 0 }
  const nextLine = (): void => {
    lines.push('')
    used = 0
  }
  const note = (): void => {
    if (at === draft.cursor) cursor = { x: used, y: lines.length - 1 }
  }
  for (const grapheme of graphemesOf(draft.text)) {
    const isBreak = grapheme === '\n' || grapheme === '\r\n'
    const shown = isBreak ? '' : visible(grapheme)
    if (used + widthOf(shown) > room) nextLine()
    note()
    if (isBreak) nextLine()
    lines[lines.length - 1] += shown
    used += widthOf(shown)
    at += grapheme.length
  }
  if (used >= room) nextLine()
  note()
  const from = Math.max(0, Math.min(cursor.y - maxRows + 1, lines.length - maxRows))
  const rows = lines
    .slice(from, from + maxRows)
    .map((line, index): Row => [
      index + from === 0 ? span(prompt, 'accent') : span(' '.repeat(indent)),
      span(line),
    ])
  return { rows, cursor: { x: indent + cursor.x, y: cursor.y - from } }
}
