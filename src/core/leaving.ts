/** Going for good order's sake: members take leave, a leader hands over first. */
import { putOut } from './follower.ts'
import type { NodeId } from './ids.ts'
import type { Draft } from './appending.ts'
import { append } from './appending.ts'
import type { Replica } from './replica.ts'
import type { Leader } from './role.ts'

/** Gone after this long, with or without an answer, in ms. */
const leaveWithinMs = 1_500

/** How often a member repeats that it leaves, in ms. */
const repeatMs = 250

/** The local user leaves, or the process is asked to stop. */
export const onLocalLeave = (replica: Replica): void => {
  const { role, timers } = replica
  replica.leaveBy ??= replica.after(leaveWithinMs)
  if (role.name === 'leader') role.leaving = role.leaving === 'no' ? 'draining' : role.leaving
  else if (role.name === 'follower') role.leaving = true
  else {
    leaveNow(replica)
    return
  }
  timers.set('leave', replica.now)
}

export const onLeaveTimer = (replica: Replica): void => {
  const { role, timers } = replica
  if (replica.leaveBy === null) return
  const isOver = replica.now >= replica.leaveBy || role.name === 'seeking'
  if (isOver || (role.name === 'leader' && role.leaving === 'handed-over')) {
    leaveNow(replica)
    return
  }
  timers.set('leave', Math.min(replica.now + repeatMs, replica.leaveBy))
  if (role.name === 'follower') replica.send(role.leader, { kind: 'leave_network' })
}

export const leaveNow = (replica: Replica): void => {
  if (replica.wasRemoved()) {
    putOut(replica, replica.history.state.roster.banned.has(replica.id) ? 'BANNED' : 'NOT_A_MEMBER')
    return
  }
  replica.role = { name: 'left' }
  replica.timers.clearAll()
  replica.emit({ event: 'left' })
}

/** A member takes leave of its leader. */
export const onLeaveRequest = (replica: Replica, from: NodeId): void => {
  const { role } = replica
  if (role.name === 'leader' && role.peers.has(from)) role.leaves.add(from)
}

export const drainLeaves = (replica: Replica, leader: Leader): readonly Draft[] => {
  const members = [...leader.leaves].filter((id) => replica.inView(id))
  leader.leaves.clear()
  return members.length === 0 ? [] : [{ kind: 'deactivate', body: { members, cause: 'left' } }]
}

/**
 * A leader that leaves, or was put off the roster, waits until everybody has what it appended (or
 * its time is up), appends its own leave and hands over to the next in line.
 */
export const settleLeaving = (replica: Replica, leader: Leader): void => {
  if (isRemoved(replica) && leader.leaving === 'no') {
    leader.leaving = 'draining'
    replica.leaveBy ??= replica.after(leaveWithinMs)
    replica.timers.set('leave', replica.now)
  }
  if (leader.leaving !== 'draining') return
  const { last } = replica.history.log.term(leader.term)
  const stored = [...leader.peers.values()].every((peer) => peer.mark >= last)
  const late = replica.leaveBy !== null && replica.now >= replica.leaveBy - repeatMs
  const drained = stored && (isRemoved(replica) || replica.outbox.size() === 0)
  if ((drained && leader.sure) || late) handOver(replica, leader)
}

/** Put off the roster: may still hand on what it has appended, and append nothing else. */
export const isRemoved = (replica: Replica): boolean => !replica.onRoster(replica.id)

const handOver = (replica: Replica, leader: Leader): void => {
  leader.leaving = 'handed-over'
  const { log } = replica.history
  const from = log.term(leader.term).last
  if (replica.inView(replica.id) && leader.sure && !isRemoved(replica))
    append(replica, leader, [
      { kind: 'deactivate', body: { members: [replica.id], cause: 'left' } },
    ])
  const next = replica.history.state.view.members.find(({ id }) => leader.peers.has(id))
  const entries = log.range(leader.term, from, log.term(leader.term).last)
  if (next !== undefined) replica.send(next.id, { kind: 'handover', term: leader.term, entries })
  replica.leaveBy ??= replica.after(repeatMs)
  replica.timers.set('leave', replica.now + (next === undefined ? 0 : repeatMs))
}
