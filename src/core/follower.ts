/** What a member does that follows a leader: hear its beats, store what it appends, say how far. */
import { beatMs, suspectMs, uneasyMs } from './config.ts'
import { isDeposed } from './deposing.ts'
import { isPast, openAsSuccessor, seek } from './election.ts'
import { acknowledgeUp } from './handing-on.ts'
import type { NodeId, TermId } from './ids.ts'
import { limits } from './limits.ts'
import { noteForeign } from './merging.ts'
import { leaveNow } from './leaving.ts'
import type { Packet } from './packet.ts'
import type { Replica } from './replica.ts'
import type { Follower } from './role.ts'
import { giveUp } from './sending.ts'
import { fetch, take } from './syncing.ts'
import { branchOf } from './tree.ts'

/** How long entries that overtook others may wait for them before they are asked for, in ms. */
const gapPatienceMs = 20

/** The longer it has been asked for in vain, up to a beat. */
const gapPatience = (replica: Replica): number =>
  Math.min(gapPatienceMs * 2 ** replica.gapTries, beatMs(replica.config, replica.viewSize()))

/** Follows a term from now on. */
export const follow = (
  replica: Replica,
  term: TermId,
  leader: NodeId,
  how: { readonly attached: boolean; readonly beat?: number; readonly patienceMs?: number },
): Follower => {
  const { role, config, timers } = replica
  const leaving = role.name === 'follower' && role.leaving
  const follower: Follower = {
    name: 'follower',
    term,
    leader,
    beat: how.beat ?? 0,
    heardAt: null,
    told: -1,
    attached: how.attached,
    pledged: null,
    leaving,
    acked: -1,
    gap: false,
    below: new Map(),
    toldUp: '',
    pulsed: -1,
  }
  replica.role = follower
  replica.marks = null
  if (!config.planted.has('timer-not-cancelled'))
    timers.clear('candidacy', 'round', 'gap', 'beat', 'sure', 'hello', 'join', 'uneasy')
  const patience = how.patienceMs ?? suspectMs(config, replica.viewSize())
  timers.set('suspect', replica.now + patience)
  if (!how.attached) timers.set('join', replica.now)
  return follower
}

/**
 * May this node leave what it follows for another term? Yes if it follows nothing, if its own
 * leader opened it or sent it there, or if it promised the candidate. Otherwise leaders settle it:
 * `merging`.
 */
const mayFollow = (replica: Replica, term: TermId, leader: NodeId): boolean => {
  const { role } = replica
  if (isDeposed(replica, leader)) return false
  if (role.name === 'joining') return true
  if (isPast(replica, term)) return false
  if (role.name === 'seeking') return true
  if (role.name !== 'follower') return false
  if (role.leader === leader) return isNewer(replica, term, role.term)
  return role.pledged === leader || isSuccessor(replica, role, leader)
}

/** Our leader has left by its own entry, and this is the next in line. */
const isSuccessor = (replica: Replica, role: Follower, leader: NodeId): boolean => {
  const [first] = replica.history.state.view.members
  const isCurrent = replica.history.headTerm() === role.term
  return isCurrent && !replica.inView(role.leader) && first?.id === leader
}

/** Of two terms of one leader: is `term` the later one, as far as known? */
const isNewer = (replica: Replica, term: TermId, than: TermId): boolean => {
  const { terms } = replica.history.log
  return (terms.get(term)?.counter ?? Infinity) > (terms.get(than)?.counter ?? -1)
}

export const onHeartbeat = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'heartbeat' }>,
): void => {
  let { role } = replica
  if (role.name === 'left' || role.name === 'leader') {
    if (role.name === 'leader') noteForeign(replica, from, { term: packet.term, leader: from })
    return
  }
  if (
    (role.name !== 'follower' || role.term !== packet.term) &&
    mayFollow(replica, packet.term, from)
  )
    role = follow(replica, packet.term, from, { attached: true })
  if (role.name !== 'follower') return
  if (role.term !== packet.term) {
    noteForeign(replica, from, { term: packet.term, leader: from })
    replica.send(from, pulseOf(replica, role, packet.beat))
    return
  }
  if (from !== role.leader) return
  noteBeat(replica, role, packet.beat)
  role.told = Math.max(role.told, packet.seq)
  replica.marks = { term: packet.term, marks: packet.marks }
  replica.emit({ event: 'marks' })
  replica.send(from, pulseOf(replica, role, packet.beat))
}

/** A beat heard from the leader itself. Only a number not known before shows that it lives. */
const noteBeat = (replica: Replica, role: Follower, beat: number): void => {
  role.attached = true
  replica.timers.clear('join')
  if (beat <= role.beat && role.heardAt !== null) return
  role.beat = Math.max(role.beat, beat)
  role.heardAt = replica.now
  role.pledged = null
  replica.unreachable = null
  replica.timers.set('suspect', replica.now + suspectMs(replica.config, replica.viewSize()))
  replica.timers.set('uneasy', replica.now + uneasyMs(replica.config, replica.viewSize()))
}

const storedOf = ({ history, config }: Replica, role: Follower): number =>
  config.planted.has('summary-not-durable') ? role.told : (history.log.endOf(role.term)?.seq ?? -1)

const pulseOf = (replica: Replica, role: Follower, beat: number): Packet => {
  const seq = storedOf(replica, role)
  role.pulsed = seq
  const tips = replica.history.tipsOutsideTerm(role.term).slice(0, limits.tips)
  return { kind: 'pulse', term: role.term, leader: role.leader, beat, seq, tips }
}

export const onAppend = (replica: Replica, packet: Extract<Packet, { kind: 'append' }>): void => {
  const { role } = replica
  if (role.name !== 'follower' || role.term !== packet.term) {
    replica.counters.ignored += 1
    return
  }
  if (take(replica, packet.entries)) role.gap = true
}

export const onStored = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'stored' }>,
): void => {
  const { role } = replica
  if (role.name !== 'follower' || role.term !== packet.term || role.leader !== from) return
  replica.marks = { term: packet.term, marks: packet.marks }
  replica.emit({ event: 'marks' })
}

/** A new term is announced, or our leader has given way to another. */
export const onCoordinator = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'coordinator' }>,
): void => {
  const { role } = replica
  const { term, leader, entries, gaveUp } = packet
  if (leader === replica.id || role.name === 'left') return
  const sentOn =
    role.name === 'follower' && role.leader === from && gaveUp === role.term && term !== role.term
  if (role.name === 'leader' || !(sentOn || mayFollow(replica, term, leader))) {
    if (role.name === 'leader' || (role.name === 'follower' && role.term !== term))
      noteForeign(replica, from, packet)
    return
  }
  if (from !== leader && !sentOn) return
  if (role.name === 'follower' && role.term === term) return
  const follower = follow(replica, term, leader, { attached: from === leader })
  if (take(replica, entries)) follower.gap = true
  if (entries.length > 0) follower.told = Math.max(follower.told, 0)
  // Says how far this node has stored the term, so that this needs no acknowledgement besides.
  follower.acked = storedOf(replica, follower)
  replica.send(leader, pulseOf(replica, follower, 0))
}

/** The leader leaves and this member is next: it has everything, so it opens its term at once. */
export const onHandover = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'handover' }>,
): void => {
  const { role, history } = replica
  if (role.name !== 'follower' || role.leader !== from || role.term !== packet.term) return
  take(replica, packet.entries)
  advanceFollower(replica, role)
  const last = packet.entries.at(-1)
  const complete = last !== undefined && history.isStored(last) && history.head?.hash === last.hash
  const [next] = history.state.view.members
  if (complete && next?.id === replica.id) openAsSuccessor(replica)
  else seek(replica, from, { term: role.term, beat: role.beat, delayMs: 0 })
}

/** No new beat for too long. */
export const onSuspect = (replica: Replica): void => {
  const { role } = replica
  if (role.name !== 'follower') return
  if (role.heardAt === null) replica.unreachable = role.leader
  seek(replica, role.leader, { term: role.term, beat: role.beat, delayMs: 0 })
}

/** Something is missing that has not come by itself: asks the leader, or, the next time, anybody. */
export const onGap = (replica: Replica): void => {
  const { role } = replica
  if (role.name !== 'follower' || !isBehind(replica, role)) return
  replica.gapTries += 1
  replica.noteLate()
  const others = replica.history.state.view.members.filter(
    ({ id }) => id !== replica.id && id !== role.leader,
  )
  const other = others[Math.floor(replica.prng.next() * others.length)]?.id
  // In a large group it is one of many that lack it: the leader comes second.
  const turn = branchOf(replica) === null ? 0 : 1
  fetch(replica, replica.gapTries % 2 === turn && other !== undefined ? other : role.leader)
}

const isBehind = (replica: Replica, role: Follower): boolean =>
  role.gap || (replica.history.log.endOf(role.term)?.seq ?? -1) < role.told

export const advanceFollower = (replica: Replica, role: Follower): void => {
  const end = replica.history.log.endOf(role.term)
  if (end === null) return
  if (end.seq >= role.told) role.gap = false
  if (end.hash !== replica.history.head?.hash && replica.history.canAdvanceTo(end))
    replica.advance(end)
}

/** What a follower owes at the end of a step. */
export const settleFollower = (replica: Replica, role: Follower): void => {
  advanceFollower(replica, role)
  acknowledge(replica, role)
  if (isBehind(replica, role)) {
    if (replica.fetching.size === 0 && !replica.timers.isSet('gap'))
      replica.timers.set('gap', replica.now + gapPatience(replica))
  } else {
    replica.timers.clear('gap')
    replica.gapTries = 0
    replica.tellCaughtUp()
    noticeRemoval(replica, role)
  }
}

const acknowledge = (replica: Replica, role: Follower): void => {
  const seq = replica.history.log.endOf(role.term)?.seq ?? -1
  const branch = branchOf(replica)
  if (branch !== null && branch.parent !== null) {
    acknowledgeUp(replica, role, branch.parent, { seq, children: branch.children })
    return
  }
  if (seq <= role.acked) return
  role.acked = seq
  replica.send(role.leader, { kind: 'ack', term: role.term, seq })
}

/** Up to date, and not in the view or off the roster: asks to come back, or is out. */
const noticeRemoval = (replica: Replica, role: Follower): void => {
  const { history } = replica
  if (history.head === null || history.head.term !== role.term) return
  if (replica.wasRemoved()) {
    const banned = history.state.roster.banned.has(replica.id)
    putOut(replica, banned ? 'BANNED' : 'NOT_A_MEMBER', role.term)
    return
  }
  if (replica.inView(replica.id)) {
    noticeLeaderLeft(replica, role)
    return
  }
  if (role.leaving) leaveNow(replica)
  else if (role.attached) {
    // Not at once: what let us in may be on its way, or the next beat tells that it is missing.
    role.attached = false
    replica.timers.set('join', replica.now + beatMs(replica.config, replica.viewSize()) / 2)
  }
}

/** The leader has left for good order's sake: its successor will be heard soon, or is gone too. */
const noticeLeaderLeft = (replica: Replica, role: Follower): void => {
  if (replica.inView(role.leader)) return
  replica.timers.atLatest('suspect', replica.now + 2 * replica.config.electionStepMs)
}

/**
 * Not a member any more: what waits in the outbox will never be sequenced. `term` is the one, if
 * any, that the history has to its end.
 */
export const putOut = (replica: Replica, code: string, term: TermId | null = null): void => {
  giveUp(replica, code, term)
  replica.emit({ event: 'turned-away', code, retryMs: null })
  replica.role = { name: 'left' }
  replica.timers.clearAll()
}
