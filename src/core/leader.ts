/** What the leader of a term does: show that it lives, give entries their place, know who has what. */
import { append, type Draft } from './appending.ts'
import type { Claim } from './claim.ts'
import { compareClaims } from './claim.ts'
import { beatMs, suspectMs, uneasyMs } from './config.ts'
import { seek } from './election.ts'
import { helpWhoLags } from './handing-on.ts'
import type { InstanceId, NodeId } from './ids.ts'
import { drainJoins, answerJoins } from './joining.ts'
import { drainLeaves, settleLeaving } from './leaving.ts'
import { drainMerge, noteForeign, yieldsToWhole } from './merging.ts'
import { isSmallGroup, onUneasy } from './reaching.ts'
import type { Packet } from './packet.ts'
import { jitter } from './prng.ts'
import type { Replica } from './replica.ts'
import type { Leader, Peer } from './role.ts'
import { giveUp } from './sending.ts'
import { drainQueue, forgetIdleRates, mayAppend } from './sequencer.ts'
import { fetchUnknown } from './syncing.ts'
import { runMark } from './tree.ts'
import { numberOf } from './view.ts'
import { marksOf } from './watermarks.ts'

/** Time for a beat: shows that this leader lives, and drops members that have long been silent. */
export const onBeat = (replica: Replica): void => {
  const { role, config, now } = replica
  if (role.name !== 'leader') return
  const silent = silentPeers(replica, role)
  if (silent.length > 0 && mayAppend(replica, role))
    append(replica, role, [{ kind: 'deactivate', body: { members: silent, cause: 'silent' } }])
  const uneasy = now - uneasyMs(config, replica.viewSize())
  if ([...role.peers.values()].some((peer) => peer.seenAt < uneasy)) onUneasy(replica)
  beat(replica, role)
  forgetIdleRates(role.rates, config, now)
}

export const beat = (replica: Replica, leader: Leader): void => {
  leader.beat += 1
  helpWhoLags(replica, leader)
  replica.send([...leader.peers.keys()], {
    kind: 'heartbeat',
    term: leader.term,
    beat: leader.beat,
    seq: replica.history.log.term(leader.term).last,
    live: liveOf(replica, leader),
    marks: marksOf(replica, leader),
  })
  const pause = jitter(replica.prng, beatMs(replica.config, replica.viewSize()), 0.25)
  replica.timers.set('beat', replica.now + pause)
}

const silentPeers = (replica: Replica, leader: Leader): NodeId[] => {
  const limit = replica.now - suspectMs(replica.config, replica.viewSize())
  return [...leader.peers].filter(([, peer]) => peer.seenAt < limit).map(([id]) => id)
}

/** This node and those that acknowledged this very term within the time of a suspicion. */
const liveOf = (replica: Replica, leader: Leader): number => {
  if (replica.config.planted.has('claim-without-live-size')) return replica.viewSize()
  const limit = replica.now - suspectMs(replica.config, replica.viewSize())
  let live = 1
  for (const { liveAt } of leader.peers.values()) if (liveAt !== null && liveAt >= limit) live += 1
  return live
}

export const claimOf = (replica: Replica, leader: Leader): Claim => ({
  term: leader.term,
  leader: replica.id,
  live: liveOf(replica, leader),
  number: numberOf(replica.history.state.view, replica.id) ?? Number.MAX_SAFE_INTEGER,
})

export const isStronger = (replica: Replica, leader: Leader, other: Claim): boolean =>
  replica.config.planted.has('tie-broken-by-arrival')
    ? claimOf(replica, leader).live >= other.live
    : compareClaims(claimOf(replica, leader), other) < 0

export const onPulse = (
  replica: Replica,
  from: NodeId,
  instance: InstanceId,
  packet: Extract<Packet, { kind: 'pulse' }>,
): void => {
  const { role } = replica
  if (role.name !== 'leader') return
  if (packet.term !== role.term) {
    if (packet.leader !== replica.id) noteForeign(replica, from, packet)
    return
  }
  const peer = role.peers.get(from)
  if (peer === undefined) return
  const isNew = packet.beat > peer.answered && packet.beat <= role.beat
  if (isNew && peer.instance !== instance) startRun(role, peer, from, instance)
  noteMark(replica, role, peer, { from, instance, seq: packet.seq })
  if (isNew) {
    peer.answered = packet.beat
    peer.seenAt = replica.now
    peer.liveAt = replica.now
  }
  fetchUnknown(replica, from, packet.tips)
}

/** Only whoever answers a new beat is known to be the node's present run; it may have lost its disk. */
const startRun = (leader: Leader, peer: Peer, id: NodeId, instance: InstanceId): void => {
  if (peer.instance !== null && peer.mark >= 0) setMark(leader, peer, -1)
  peer.instance = instance
  peer.run = runMark(id, instance)
}

export const setMark = (leader: Leader, peer: Peer, mark: number): void => {
  leader.tally.move(peer.mark, mark)
  peer.mark = mark
  leader.marksMoved = true
}

/** A mark counts for the run that told it: what another one had may be lost. */
export const noteMark = (
  replica: Replica,
  leader: Leader,
  peer: Peer,
  told: { readonly from: NodeId; readonly instance: InstanceId; readonly seq: number },
): void => {
  const { from, instance, seq } = told
  const mark = Math.min(seq, replica.history.log.term(leader.term).last)
  const keeps = peer.instance !== null && replica.config.planted.has('marks-of-a-former-instance')
  if (peer.instance === null) startRun(leader, peer, from, instance)
  if (peer.instance !== instance && !keeps) {
    // Another run, former or new: what it has less of may be lost, what it has more is unproven.
    if (mark < peer.mark) setMark(leader, peer, mark)
  } else if (mark > peer.mark) {
    setMark(leader, peer, mark)
    peer.seenAt = replica.now
    if (leader.sure) peer.liveAt = replica.now
  }
}

export const onAck = (
  replica: Replica,
  from: NodeId,
  instance: InstanceId,
  packet: Extract<Packet, { kind: 'ack' }>,
): void => {
  const { role } = replica
  if (role.name !== 'leader' || packet.term !== role.term) return
  const peer = role.peers.get(from)
  if (peer !== undefined) noteMark(replica, role, peer, { from, instance, seq: packet.seq })
}

/** After a long silence of its own: sequences nothing until those around have confirmed the term. */
export const onLeaderStall = (replica: Replica, leader: Leader): void => {
  for (const peer of leader.peers.values()) {
    peer.seenAt = replica.now
    // What was answered before proves nothing now, even if it is only read now.
    peer.liveAt = null
    peer.answered = leader.beat
  }
  if (leader.peers.size === 0) return
  leader.sure = replica.config.planted.has('sequencing-while-unsure')
  replica.timers.set('sure', replica.now + suspectMs(replica.config, replica.viewSize()) / 2)
  beat(replica, leader)
}

/** Nobody has objected: those that have not answered are as silent as if they were gone. */
export const onSure = (replica: Replica): void => {
  if (replica.role.name === 'leader') replica.role.sure = true
}

/** What a leader owes at the end of a step. */
export const settleLeader = (replica: Replica, leader: Leader): void => {
  if (yieldsToWhole(replica, leader)) return
  if (!leader.sure && isConfirmed(leader)) leader.sure = true
  if (mayAppend(replica, leader)) {
    append(replica, leader, [
      ...admit(replica, leader),
      ...drainMerge(replica, leader),
      ...drainLeaves(replica, leader),
      ...drainQueue(replica, leader),
    ])
    answerJoins(replica, leader)
  }
  for (const { code, retryMs } of leader.refused.splice(0)) {
    if (retryMs === null) giveUp(replica, code, leader.term)
    else replica.timers.set('resend', replica.now + retryMs)
  }
  settleLeaving(replica, leader)
  if (replica.role.name !== 'leader') return
  if (leader.leaving === 'no' && !replica.inView(replica.id)) {
    // What was spliced in removed it and let it in again: it is a member, and not the first.
    seek(replica, null, { term: leader.term, beat: leader.beat, delayMs: 0 })
    return
  }
  tellMarks(replica, leader)
  tellClaim(replica, leader)
}

/**
 * In a large group newcomers come in together, a few times per beat: one by one, a thousand that
 * come at once would each be announced to a thousand.
 */
const admit = (replica: Replica, leader: Leader): readonly Draft[] => {
  const pause = isSmallGroup(replica) ? 0 : beatMs(replica.config, replica.viewSize()) / 8
  const at = leader.admittedAt + pause
  if (replica.now < at) {
    if (leader.joins.size > 0) replica.timers.atLatest('more', at)
    return []
  }
  const drafts = drainJoins(replica, leader)
  if (drafts.length > 0) leader.admittedAt = replica.now
  return drafts
}

const isConfirmed = (leader: Leader): boolean =>
  [...leader.peers.values()].every((peer) => peer.answered >= leader.beat)

/** Tells authors with messages under way when a second disk, a majority or all have them. */
const tellMarks = (replica: Replica, leader: Leader): void => {
  if (!leader.marksMoved) return
  leader.marksMoved = false
  const spread = leader.tally.spread()
  const floor = spread?.last ?? replica.history.log.term(leader.term).last
  const told = `${spread?.first} ${spread?.half} ${floor}`
  replica.emit({ event: 'marks' })
  if (told === leader.toldMarks) return
  leader.toldMarks = told
  const authors: NodeId[] = []
  for (const [id, peer] of leader.peers) {
    if (peer.wroteAt <= peer.settled) continue
    authors.push(id)
    peer.settled = Math.min(floor, peer.wroteAt)
  }
  if (authors.length > 0)
    replica.send(authors, { kind: 'stored', term: leader.term, marks: marksOf(replica, leader) })
}

/** In a large group not at every step: to count who is alive goes through all. */
const tellClaim = (replica: Replica, leader: Leader): void => {
  if (!isSmallGroup(replica) && replica.now < leader.claimDue) return
  leader.claimDue = replica.now + beatMs(replica.config, replica.viewSize()) / 4
  const live = liveOf(replica, leader)
  if (live === leader.claimed) return
  leader.claimed = live
  const claim = claimOf(replica, leader)
  replica.emit({ event: 'claim', claim })
}
