/**
 * What both faces say, in the same words. Times are put into words by whoever has a clock and a
 * calendar: `clock` makes `14:02` of an ISO time.
 */
import type { Invite, MemberView, MessageView, NetworkStatus, Who } from '../node/api.ts'
import { unreadCount, type Happening, type NetworkModel, type PendingMessage } from './model.ts'
import { plainLine } from './plain-text.ts'

export type Clock = (iso: string) => string

const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`

const namesOf = (all: readonly Who[]): string => all.map(({ name }) => plainLine(name)).join(', ')

const range = (from: number, to: number): string => (from === to ? `#${from}` : `#${from}–#${to}`)

/** What the signs mean, for the help of every face. */
export const SIGNS: readonly (readonly [string, string])[] = [
  ['…', 'safe on your disk, goes out by itself'],
  ['✓', 'has its place in the history'],
  ['✓ 2/3', 'stored on two of three disks'],
  ['★', 'leads: has been active longest'],
  ['*3 @1', 'three unread messages, one speaks to you'],
]

/** `✓` has its place, `✓ 2/3` is on two of three disks. */
export const deliveryMark = ({ storedBy, of }: MessageView): string =>
  of <= 1 ? '✓' : `✓ ${storedBy}/${of}`

/** `…` is safe on this disk and goes out by itself. */
export const pendingMark = ({ state, code }: PendingMessage): string =>
  state === 'failed' ? `✗ not sent (${code ?? 'INTERNAL'})` : '…'

export const missingText = ({ missing }: MessageView): string =>
  missing.length === 0 ? '' : `not yet: ${missing.map(plainLine).join(', ')}`

export const splitText = (
  { active, of, since }: { readonly active: number; readonly of: number; readonly since: string },
  clock: Clock,
  isWritable = true,
): string =>
  `You are cut off with ${active} of ${of} since ${clock(since)}` +
  (isWritable ? ', still writable' : '')

/** Who put this user out of a network, and how. */
export const removedText = ({
  name,
  code,
  by,
}: {
  readonly name: string
  readonly code: string
  readonly by: Who | null
}): string => {
  const whom = by === null ? '' : ` by ${plainLine(by.name)}`
  if (code === 'BANNED') return `you were banned from ${plainLine(name)}${whom}`
  if (code === 'NOT_A_MEMBER') return `you were removed from ${plainLine(name)}${whom} (kick)`
  return `you are not let into ${plainLine(name)} (${code})`
}

/** The same for a network that is still there to be read; null while this user is in it. */
export const closedText = ({ status, name }: NetworkModel, self: Who): string | null => {
  const { removed } = status
  if (removed === undefined) return null
  return `${plainLine(self.name)}, ${removedText({ name, ...removed })}`
}

/** What this user did as an admin did not come to pass. */
export const noEffectText = ({
  operation,
  member,
}: {
  readonly operation: string
  readonly member: Who | null
}): string => {
  const about = member === null ? '' : ` of ${plainLine(member.name)}`
  return `your ${operation}${about} has no effect: you may not do it, or it was done before yours`
}

/** One line for each thing that happens. */
export const happeningText = (what: Happening, clock: Clock): string => {
  switch (what.kind) {
    case 'leader':
      return what.leader === null ? 'no leader now' : `★ ${plainLine(what.leader.name)} leads`
    case 'members': {
      const came = what.came.length === 0 ? '' : `→ ${namesOf(what.came)} came`
      const went = what.went.length === 0 ? '' : `← ${namesOf(what.went)} went`
      return [came, went].filter((text) => text !== '').join('  ')
    }
    case 'split':
      return splitText(what, clock)
    case 'whole':
      return 'everybody is there again'
    case 'merge': {
      const { authors, fromPosition, toPosition, moved } = what
      const from = authors.length === 0 ? '' : ` from ${namesOf(authors)}`
      const messages = count(toPosition - fromPosition + 1, 'message')
      const after = moved ? ', put in before yours' : ''
      return `history re-joined: ${messages}${from}, ${range(fromPosition, toPosition)}${after}`
    }
    case 'caught-up': {
      const { fromPosition, toPosition } = what
      const messages = count(toPosition - fromPosition + 1, 'message')
      return `you missed ${range(fromPosition, toPosition)}: ${messages}, all here`
    }
    case 'removed':
      return removedText(what)
    case 'fault':
      return `cannot store at the moment: ${plainLine(what.message)} (${what.code})`
    case 'recovered':
      return 'storing again'
    case 'no-effect':
      return noEffectText(what)
    case 'two-stories':
      return `${plainLine(what.by.name)} led and told members different things: do not trust it`
  }
}

const MAX_COUNT = 999

/** A number that does not need much room. */
export const countText = (number: number): string =>
  number > MAX_COUNT ? `${MAX_COUNT}+` : String(number)

/** `@2` were called, `*17` unread; '' if everything is read. */
export const unreadMark = (network: NetworkModel): string => {
  const { mentions, isMuted } = network
  const unread = unreadCount(network)
  if (unread === 0) return ''
  const shown = countText(unread)
  if (mentions.length > 0) return `@${mentions.length} *${shown}`
  return isMuted ? `·${shown}` : `*${shown}`
}

/** `★` where this node leads, `!` where the group is cut in two. */
export const networkSign = ({ status, split }: NetworkModel): string =>
  split !== null || status.fault !== null || status.removed !== undefined
    ? '!'
    : status.role === 'leader'
      ? '★'
      : ' '

/** For how many, and until when; '' if that has no limits. */
export const inviteLimits = ({ expires, uses }: Invite): string =>
  expires === null ? '' : `For ${uses ?? 'any number'}, until ${expires}.`

export const inviteTitle = (name: string): string =>
  `Others join ${plainLine(name)} with: /join and this link`

export const unreadText = (number: number): string => `${number} new`

/** `heard 0.4 s ago`, `away`: what is known, not what is hoped. */
export const heardText = ({ self, active, lastHeardMs }: MemberView): string => {
  if (self) return 'this node'
  if (lastHeardMs === null) return active ? 'active, not heard directly' : 'away'
  const seconds = lastHeardMs / 1000
  const ago =
    seconds < 10
      ? `${seconds.toFixed(1)} s`
      : seconds < 120
        ? `${Math.round(seconds)} s`
        : seconds < 7200
          ? `${Math.round(seconds / 60)} min`
          : `${Math.round(seconds / 3600)} h`
  return active ? `heard ${ago} ago` : `away, heard ${ago} ago`
}

/** Why this one leads: who has been active longest does. */
export const whyLeader = ({ leader }: NetworkStatus): string =>
  leader === null
    ? 'No leader now: whoever has been active longest is about to take over.'
    : `${plainLine(leader.name)} leads because nobody active has been there longer` +
      (leader.number < 0 ? '.' : ` (member number ${leader.number}).`)

export const roleText = ({ role, leader }: NetworkStatus): string => {
  if (role === 'leader') return 'leads'
  if (role === 'follower' && leader !== null) return `follows ★ ${plainLine(leader.name)}`
  return (
    { follower: 'follows', seeking: 'looks for a leader', joining: 'is coming in' }[
      role as 'follower' | 'seeking' | 'joining'
    ] ?? role
  )
}

/** What is wrong with a network, the worst first; null if nothing is. */
export const troubleText = (
  { status, split, pending }: NetworkModel,
  clock: Clock,
): string | null => {
  if (status.removed !== undefined) {
    const text = removedText({ name: status.name, ...status.removed })
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  }
  if (status.fault !== null)
    return `✗ Cannot store at the moment: ${plainLine(status.fault.message)} (${status.fault.code})`
  if (split !== null) return splitText(split, clock)
  if (status.role === 'joining') {
    const sofar = status.count === 0 ? '' : `, ${count(status.count, 'message')} so far`
    return `Coming in: the history is being fetched${sofar}`
  }
  if (status.leader === null) return 'No leader at the moment; what you write waits on your disk'
  const waiting = Math.max(status.outbox - pending.length, 0)
  return waiting === 0 ? null : `${count(waiting, 'earlier message')} of yours still to be sent`
}
