/** The author's side: from the local user's hands into the log, once, in order, whatever happens. */
import { suspectMs } from './config.ts'
import { appeal } from './deposing.ts'
import { lastIdOf } from './group-state.ts'
import type { Input } from './input.ts'
import type { InstanceId, NodeId, Place, TermId } from './ids.ts'
import type { Packet } from './packet.ts'
import type { Replica } from './replica.ts'
import { enqueue } from './sequencer.ts'
import { fetch } from './syncing.ts'
import { proofSeq } from './watermarks.ts'

export const onSend = (replica: Replica, input: Extract<Input, { type: 'send' }>): void => {
  const { kind, id, sentAt, content } = input
  const full = replica.outbox.size() >= replica.config.outboxItems
  const takesAll = replica.config.planted.has('queue-without-bound')
  if ((full && !takesAll) || replica.role.name === 'left') {
    replica.emit({ event: 'refused', ids: [id], code: full ? 'OUTBOX_FULL' : 'NOT_A_MEMBER' })
    return
  }
  replica.outbox.queue({ kind, session: replica.session, item: { id, sentAt, content } })
}

/** Makes batches of what waits, as the window allows, and sends what the leader has not been sent. */
export const sendWaiting = (replica: Replica): void => {
  const { outbox, history, role } = replica
  if (outbox.isEmpty()) return
  outbox.noteSequenced((session) => replica.ownMark(session), history.head)
  const canSend =
    role.name === 'leader' ||
    (role.name === 'follower' && role.attached && replica.onRoster(role.leader))
  if (!canSend || history.head === null) return
  outbox.fill(replica.config, {
    group: replica.group,
    author: replica.id,
    after: history.head.hash,
    crypto: replica.crypto,
    markOf: (session) => replica.ownMark(session),
    lastIdOf: (session) => lastIdOf(history.state, replica.id, session),
    session: replica.session,
    isUpToDate: isUpToDate(replica),
  })
  const batches = outbox.takeUnsent(role.term)
  if (batches.length === 0) return
  if (role.name === 'leader') for (const one of batches) enqueue(replica, role, one)
  else replica.send(role.leader, { kind: 'send_message', batches })
  const pause = suspectMs(replica.config, replica.viewSize())
  if (!replica.timers.isSet('resend')) replica.timers.set('resend', replica.now + pause)
}

/** Does the history have all that the leader had when it was last heard? */
const isUpToDate = ({ role, history }: Replica): boolean => {
  if (role.name !== 'follower') return role.name === 'leader'
  const { head } = history
  return role.heardAt !== null && head?.term === role.term && head.seq >= role.told
}

/** At the end of a step: lets go of what is safe, which may make room for more. */
export const settleOutbox = (replica: Replica): void => {
  const { outbox, history } = replica
  if (outbox.isEmpty()) return
  outbox.noteSequenced((session) => replica.ownMark(session), history.head)
  outbox.settle((place) => isSafe(replica, place))
  sendWaiting(replica)
}

/**
 * Stored by two, or by all of a smaller view? A follower of the term that contains it is one disk
 * and the term's leader is another: it stored the entry before it sent it.
 */
const isSafe = (replica: Replica, place: Place): boolean => {
  const { role, history } = replica
  if (role.name === 'follower')
    return history.head?.term === role.term && proofSeq(replica, role.term, place) !== null
  if (role.name !== 'leader') return false
  if (replica.config.planted.has('outbox-dropped-at-one') || role.peers.size === 0) return true
  const proof = proofSeq(replica, role.term, place)
  if (proof === null) return false
  for (const peer of role.peers.values()) if (peer.mark >= proof) return true
  return false
}

/** The leader was silent about some of it: say it again. */
export const onResend = (replica: Replica): void => {
  replica.outbox.forgetSent()
  appeal(replica)
}

export const onRefused = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'refused' }>,
): void => {
  const { outbox } = replica
  if (from !== replica.leader() || !outbox.isUnderWay(packet.session, packet.aseq)) return
  if (packet.retryMs !== null) {
    const after = replica.headHash()
    if (packet.code === 'UNKNOWN_PAST' && after !== null)
      outbox.renew(packet.aseq, { ...packet, group: replica.group, after, crypto: replica.crypto })
    replica.timers.set('resend', replica.now + Math.min(packet.retryMs, 60_000))
    return
  }
  onFinalRefusal(replica, from, packet.code)
}

/**
 * A leader's word is not enough to call a message failed: it may have been sequenced before. Those
 * who were kicked fetch the history and find it there; those who were banned are not served any
 * more.
 */
const onFinalRefusal = (replica: Replica, from: NodeId, code: string): void => {
  if (code === 'BANNED') giveUp(replica, code, null)
  else fetch(replica, from)
}

/**
 * Nothing that waits will ever be sequenced: tells the author so, once, and begins a new session.
 * Only of `term` is it known that it does not have it.
 */
export const giveUp = (replica: Replica, code: string, term: TermId | null): void => {
  const { outbox, history } = replica
  outbox.noteSequenced((session) => replica.ownMark(session), history.head)
  const { refused, unknown } = outbox.refuseAll(term)
  if (refused.length > 0) replica.emit({ event: 'refused', ids: refused, code })
  if (unknown.length > 0) replica.emit({ event: 'refused', ids: unknown, code: 'OUTCOME_UNKNOWN' })
  replica.session = newSession(replica)
}

const newSession = (replica: Replica): InstanceId => {
  let session = ''
  for (let word = 0; word < 4; word += 1)
    session += Math.floor(replica.prng.next() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0')
  return session as InstanceId
}
