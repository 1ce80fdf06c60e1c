/** Coming in, for the first time or again: the asker's side and the leader's. */
import { isVouchedFor } from './admission.ts'
import { isKnown, tipsOf } from './anti-entropy.ts'
import { beatMs, suspectMs } from './config.ts'
import { seek } from './election.ts'
import { follow, putOut } from './follower.ts'
import type { InstanceId, NodeId, TermId, Tip } from './ids.ts'
import type { Draft } from './appending.ts'
import { limits } from './limits.ts'
import type { Packet, Summary } from './packet.ts'
import { helpIn } from './relaying.ts'
import { isUnawareOfRemoval, provesRemoval, sayRemoved } from './removal.ts'
import type { Replica } from './replica.ts'
import type { Joining, JoinRequest, Leader } from './role.ts'
import { judgeAdmission, type AdmissionVerdict } from './roster.ts'
import { fetch, fetchUnknown } from './syncing.ts'
import { numberOf } from './view.ts'

/** Nodes that a newcomer asks in turn. */
const maxVia = 32

/** Requests that may wait for history to be fetched. */
const maxJoins = 1_000

/** Becomes one who asks to be let in: of whoever was named, and of all members known so far. */
export const askToJoin = (replica: Replica): void => {
  const { admission, history, timers, now } = replica
  const known = [...history.state.roster.members.keys()].filter((id) => id !== replica.id)
  const via = [...new Set([...admission.via, ...known])].slice(0, maxVia)
  replica.role = { name: 'joining', via, since: now }
  timers.clear('suspect', 'gap', 'candidacy', 'round', 'uneasy', 'mesh')
  timers.set('join', now)
}

/** Time to ask (again) to be let in. */
export const askAgain = (replica: Replica): void => {
  const { role, timers, config, history } = replica
  if (role.name !== 'joining' && (role.name !== 'follower' || role.attached)) return
  timers.set('join', replica.now + beatMs(config, replica.viewSize()))
  if (role.name === 'joining' && isLastToKnow(replica, role)) {
    seek(replica, null, { term: history.headTerm(), beat: 0, delayMs: 0 })
    return
  }
  const to = role.name === 'joining' ? role.via.shift() : role.leader
  if (to === undefined) return
  if (role.name === 'joining') role.via.push(to)
  ask(replica, to)
}

/**
 * A member that had left, and asks in vain to be let in again: all have left, and the group goes on
 * with whoever comes back first.
 */
const isLastToKnow = (replica: Replica, { since }: Joining): boolean =>
  replica.onRoster(replica.id) &&
  replica.now - since > 2 * suspectMs(replica.config, replica.viewSize())

const ask = (replica: Replica, to: NodeId): void => {
  const { card, history } = replica
  const { proof } = replica.admission
  const summary = history.summary()
  replica.send(to, { kind: 'join_network', card, proof, summary, anew: replica.asksAnew })
}

/** Somebody wants to come in. Only the leader can append it; others say who leads. */
export const onJoin = (
  replica: Replica,
  from: NodeId,
  instance: InstanceId,
  packet: Extract<Packet, { kind: 'join_network' }>,
): void => {
  const { role, history, now } = replica
  const founder = history.log.terms.get(replica.group as string as TermId)?.leader ?? from
  const { card, proof } = packet
  if (card.id !== from || !isVouchedFor(replica.crypto, replica.group, founder, { card, proof })) {
    replica.fault('bad-signature')
    replica.send(from, { kind: 'turned_away', code: 'NOT_INVITED', retryMs: null, proof: null })
    return
  }
  const isUnheeded = replica.config.planted.has('ban-unheeded')
  if (history.state.roster.banned.has(from) && !isUnheeded) {
    sayRemoved(replica, from)
    return
  }
  if (role.name === 'follower' && role.leader === from) {
    // It has lost what it led, or never had it: nobody leads.
    seek(replica, from, { term: role.term, beat: role.beat, delayMs: 0 })
    return
  }
  if (role.name === 'follower') {
    const leader = history.state.roster.members.get(role.leader)
    const addresses = leader?.card.addresses ?? []
    replica.send(from, { kind: 'redirect', leader: role.leader, addresses })
    helpIn(replica, from, instance, role.leader, packet)
    // It may know this node and not the leader, and then shows what it has to this one alone.
    if (replica.fetching.size < 2) fetchUnknown(replica, from, offered(packet.summary))
    return
  }
  if (role.name !== 'leader') return
  if (!packet.anew && isUnawareOfRemoval(replica, from, packet.summary)) {
    sayRemoved(replica, from)
    return
  }
  if (role.joins.size >= maxJoins && !role.joins.has(from)) {
    replica.send(from, { kind: 'turned_away', code: 'BUSY', retryMs: 1_000, proof: null })
    return
  }
  const wants = offered(packet.summary).filter((tip) => !isKnown(history, tip))
  const at = role.joins.get(from)?.at ?? now
  if (replica.config.planted.has('join-answered-too-early'))
    replica.send(from, { ...welcomeOf(replica, role), number: history.state.view.nextNumber })
  role.joins.set(from, { card, proof, wants, at })
  if (wants.length > 0) fetch(replica, from)
}

/** Without a head it is not known who is a member, and nobody is served. */
const offered = (summary: Summary): readonly Tip[] => (summary.head === null ? [] : tipsOf(summary))

/** Admits those whose history is here (or has not come in time). */
export const drainJoins = (replica: Replica, leader: Leader): readonly Draft[] => {
  const members: JoinRequest[] = []
  const { roster, settings } = replica.history.state
  for (const [id, request] of leader.joins) {
    if (!isReady(replica, request) || replica.inView(id)) continue
    const verdict = hasExpired(replica, request)
      ? 'expired'
      : judgeAdmission(roster, settings.policy, request)
    const isUnheeded = replica.config.planted.has('ban-unheeded') && verdict === 'banned'
    const code = isUnheeded ? undefined : refusals[verdict]
    if (code !== undefined) {
      leader.joins.delete(id)
      const retryMs = verdict === 'not-invited' && mayYetBeInvited(replica, leader) ? 1_000 : null
      replica.send(id, { kind: 'turned_away', code, retryMs, proof: null })
    } else if (verdict !== 'admitted' || hasUseLeft(replica, request, members))
      members.push(request)
    if (members.length >= limits.membersPerEntry) break
  }
  if (members.length === 0) return []
  const admissions = members.map(({ card, proof }) => ({ card, proof }))
  return [{ kind: 'activate', body: { members: admissions } }]
}

/**
 * One too many in the same entry would be on no roster, and yet be known and served history: it
 * waits for the next, and is turned away there.
 */
const hasUseLeft = (
  { history }: Replica,
  { proof }: JoinRequest,
  before: readonly JoinRequest[],
): boolean => {
  const { roster, settings } = history.state
  const invite = proof === null ? undefined : roster.invites.get(proof.invite)
  if (settings.policy === 'open' || invite === undefined) return true
  return before.filter((one) => one.proof?.invite === proof?.invite).length < invite.usesLeft
}

const refusals: Partial<Record<AdmissionVerdict | 'expired', string>> = {
  banned: 'BANNED',
  'not-invited': 'NOT_INVITED',
  expired: 'INVITE_EXPIRED',
}

/** Only whoever sequences has a clock to judge by: replicas must all come to the same. */
const hasExpired = (replica: Replica, { card, proof }: JoinRequest): boolean => {
  const { roster, settings } = replica.history.state
  const { members, invites } = roster
  const invite = proof === null ? undefined : invites.get(proof.invite)
  if (settings.policy === 'open' || invite === undefined || members.has(card.id)) return false
  if (replica.wallAheadMs === null) return false
  return invite.expires > 0 && invite.expires < replica.now + replica.wallAheadMs
}

/** Somebody let in on another side of a partition is known here once that side is spliced in. */
const mayYetBeInvited = (replica: Replica, leader: Leader): boolean =>
  leader.incoming.length > 0 || replica.fetching.size > 0 || replica.history.tips().length > 0

const isReady = (replica: Replica, request: JoinRequest): boolean =>
  request.wants.every((tip) => replica.history.log.has(tip)) ||
  replica.now - request.at > 2 * replica.config.pageTimeoutMs

const welcomeOf = ({ id, history }: Replica, { term, beat }: Leader) =>
  ({ kind: 'joined', term, leader: id, beat, seq: history.log.term(term).last }) as const

/** Tells those who are in the view now; what they are told is on disk by the time it is sent. */
export const answerJoins = (replica: Replica, leader: Leader): void => {
  for (const id of leader.joins.keys()) {
    const number = numberOf(replica.history.state.view, id)
    if (number === null) continue
    leader.joins.delete(id)
    replica.send(id, { ...welcomeOf(replica, leader), number })
  }
}

export const onJoined = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'joined' }>,
): void => {
  const { role } = replica
  const { term, leader, beat, seq } = packet
  if (from !== leader) return
  replica.asksAnew = false
  if (role.name === 'follower' && role.term === term) {
    role.attached = true
    role.told = Math.max(role.told, seq)
    replica.timers.clear('join')
    if (!replica.inView(replica.id)) fetch(replica, leader)
  } else if (role.name === 'joining') {
    // Until then the history may still say that this node was put off the roster.
    follow(replica, term, leader, { attached: true, beat }).told = seq
    replica.noteLate()
    fetch(replica, leader)
  }
}

export const onRedirect = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'redirect' }>,
): void => {
  const { role } = replica
  if (role.name !== 'joining' || packet.leader === replica.id) return
  // Whoever has a history asks whom it knows, and is sent on by them alone.
  if (replica.history.head !== null && !role.via.includes(from)) return
  replica.emit({ event: 'address', node: packet.leader, addresses: packet.addresses })
  const known = role.via.indexOf(packet.leader)
  if (known >= 0) role.via.splice(known, 1)
  role.via.unshift(packet.leader)
  role.via.splice(maxVia)
  replica.timers.atLatest('join', replica.now + 10)
}

/** Not let in. Heeded only from whom we asked, or with proof. */
export const onTurnedAway = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'turned_away' }>,
): void => {
  const { role } = replica
  const asked =
    (role.name === 'joining' && role.via.includes(from)) ||
    (role.name === 'follower' && !role.attached && role.leader === from)
  const { code, retryMs, proof } = packet
  if (!asked) {
    if (proof !== null && role.name !== 'left' && provesRemoval(replica, proof))
      putOut(replica, code)
    return
  }
  if (retryMs === null) putOut(replica, code)
  else {
    replica.emit({ event: 'turned-away', code, retryMs })
    replica.timers.set('join', replica.now + Math.min(retryMs, longestRetryMs))
  }
}

/** Nothing that others say keeps this node from asking again for longer than that. */
const longestRetryMs = 60_000

/** Nodes that may know the group: asked in turn while nobody has let us in. */
export const onHint = (replica: Replica, peers: readonly NodeId[]): void => {
  const { role } = replica
  if (role.name !== 'joining') {
    const isNamed = role.name !== 'follower' || peers.includes(role.leader)
    if (replica.config.planted.has('discovery-believed') && !isNamed)
      seek(replica, role.leader, { term: role.term, beat: role.beat, delayMs: 0 })
    replica.hints = peers.filter((id) => id !== replica.id).slice(0, 16)
    return
  }
  const fresh = peers.filter((id) => id !== replica.id && !role.via.includes(id))
  if (fresh.length === 0) return
  role.via.unshift(...fresh)
  role.via.splice(maxVia)
  replica.timers.atLatest('join', replica.now)
}
