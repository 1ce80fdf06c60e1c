/** How much room text takes, and how it is cut: by graphemes, as people see characters. */
import stringWidth from 'string-width'

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const PLAIN = /^[\x20-\x7e]*$/

/** Characters as people see them: an emoji family is one, a letter with its accents is one. */
export const graphemesOf = (text: string): readonly string[] =>
  PLAIN.test(text) ? Array.from(text) : Array.from(segmenter.segment(text), (one) => one.segment)

/** Columns that a text takes. */
export const widthOf = (text: string): number =>
  PLAIN.test(text) ? text.length : stringWidth(text)

/** The text, or as much as fits with `…` at its end. */
export const cutTo = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text
  if (width <= 0) return ''
  let kept = ''
  let used = 1
  for (const grapheme of graphemesOf(text)) {
    const next = widthOf(grapheme)
    if (used + next > width) break
    kept += grapheme
    used += next
  }
  return `${kept}…`
}

const room = (text: string, width: number): string => ' '.repeat(Math.max(0, width - widthOf(text)))

/** Exactly so wide, the text at the left or at the right. */
export const padEnd = (text: string, width: number): string => {
  const cut = cutTo(text, width)
  return cut + room(cut, width)
}
export const padStart = (text: string, width: number): string => {
  const cut = cutTo(text, width)
  return room(cut, width) + cut
}

/** One paragraph in lines; spaces at breaks go, words that are too long are broken. */
const wrapParagraph = (paragraph: string, width: number): readonly string[] => {
  if (widthOf(paragraph) <= width) return [paragraph]
  const lines: string[] = []
  let line = ''
  let used = 0
  // Where the line may be broken: after its last space, or beside a wide character.
  let breakAt = 0
  for (const grapheme of graphemesOf(paragraph)) {
    const next = widthOf(grapheme)
    const isSpace = grapheme === ' '
    if (used + next > width && !isSpace) {
      const [full, rest] = breakAt > 0 ? [line.slice(0, breakAt), line.slice(breakAt)] : [line, '']
      lines.push(full.trimEnd())
      line = rest
      used = widthOf(rest)
      breakAt = 0
    }
    if (next > 1) breakAt = line.length
    line += grapheme
    used += next
    if (isSpace || next > 1) breakAt = line.length
  }
  lines.push(line.trimEnd())
  return lines
}

/** The text in lines that are at most so wide; there is always one. */
export const wrapText = (text: string, width: number): readonly string[] =>
  text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, Math.max(2, width)))
