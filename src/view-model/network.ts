/** One network: its window, marks, what is unread, and what waits to be sent. */
import type { MemberView, MessageView, NetworkStatus, Who } from '../node/api.ts'
import type { StreamEvent, StreamLine } from '../node/local-api/types.ts'
import { callsFor } from './mention.ts'
import {
  emptyTimeline,
  MAX_MENTIONS,
  MAX_PENDING,
  type Happening,
  type NetworkModel,
  type PendingMessage,
} from './model.ts'
import { addMark, dropFrom, putIn } from './timeline.ts'

/** What of the whole model matters to one network. */
export interface Surroundings {
  readonly self: Who
  readonly nowMs: number
  /** Whether somebody looks at this network now. */
  readonly isWatched: boolean
  readonly ignored: readonly string[]
}

export const newNetwork = (status: NetworkStatus, unread: number): NetworkModel => {
  const readUpTo = Math.max(0, status.count - unread)
  return {
    id: status.id,
    name: status.name,
    status,
    members: [],
    timeline: { ...emptyTimeline, newest: status.count },
    pending: [],
    readUpTo,
    readTold: readUpTo,
    unreadAfter: unread > 0 ? readUpTo : null,
    mentions: [],
    // Whom it is cut off with, the stream tells; since when, the status.
    split:
      status.splitSince === null
        ? null
        : { active: status.active, of: status.roster, since: status.splitSince },
    scroll: { kind: 'end' },
    topShown: 0,
    selected: null,
    draft: { text: '', cursor: 0 },
    isMuted: false,
  }
}

/** What a person has before their eyes at the end of a network is read. */
export const readIfWatched = (network: NetworkModel, isWatched: boolean): NetworkModel => {
  const { timeline, readUpTo, scroll } = network
  const { newest } = timeline
  if (readUpTo >= newest) return network
  if (isWatched && scroll.kind === 'end') return { ...network, readUpTo: newest, mentions: [] }
  return network.unreadAfter === null ? { ...network, unreadAfter: readUpTo } : network
}

const mark = (
  network: NetworkModel,
  what: Happening,
  nowMs: number,
  after = network.timeline.newest,
): NetworkModel => ({ ...network, timeline: addMark(network.timeline, what, after, nowMs) })

const without = (all: readonly Who[], others: readonly Who[]): readonly Who[] =>
  all
    .filter(({ id }) => !others.some((other) => other.id === id))
    .map(({ id, name }) => ({ id, name }))

const activeOf = (members: readonly MemberView[]): readonly Who[] =>
  members.filter(({ active }) => active)

/** Members as the stream tells them; addresses and times come with the next list of members. */
const withActive = (network: NetworkModel, active: readonly Who[]): readonly MemberView[] => {
  const known = network.members.map((member) => {
    const isActive = active.some(({ id }) => id === member.id)
    return isActive === member.active ? member : { ...member, active: isActive }
  })
  const strangers = without(active, known).map(({ id, name }): MemberView => ({
    id,
    name,
    number: null,
    role: 'member',
    leader: false,
    active: true,
    self: false,
    address: null,
    lastHeardMs: null,
  }))
  return [...known, ...strangers]
}

/** Nobody is missing any more; told once. */
export const whole = (network: NetworkModel, nowMs: number): NetworkModel =>
  network.split === null ? network : mark({ ...network, split: null }, { kind: 'whole' }, nowMs)

const onView = (network: NetworkModel, active: readonly Who[], nowMs: number): NetworkModel => {
  const before = activeOf(network.members)
  const came = without(active, before)
  const went = without(before, active)
  const { split } = network
  const next: NetworkModel = {
    ...network,
    members: withActive(network, active),
    status: { ...network.status, active: active.length },
    split: split === null ? null : { ...split, active: active.length },
  }
  // Before the first list of members everybody would be new.
  const isTold = network.members.length > 0 && came.length + went.length > 0
  const told = isTold ? mark(next, { kind: 'members', came, went }, nowMs) : next
  return split !== null && active.length >= split.of ? whole(told, nowMs) : told
}

const onLeader = (
  network: NetworkModel,
  leader: Who | null,
  term: NetworkStatus['term'],
  nowMs: number,
): NetworkModel => {
  const number = network.members.find(({ id }) => id === leader?.id)?.number ?? -1
  const status: NetworkStatus = {
    ...network.status,
    term,
    leader: leader === null ? null : { ...leader, number },
  }
  const members = network.members.map((member) =>
    member.leader === (member.id === leader?.id)
      ? member
      : { ...member, leader: member.id === leader?.id },
  )
  const hasChanged = network.status.leader?.id !== leader?.id
  const next = { ...network, status, members }
  return hasChanged ? mark(next, { kind: 'leader', leader }, nowMs) : next
}

const onMerge = (
  network: NetworkModel,
  event: Extract<StreamEvent, { readonly event: 'merge' }>,
  nowMs: number,
): NetworkModel => {
  const { authors, fromPosition, toPosition, moved } = event
  const what: Happening = { kind: 'merge', authors, fromPosition, toPosition, moved }
  if (!moved) return mark(network, what, nowMs, toPosition)
  const shift = toPosition - fromPosition + 1
  const { scroll } = network
  const isMovedAway = scroll.kind === 'at' && scroll.position >= fromPosition
  const dropped: NetworkModel = {
    ...network,
    timeline: dropFrom(network.timeline, fromPosition),
    mentions: network.mentions.filter((position) => position < fromPosition),
    // What came in stands among what has been read: it is to be found.
    readUpTo: Math.min(network.readUpTo, fromPosition - 1),
    selected: null,
    scroll: isMovedAway ? { ...scroll, position: scroll.position + shift } : scroll,
  }
  return mark(dropped, what, nowMs, toPosition)
}

const onRefused = (
  network: NetworkModel,
  ids: readonly string[],
  code: string,
): readonly PendingMessage[] =>
  network.pending.map((one) =>
    one.id !== null && ids.includes(one.id) ? { ...one, state: 'failed', code } : one,
  )

/** All active members have stored everything up to here. */
const onStored = (network: NetworkModel, upTo: number): NetworkModel => {
  const stored = network.timeline.messages.filter(
    ({ position, missing }) => position <= upTo && missing.length > 0,
  )
  if (stored.length === 0) return network
  const complete = stored.map((one) => ({ ...one, storedBy: one.of, missing: [] }))
  return { ...network, timeline: putIn(network.timeline, complete, false) }
}

const onStreamEvent = (
  network: NetworkModel,
  event: StreamEvent,
  { nowMs }: Surroundings,
): NetworkModel => {
  switch (event.event) {
    case 'stored':
      return onStored(network, event.upTo)
    case 'view':
      return onView(network, event.active, nowMs)
    case 'leader':
      return onLeader(network, event.leader, event.term, nowMs)
    case 'split': {
      const split = { active: event.active.length, of: event.of, since: event.since }
      const next = { ...network, split, status: { ...network.status, splitSince: event.since } }
      return network.split === null ? mark(next, { kind: 'split', ...split }, nowMs) : next
    }
    case 'merge':
      return onMerge(network, event, nowMs)
    case 'caught-up': {
      const { fromPosition, toPosition } = event
      return mark(network, { kind: 'caught-up', fromPosition, toPosition }, nowMs)
    }
    case 'refused':
      return { ...network, pending: onRefused(network, event.ids, event.code) }
    case 'whole':
      return whole({ ...network, status: { ...network.status, splitSince: null } }, nowMs)
    case 'removed': {
      const { name, code, by } = event
      return mark({ ...network, split: null }, { kind: 'removed', name, code, by }, nowMs)
    }
    case 'fault':
      return mark(network, { kind: 'fault', code: event.code, message: event.message }, nowMs)
    case 'recovered':
      return mark(network, { kind: 'recovered' }, nowMs)
    case 'no-effect': {
      const { operation, member } = event
      return mark(network, { kind: 'no-effect', operation, member }, nowMs)
    }
    case 'two-stories':
      return mark(network, { kind: 'two-stories', by: event.by }, nowMs)
  }
}

const onMessages = (
  network: NetworkModel,
  messages: readonly MessageView[],
  around: Surroundings,
): NetworkModel => {
  const { self, ignored } = around
  const follows = network.scroll.kind === 'end'
  const mentions = messages
    .filter(({ position }) => position > network.readUpTo)
    .filter((message) => !ignored.includes(message.author.id) && callsFor(message, self))
    .map(({ position }) => position)
  return {
    ...network,
    timeline: putIn(network.timeline, messages, follows),
    pending: withoutArrived(network.pending, messages),
    mentions: [...new Set([...network.mentions, ...mentions])].slice(-MAX_MENTIONS),
  }
}

/** Takes lines of the stream in their order; messages that follow one another go in at once. */
export const onLines = (
  network: NetworkModel,
  lines: readonly StreamLine[],
  around: Surroundings,
): NetworkModel => {
  let next = network
  let run: MessageView[] = []
  const endRun = (): void => {
    if (run.length > 0) next = onMessages(next, run, around)
    run = []
  }
  for (const line of lines) {
    if (!('event' in line)) {
      run.push(line)
      continue
    }
    endRun()
    if (line.event !== 'end') next = onStreamEvent(next, line, around)
  }
  endRun()
  return readIfWatched(next, around.isWatched)
}

/** What has a place in the history waits no longer. */
export const withoutArrived = (
  pending: readonly PendingMessage[],
  arrived: readonly MessageView[],
): readonly PendingMessage[] => {
  if (pending.length === 0) return pending
  const ids = new Set<string>(arrived.map(({ id }) => id))
  return pending.filter(({ id }) => id === null || !ids.has(id))
}

/** The answer to a message may come after the message itself has. */
export const onSent = (network: NetworkModel, localId: number, id: string): NetworkModel => {
  const hasCome = network.timeline.messages.some((message) => message.id === id)
  const pending = network.pending.flatMap((one): PendingMessage[] => {
    if (one.localId !== localId) return [one]
    return hasCome ? [] : [{ ...one, id, state: 'queued' }]
  })
  return { ...network, pending }
}

export const addPending = (network: NetworkModel, one: PendingMessage): NetworkModel => ({
  ...network,
  pending: [...network.pending, one].slice(-MAX_PENDING),
  scroll: { kind: 'end' },
  selected: null,
  unreadAfter: null,
})
