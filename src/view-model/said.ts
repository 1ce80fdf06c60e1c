/** What a message comes to, in words, for every face. */
import type { MessageView } from '../node/api.ts'
import { plainLine, plainText } from './plain-text.ts'

export interface Said {
  /** Text by its author; what they do (`alice waves`); or a quiet remark about what they did. */
  readonly kind: 'text' | 'action' | 'note'
  /** Without anything that a terminal could act on. An action and a note begin with the name. */
  readonly text: string
  /** The message that it replies to, in one line; null if it is no reply. */
  readonly quote: string | null
  readonly isEdited: boolean
  /** `👍 2 🎉`; '' if there are none. */
  readonly reactions: string
}

/** The text of `/me …`; null for any other message. */
export const actionText = (text: string): string | null =>
  text.startsWith('/me ') ? text.slice('/me '.length) : null

const placeOf = ({ about }: MessageView): string =>
  about === undefined || about.position === null ? 'a message' : `#${about.position}`

/** `asked 4/5 to hide it`: the history keeps it, and whoever shows it is asked not to. */
const askedText = ({ storedBy, of }: { readonly storedBy: number; readonly of: number }): string =>
  of <= 1 ? '' : ` (asked ${storedBy}/${of} to hide it)`

/** What it is about is told with its first words. */
const withExcerpt = (message: MessageView): string => {
  const excerpt = plainLine(message.about?.text ?? '')
  return excerpt === '' ? placeOf(message) : `${placeOf(message)}: ${excerpt}`
}

/** A remark instead of a text; null for what has a text of its own. */
const noteOf = (message: MessageView): string | null => {
  const { kind, text, deleted } = message
  if (deleted !== undefined) return `took this back${askedText(deleted)}`
  if (kind === undefined || kind === 'reply') return null
  if (kind === 'other') return 'said something that this version cannot show'
  if (message.void === true) return `wanted to change ${placeOf(message)}, which is not theirs`
  if (kind === 'delete') return `took back ${placeOf(message)}${askedText(message)}`
  if (kind === 'reaction')
    return text === ''
      ? `took back the reaction to ${withExcerpt(message)}`
      : `${plainLine(text)} to ${withExcerpt(message)}`
  return text === ''
    ? `edited ${placeOf(message)}`
    : `edited ${placeOf(message)}: ${plainText(text)}`
}

const quoteOf = ({ kind, about }: MessageView): string | null => {
  if (kind !== 'reply' || about === undefined) return null
  const name = plainLine(about.author.name)
  const action = actionText(about.text)
  if (action !== null) return `↪ ${name} ${plainLine(action)}`
  const words = plainLine(about.text)
  return `↪ ${name}: ${words === '' ? '(not to be shown)' : words}`
}

export const reactionsText = ({ reactions = [] }: Pick<MessageView, 'reactions'>): string =>
  reactions
    .map(({ text, by }) => plainLine(text) + (by.length > 1 ? ` ${by.length}` : ''))
    .join('  ')

export const saidOf = (message: MessageView): Said => {
  const name = plainLine(message.author.name)
  const note = noteOf(message)
  const action = actionText(message.text)
  const isText = note === null && action === null
  return {
    kind: note !== null ? 'note' : isText ? 'text' : 'action',
    text: isText ? plainText(message.text) : `${name} ${note ?? plainText(action ?? '')}`,
    quote: note === null ? quoteOf(message) : null,
    isEdited: note === null && message.edited === true,
    reactions: reactionsText(message),
  }
}

/** What stands under its author's name like the text before it. */
export const isPlainSaid = ({ kind, deleted, text }: MessageView): boolean =>
  (kind === undefined || kind === 'reply') && deleted === undefined && actionText(text) === null
