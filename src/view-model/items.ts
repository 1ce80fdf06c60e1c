/** What a conversation consists of, from top to bottom, before anybody has decided how it looks. */
import type { MessageView } from '../node/api.ts'
import type { Mark, Model, NetworkModel, PendingMessage } from './model.ts'
import { isPlainSaid } from './said.ts'
import { firstPosition, isAtEnd } from './timeline.ts'

export type Item =
  /** Where the history begins. */
  | { readonly kind: 'beginning' }
  | {
      readonly kind: 'message'
      readonly message: MessageView
      readonly isOwn: boolean
      readonly isIgnored: boolean
      /** The one before is by the same author and not much older. */
      readonly isContinued: boolean
    }
  | { readonly kind: 'unread'; readonly count: number; readonly after: number }
  | { readonly kind: 'mark'; readonly mark: Mark }
  | { readonly kind: 'pending'; readonly pending: PendingMessage }

/** Messages of one author that are this close belong together. */
const TOGETHER_MS = 5 * 60_000

const sinceMs = (earlier: string, later: string): number => isoMs(later) - isoMs(earlier)

/** Milliseconds within a month or so: enough to compare times that are close. */
const isoMs = (iso: string): number => {
  const [, days = '', hours = '', minutes = '', seconds = ''] =
    /^\d+-\d+-(\d+)T(\d+):(\d+):(\d+)/.exec(iso) ?? []
  return (
    (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  )
}

/** `2026-11-22T14:02` of an ISO time. */
const minuteOf = (iso: string): string => iso.slice(0, 16)

const isTogether = (before: MessageView, message: MessageView): boolean => {
  if (before.author.id !== message.author.id) return false
  if (!isPlainSaid(before) || !isPlainSaid(message) || message.kind === 'reply') return false
  // Most often, and quickly told.
  if (minuteOf(before.sentAt) === minuteOf(message.sentAt)) return true
  const ms = sinceMs(before.sentAt, message.sentAt)
  return ms >= 0 && ms < TOGETHER_MS
}

/** All items of a network's window. */
export const itemsOf = (model: Model, network: NetworkModel): readonly Item[] => {
  const { timeline, unreadAfter, pending } = network
  const items: Item[] = []
  const marks = [...timeline.marks]
  const takeMarks = (upTo: number): boolean => {
    let isAny = false
    for (let next = marks[0]; next !== undefined && next.after <= upTo; next = marks[0]) {
      marks.shift()
      items.push({ kind: 'mark', mark: next })
      isAny = true
    }
    return isAny
  }
  const first = firstPosition(timeline)
  if (first <= 1) items.push({ kind: 'beginning' })
  let before: MessageView | null = null
  for (const message of timeline.messages) {
    let isApart = takeMarks(message.position - 1)
    if (unreadAfter === message.position - 1) {
      items.push({ kind: 'unread', count: timeline.newest - unreadAfter, after: unreadAfter })
      isApart = true
    }
    items.push({
      kind: 'message',
      message,
      isOwn: message.author.id === model.self.id,
      isIgnored: message.folded === true || model.ignored.includes(message.author.id),
      isContinued: !isApart && before !== null && isTogether(before, message),
    })
    before = message
  }
  if (isAtEnd(timeline) || timeline.messages.length === 0) {
    takeMarks(Number.MAX_SAFE_INTEGER)
    for (const one of pending) items.push({ kind: 'pending', pending: one })
  }
  return items
}
