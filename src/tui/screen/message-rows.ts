/** One thing of a conversation as rows: a message, what happened, a line between. */
import type { Item } from '../../view-model/items.ts'
import type { Happening, PendingMessage } from '../../view-model/model.ts'
import { plainLine, plainText } from '../../view-model/plain-text.ts'
import { saidOf, type Said } from '../../view-model/said.ts'
import { deliveryMark, happeningText, pendingMark, unreadText } from '../../view-model/words.ts'
import { clock } from '../../chat/clock.ts'
import { row, span, type Row, type Span } from './row.ts'
import { cutTo, padStart, widthOf, wrapText } from './text.ts'
import { nameLook, type Look } from './theme.ts'

type MessageItem = Extract<Item, { readonly kind: 'message' }>

const TIME_WIDTH = 5
const WIDE = 90
/** On narrow screens names give way to what is said. */
export const nameWidth = (width: number): number => (width >= WIDE ? 14 : 9)

/** Columns before the text: time, name, and the line between. */
const leftWidth = (width: number): number => TIME_WIDTH + 1 + nameWidth(width) + 3

interface Words {
  readonly time: string
  readonly name: Span
  /** Between name and text; a mention has its own sign there. */
  readonly sign: Span
  readonly text: string
  readonly look: Look
  /** A line before the text, and one below it. */
  readonly quote?: string | null
  readonly below?: string
  readonly mark: Span | null
  readonly isSelected: boolean
}

/** Rows of something said; the mark stands at its end, or below where there is no room. */
const saidRows = (said: Words, width: number): readonly Row[] => {
  const textWidth = Math.max(4, width - leftWidth(width))
  const { quote = null, below = '', mark } = said
  const blank = ' '.repeat(leftWidth(width) - 3)
  const pointer = said.isSelected ? span('▸', 'mention') : span(' ')
  const lines = wrapText(said.text, textWidth).map((line) => [span(line, said.look)])
  const last = lines.at(-1)
  if (mark !== null && last !== undefined) {
    const used = last.reduce((sum, { text }) => sum + widthOf(text), 0)
    if (used + 2 + widthOf(mark.text) <= textWidth) last.push(span('  '), mark)
    else lines.push([mark])
  }
  if (quote !== null) lines.unshift([span(cutTo(quote, textWidth), 'dim')])
  for (const line of below === '' ? [] : wrapText(below, textWidth)) lines.push([span(line, 'dim')])
  return lines.map((line, index): Row => {
    const start =
      index === 0 ? [span(`${said.time.padEnd(TIME_WIDTH)} `, 'dim'), said.name] : [span(blank)]
    return [...start, pointer, said.sign, span(' '), ...line]
  })
}

/** How it stands with it: own ones say how widely they are stored, and edited ones that they are. */
const markOf = ({ message, isOwn }: MessageItem, { kind, isEdited }: Said): Span | null => {
  // A remark is quiet once all have it; of what was taken back it says itself how many were asked.
  const isTold = message.missing.length === 0 || message.deleted !== undefined
  if (kind === 'note' && (isTold || message.kind === 'delete')) return null
  const edited = isEdited ? '(edited)' : ''
  if (!isOwn) return isEdited ? span(edited, 'dim') : null
  const text = `${edited} ${deliveryMark(message)}`.trim()
  return span(text, message.missing.length > 0 ? 'warning' : 'dim')
}

export interface MessageLook {
  readonly isSelected: boolean
  /** It speaks to the one who reads it. */
  readonly isMention: boolean
}

export const messageRows = (
  item: MessageItem,
  width: number,
  { isSelected, isMention }: MessageLook,
): readonly Row[] => {
  const { message, isContinued, isIgnored } = item
  const { author, sentAt } = message
  const said = saidOf(message)
  const label = said.kind === 'text' ? plainLine(author.name) : said.kind === 'action' ? '*' : '–'
  const isQuiet = isIgnored || said.kind === 'note'
  return saidRows(
    {
      time: isContinued ? '' : clock(sentAt),
      name: span(
        padStart(isContinued ? '' : label, nameWidth(width)),
        said.kind === 'note' ? 'dim' : item.isOwn ? 'bold' : nameLook(author.id),
      ),
      sign: isMention ? span('@', 'mention') : span('│', 'dim'),
      text: isIgnored ? '(ignored)' : said.text,
      look: isQuiet ? 'dim' : isMention ? 'bold' : 'plain',
      quote: isIgnored ? null : said.quote,
      below: isIgnored ? '' : said.reactions,
      mark: isIgnored ? null : markOf(item, said),
      isSelected,
    },
    width,
  )
}

export const pendingRows = (
  pending: PendingMessage,
  name: string,
  width: number,
): readonly Row[] => {
  const isFailed = pending.state === 'failed'
  return saidRows(
    {
      time: '',
      name: span(padStart(plainLine(name), nameWidth(width)), 'dim'),
      sign: span('│', 'dim'),
      text: plainText(pending.text),
      look: isFailed ? 'error' : 'dim',
      mark: span(pendingMark(pending), isFailed ? 'error' : 'warning'),
      isSelected: false,
    },
    width,
  )
}

const looksOf = (what: Happening): readonly [string, Look] => {
  switch (what.kind) {
    case 'split':
    case 'removed':
    case 'fault':
    case 'no-effect':
    case 'two-stories':
      return ['!', 'error']
    case 'merge':
    case 'caught-up':
      return ['⇄', 'accent']
    case 'whole':
    case 'recovered':
      return ['✓', 'good']
    default:
      return ['–', 'dim']
  }
}

/** What happened: one quiet line, or more where it does not fit. */
export const markRows = (what: Happening, width: number): readonly Row[] => {
  const [sign, look] = looksOf(what)
  const text = wrapText(happeningText(what, clock), Math.max(8, width - 4))
  return text.map((line, index) => row(` ${index === 0 ? sign : ' '} ${line}`, look))
}

/** A line across, with words in it. */
export const ruleRow = (words: string, width: number, look: Look): Row => {
  const text = ` ${words} `
  const left = 3
  const right = Math.max(0, width - left - widthOf(text))
  return row(`${'─'.repeat(left)}${text}${'─'.repeat(right)}`, look)
}

export const unreadRow = (count: number, width: number): Row =>
  ruleRow(unreadText(count), width, 'mention')
