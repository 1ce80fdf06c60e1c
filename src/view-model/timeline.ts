/** The window of a network's messages: what comes at its end, in its middle, before and after it. */
import { amended } from '../core/amended.ts'
import type { MessageView } from '../node/api.ts'
import {
  MAX_MARKS,
  WINDOW_CHARS,
  WINDOW_KEPT,
  WINDOW_MAX,
  type Happening,
  type Mark,
  type Timeline,
} from './model.ts'

export const firstPosition = ({ messages }: Timeline): number => messages[0]?.position ?? 0
export const lastPosition = ({ messages }: Timeline): number => messages.at(-1)?.position ?? 0

/** Whether the window ends with the newest message that there is. */
export const isAtEnd = (timeline: Timeline): boolean => lastPosition(timeline) === timeline.newest

export const messageAt = (timeline: Timeline, position: number): MessageView | null =>
  timeline.messages[position - firstPosition(timeline)] ?? null

/** How many messages from one end are within the limits of a window, which has one at least. */
const fitting = (messages: readonly MessageView[], fromEnd: boolean): number => {
  let chars = 0
  for (let count = 0; count < Math.min(messages.length, WINDOW_KEPT); count += 1) {
    const index = fromEnd ? messages.length - 1 - count : count
    chars += messages[index]?.text.length ?? 0
    if (chars > WINDOW_CHARS) return Math.max(1, count)
  }
  return WINDOW_KEPT
}

const isTooMuch = (messages: readonly MessageView[]): boolean =>
  messages.length > WINDOW_MAX ||
  messages.reduce((sum, { text }) => sum + text.length, 0) > WINDOW_CHARS

/** Cuts a window that has grown too long, keeping the end that people look at. */
const cut = (messages: readonly MessageView[], keep: 'start' | 'end'): readonly MessageView[] => {
  if (!isTooMuch(messages)) return messages
  const count = fitting(messages, keep === 'end')
  return keep === 'end' ? messages.slice(-count) : messages.slice(0, count)
}

/** Marks that have a message of the window beside them. */
const withMarks = (timeline: Timeline): Timeline => {
  const [first, last] = [firstPosition(timeline), lastPosition(timeline)]
  const isInside = ({ after }: Mark): boolean =>
    after >= first - 1 && (after <= last || after >= timeline.newest)
  const marks = timeline.marks.every(isInside) ? timeline.marks : timeline.marks.filter(isInside)
  return { ...timeline, marks }
}

/** Shows other messages as this one wants them shown. */
const amend = (messages: MessageView[], by: MessageView): void => {
  if (by.kind === undefined || by.about === undefined) return
  for (const [index, one] of messages.entries()) messages[index] = amended(one, by)
}

/**
 * Puts in messages as the stream brings them. One that is here already is replaced; one that joins
 * the end extends the window if people are there (`follows`), or else only counts.
 */
export const putIn = (
  timeline: Timeline,
  added: readonly MessageView[],
  follows: boolean,
): Timeline => {
  if (added.length === 0) return timeline
  const messages = [...timeline.messages]
  // Whoever reads further up is not to lose what is before them, nor to gather all that comes.
  const isOpen = follows || !isTooMuch(messages)
  const mayGrow = (): boolean => follows || (isOpen && messages.length < WINDOW_MAX)
  let newest = timeline.newest
  for (const message of added) {
    const { position } = message
    const first = messages[0]?.position ?? position
    const next = first + messages.length
    const known = messages[position - first]
    if (known !== undefined) messages[position - first] = message
    else if (position === next && mayGrow() && (follows || newest === next - 1))
      messages.push(message)
    else if (position > next && follows) {
      // Something was left out, which only a stream that began anew does: go on from here.
      messages.length = 0
      messages.push(message)
    }
    newest = Math.max(newest, position)
    // Of what was here before, only a deletion has more to tell: how many were asked.
    if (known?.id !== message.id || message.kind === 'delete') amend(messages, message)
  }
  return withMarks({ ...timeline, messages: follows ? cut(messages, 'end') : messages, newest })
}

/** A page that was asked for: joined to the window where it fits, or instead of it. */
export const putPage = (timeline: Timeline, page: readonly MessageView[]): Timeline => {
  const [start, end] = [page[0], page.at(-1)]
  if (start === undefined || end === undefined) return { ...timeline, loading: null }
  const { messages } = timeline
  const [first, last] = [firstPosition(timeline), lastPosition(timeline)]
  const newest = Math.max(timeline.newest, end.position)
  const isJoined = messages.length > 0 && start.position <= last + 1 && end.position >= first - 1
  if (!isJoined) return withMarks({ ...timeline, messages: page, newest, loading: null })
  const before = messages.filter(({ position }) => position < start.position)
  const after = messages.filter(({ position }) => position > end.position)
  const joined = [...before, ...page, ...after]
  const kept = cut(joined, start.position < first ? 'start' : 'end')
  return withMarks({ ...timeline, messages: kept, newest, loading: null })
}

/** Newer knowledge of messages that are here; others are left alone. */
export const refresh = (timeline: Timeline, news: readonly MessageView[]): Timeline => {
  const known = news.filter((message) => messageAt(timeline, message.position)?.id === message.id)
  return known.length === 0 ? timeline : putIn(timeline, known, false)
}

/** A merge moved everything from this position on; it comes again in its new places. */
export const dropFrom = (timeline: Timeline, position: number): Timeline => ({
  ...timeline,
  messages: timeline.messages.filter((message) => message.position < position),
  marks: timeline.marks.map((mark) =>
    mark.after >= position ? { ...mark, after: position - 1 } : mark,
  ),
  newest: Math.min(timeline.newest, position - 1),
})

/** Who is in both lists has come and gone, or gone and come: nothing to tell. */
const foldMembers = (
  before: Extract<Happening, { readonly kind: 'members' }>,
  now: Extract<Happening, { readonly kind: 'members' }>,
): Happening => {
  const has = (list: typeof now.came, id: string): boolean => list.some((who) => who.id === id)
  const came = [...before.came, ...now.came.filter(({ id }) => !has(before.went, id))]
  const went = [...before.went, ...now.went.filter(({ id }) => !has(before.came, id))]
  return {
    kind: 'members',
    came: came.filter(({ id }) => !has(now.went, id)),
    went: went.filter(({ id }) => !has(now.came, id)),
  }
}

/** Adds what happened. Comings and goings, and leaders, between two messages become one line each. */
export const addMark = (
  timeline: Timeline,
  what: Happening,
  after: number,
  atMs: number,
): Timeline => {
  const key = Math.max(0, ...timeline.marks.map((mark) => mark.key)) + 1
  const isFoldable = what.kind === 'members' || what.kind === 'leader'
  const before = isFoldable
    ? timeline.marks.find((mark) => mark.after === after && mark.what.kind === what.kind)
    : undefined
  if (before === undefined) {
    const marks = [...timeline.marks, { key, after, atMs, what }]
    const ordered = marks.toSorted((a, b) => a.after - b.after || a.key - b.key)
    return { ...timeline, marks: ordered.slice(-MAX_MARKS) }
  }
  const folded =
    before.what.kind === 'members' && what.kind === 'members'
      ? foldMembers(before.what, what)
      : what
  const isNothing =
    folded.kind === 'members' && folded.came.length === 0 && folded.went.length === 0
  const marks = timeline.marks.flatMap((mark) => {
    if (mark !== before) return [mark]
    return isNothing ? [] : [{ ...mark, atMs, what: folded }]
  })
  return { ...timeline, marks }
}
