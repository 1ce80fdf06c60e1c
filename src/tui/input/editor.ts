/** A line, or several, being edited by the keys that shells have. Pure. */
import type { Draft } from '../../view-model/model.ts'
import { graphemesOf } from '../screen/text.ts'
import type { KeyPress } from './keys.ts'

export interface Edited {
  readonly draft: Draft
  /** What was cut last, for Ctrl-Y. */
  readonly cut: string
}

export const emptyDraft: Draft = { text: '', cursor: 0 }
export const draftOf = (text: string): Draft => ({ text, cursor: text.length })

const before = ({ text, cursor }: Draft): string => text.slice(0, cursor)
const after = ({ text, cursor }: Draft): string => text.slice(cursor)

const back = (draft: Draft): number =>
  draft.cursor - (graphemesOf(before(draft)).at(-1)?.length ?? 0)
const forth = (draft: Draft): number => draft.cursor + (graphemesOf(after(draft))[0]?.length ?? 0)

/** Beginning of the word before the cursor; what is a word is for the shells: no space in it. */
const wordBack = (draft: Draft): number => before(draft).replace(/\S+\s*$/, '').length
const wordForth = (draft: Draft): number =>
  draft.text.length - after(draft).replace(/^\s*\S+/, '').length

const lineStart = (draft: Draft): number => before(draft).lastIndexOf('\n') + 1
const lineEnd = ({ text, cursor }: Draft): number => {
  const end = text.indexOf('\n', cursor)
  return end < 0 ? text.length : end
}

export const insert = (draft: Draft, text: string): Draft => ({
  text: before(draft) + text + after(draft),
  cursor: draft.cursor + text.length,
})

const without = ({ text }: Draft, from: number, to: number): Draft => ({
  text: text.slice(0, from) + text.slice(to),
  cursor: from,
})

/** The same place in the line above or below; null if there is none. */
const vertical = (draft: Draft, step: -1 | 1): number | null => {
  const start = lineStart(draft)
  const column = graphemesOf(draft.text.slice(start, draft.cursor)).length
  const otherStart = step < 0 ? lineStart({ ...draft, cursor: start - 1 }) : lineEnd(draft) + 1
  if (step < 0 ? start === 0 : otherStart > draft.text.length) return null
  const line = draft.text.slice(otherStart, lineEnd({ ...draft, cursor: otherStart }))
  return otherStart + graphemesOf(line).slice(0, column).join('').length
}

const moveTo = (draft: Draft, key: KeyPress): number | null => {
  const { name, ctrl, alt } = key
  const isByWord = ctrl || alt
  if (name === 'left') return isByWord ? wordBack(draft) : back(draft)
  if (name === 'right') return isByWord ? wordForth(draft) : forth(draft)
  if (name === 'home' && !ctrl) return lineStart(draft)
  if (name === 'end' && !ctrl) return lineEnd(draft)
  if (name === 'up' && !isByWord) return vertical(draft, -1)
  if (name === 'down' && !isByWord) return vertical(draft, 1)
  if (ctrl && name === 'a') return lineStart(draft)
  if (ctrl && name === 'e') return lineEnd(draft)
  if (ctrl && name === 'b') return back(draft)
  if (ctrl && name === 'f') return forth(draft)
  if (alt && name === 'b') return wordBack(draft)
  if (alt && name === 'f') return wordForth(draft)
  return null
}

/** From where to where a key cuts; null if it cuts nothing. */
const cutBy = (draft: Draft, { name, ctrl, alt }: KeyPress): readonly [number, number] | null => {
  const { cursor } = draft
  if (ctrl && name === 'u') return [lineStart(draft), cursor]
  if (ctrl && name === 'k') return [cursor, lineEnd(draft)]
  if (ctrl && name === 'w') return [wordBack(draft), cursor]
  if (alt && name === 'backspace') return [wordBack(draft), cursor]
  if (alt && name === 'd') return [cursor, wordForth(draft)]
  return null
}

/** What a key makes of the draft; null if it is no key for editing. */
export const edit = ({ draft, cut }: Edited, key: KeyPress): Edited | null => {
  const { name, ctrl, alt, shift } = key
  if (shift && name !== 'backspace') return null
  const to = moveTo(draft, key)
  if (to !== null) return { draft: { ...draft, cursor: to }, cut }
  const range = cutBy(draft, key)
  if (range !== null) {
    const text = draft.text.slice(...range)
    return { draft: without(draft, ...range), cut: text === '' ? cut : text }
  }
  if (name === 'backspace') return { draft: without(draft, back(draft), draft.cursor), cut }
  if (name === 'delete') return { draft: without(draft, draft.cursor, forth(draft)), cut }
  if (ctrl && name === 'd' && draft.text !== '')
    return { draft: without(draft, draft.cursor, forth(draft)), cut }
  if (ctrl && name === 'y') return { draft: insert(draft, cut), cut }
  if ((alt && name === 'enter') || (ctrl && name === 'j'))
    return { draft: insert(draft, '\n'), cut }
  return null
}
