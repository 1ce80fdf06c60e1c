/**
 * Text as words to search for. Both sides of a search pass through here, and FTS5's tokenizer is
 * set so that it takes the result as it is. On its own it would find nothing inside a Chinese,
 * Japanese or Thai sentence, which has no spaces; such text is split by the rules of its language
 * first.
 */

const scripts = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
const unspaced = new RegExp(`[${scripts.map((one) => `\\p{Script=${one}}`).join('')}]`, 'u')

let segmenter: Intl.Segmenter | null = null

const segment = (text: string): string => {
  // Made where it is first needed, because that takes milliseconds. No locale, so that what was
  // indexed under one is found under another.
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' })
  const parts: string[] = []
  for (const part of segmenter.segment(text)) parts.push(part.segment)
  return parts.join(' ')
}

const notWord = /[^\p{L}\p{N}\p{Co}\p{M}]+/u
/** Accents of Latin, Greek and Cyrillic letters; in other scripts marks are vowels and stay. */
const accents = /[\u0300-\u036f]+/gu

/** Words in order, without case and accents. */
export const searchWords = (text: string): readonly string[] =>
  (unspaced.test(text) ? segment(text) : text)
    .toLowerCase()
    .normalize('NFD')
    .replace(accents, '')
    .normalize('NFC')
    .split(notWord)
    .filter((word) => word !== '')

const beyondAscii = /[^\0-\x7f]/

/** The text for the index. ASCII goes in as it is: there the tokenizer's own rules are the same. */
export const indexedText = (text: string): string =>
  beyondAscii.test(text) ? searchWords(text).join(' ') : text

/** A query in FTS5's language: all words, the last perhaps incomplete; '' if there are none. */
export const matchQuery = (query: string): string => {
  const quoted = searchWords(query).map((word) => `"${word}"`)
  return quoted.length === 0 ? '' : `${quoted.join(' ')}*`
}

/** Whether a text has all words of a query, the last perhaps incomplete; none are in no text. */
export const isFound = (text: string, query: string): boolean => {
  const words = searchWords(query)
  const last = words.at(-1)
  if (last === undefined) return false
  const has = new Set(searchWords(text))
  const matches = words.slice(0, -1).every((word) => has.has(word))
  return matches && [...has].some((word) => word.startsWith(last))
}
