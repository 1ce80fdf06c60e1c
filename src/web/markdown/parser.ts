/**
 * The subset of Markdown that messages have: emphasis, code, quotes, lists and links. No markup,
 * no images, no headings, no tables, and links go to the web, to mail and to networks only.
 */
import MarkdownIt, { type Token } from 'markdown-it'

const RULES = [
  'text',
  'newline',
  'escape',
  'backticks',
  'strikethrough',
  'emphasis',
  'link',
  'autolink',
  'linkify',
  'balance_pairs',
  'fragments_join',
  'fence',
  'blockquote',
  'list',
  'paragraph',
  'text_join',
  'normalize',
  'block',
  'inline',
]

/** Longer texts are shown as they are: nobody formats a book in a chat. */
export const MAX_FORMATTED = 8_000

const SAFE = /^(https?:\/\/|mailto:|parley:\/\/)/i

export const isSafeTarget = (target: string): boolean => SAFE.test(target)

const parser = new MarkdownIt('zero', { html: false, linkify: true, breaks: true, maxNesting: 12 })
parser.enable(RULES, true)
parser.validateLink = isSafeTarget
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false })

/** Tokens of a text that has been made plain. */
export const tokensOf = (text: string): readonly Token[] => parser.parse(text, {})
