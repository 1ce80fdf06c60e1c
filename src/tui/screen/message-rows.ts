/** One thing of a conversation as rows: a message, what happened, a line between. */
import { actionText, type Item } from '../../view-model/items.ts'
import type { Happening, PendingMessage } from '../../view-model/model.ts'
import { plainLine, plainText } from '../../view-model/plain-text.ts'
import { deliveryMark, happeningText, pendingMark, unreadText } from '../../view-model/words.ts'
import { clock } from './clock.ts'
import { row, span, type Row, type Span } from './row.ts'
import { padStart, widthOf, wrapText } from './text.ts'
import { nameLook, type Look } from './theme.ts'

type MessageItem = Extract<Item, { readonly kind: 'message' }>

const TIME_WIDTH = 5
const WIDE = 90
/** On narrow screens names give way to what is said. */
export const nameWidth = (width: number): number => (width >= WIDE ? 14 : 9)

/** Columns before the text: time, name, and the line between. */
const leftWidth = (width: number): number => TIME_WIDTH + 1 + nameWidth(width) + 3

interface Said {
  readonly time: string
  readonly name: Span
  /** Between name and text; a mention has its own sign there. */
  readonly sign: Span
  readonly text: string
  readonly look: Look
  readonly mark: Span | null
  readonly isSelected: boolean
}

/** Rows of something said; the mark stands at its end, or below where there is no room. */
const saidRows = (said: Said, width: number): readonly Row[] => {
  const textWidth = Math.max(4, width - leftWidth(width))
  const lines = wrapText(said.text, textWidth)
  const blank = ' '.repeat(leftWidth(width) - 3)
  const pointer = said.isSelected ? span('▸', 'mention') : span(' ')
  const rows = lines.map((line, index): Row => {
    const start =
      index === 0 ? [span(`${said.time.padEnd(TIME_WIDTH)} `, 'dim'), said.name] : [span(blank)]
    return [...start, pointer, said.sign, span(' '), span(line, said.look)]
  })
  const { mark } = said
  if (mark === null) return rows
  const last = lines.at(-1) ?? ''
  if (widthOf(last) + 2 + widthOf(mark.text) <= textWidth)
    return [...rows.slice(0, -1), [...(rows.at(-1) ?? []), span('  '), mark]]
  return [...rows, [span(blank), pointer, said.sign, span(' '), mark]]
}

const ownMark = ({ message, isOwn }: MessageItem): Span | null =>
  isOwn ? span(deliveryMark(message), message.missing.length > 0 ? 'warning' : 'dim') : null

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
  const { author, text, sentAt } = message
  const action = actionText(text)
  const name = plainLine(author.name)
  const shown = isContinued ? '' : action === null ? name : '*'
  const said = action === null ? plainText(text) : `${name} ${plainText(action)}`
  return saidRows(
    {
      time: isContinued ? '' : clock(sentAt),
      name: span(padStart(shown, nameWidth(width)), item.isOwn ? 'bold' : nameLook(author.id)),
      sign: isMention ? span('@', 'mention') : span('│', 'dim'),
      text: isIgnored ? '(ignored)' : said,
      look: isIgnored ? 'dim' : isMention ? 'bold' : 'plain',
      mark: ownMark(item),
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
