/**
 * Text as words to search for. FTS5 splits at spaces and punctuation, which finds nothing inside a
 * Chinese, Japanese or Thai sentence; such text is split by the rules of its language first.
 */

/** Scripts that are written without spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

let segmenter: Intl.Segmenter | null = null

const segment = (text: string): string => {
  // Made once and only where it is needed: making one takes milliseconds. Locale 'und' so that all
  // nodes and both sides of a search split alike.
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' })
  const parts: string[] = []
  for (const part of segmenter.segment(text)) parts.push(part.segment)
  return parts.join(' ')
}

/** The text as it goes into an index: words separated by anything but letters and digits. */
export const indexedText = (text: string): string => (unspaced.test(text) ? segment(text) : text)

/** Characters that FTS5's unicode61 tokenizer takes as part of a word. */
const notWord = /[^\p{L}\p{N}\p{Co}]+/u
const marks = /\p{M}+/gu

/** Words without case and accents, in order. */
export const searchWords = (text: string): readonly string[] =>
  indexedText(text)
    .normalize('NFD')
    .replace(marks, '')
    .toLowerCase()
    .split(notWord)
    .filter((word) => word !== '')
