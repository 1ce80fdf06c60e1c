/**
 * Two leaders of one group find each other: one gives way, in two phases, and the other splices in
 * what the first one's side has.
 *
 * probe → sighting → probe with claims → hello → welcome → (fetch) → merge
 *
 * The weaker leader goes on leading until it is welcomed, so a stronger one that cannot hear
 * topples nobody. A term that was given up is never taken up again.
 */
import { tipsOf } from './anti-entropy.ts'
import type { Claim } from './claim.ts'
import { beatMs, suspectMs } from './config.ts'
import { isDeposed } from './deposing.ts'
import { seek } from './election.ts'
import { follow } from './follower.ts'
import type { NodeId, TermId, Tip } from './ids.ts'
import { byText } from './ids.ts'
import type { Draft } from './appending.ts'
import { claimOf, isStronger } from './leader.ts'
import { limits } from './limits.ts'
import { wakeMesh } from './reaching.ts'
import type { MergeStep, Packet } from './packet.ts'
import { jitter } from './prng.ts'
import { sayRemoved } from './removal.ts'
import type { Replica } from './replica.ts'
import type { Leader } from './role.ts'
import { askForStanding, wasLetIn } from './standing.ts'
import { fetchUnknown } from './syncing.ts'
import { inactive } from './view.ts'

/** Roster members outside the view that are looked for at a time. */
const probedAtOnce = 8

const send = (replica: Replica, to: NodeId, step: MergeStep): void =>
  replica.send(to, { kind: 'merge', step })

/** What this node says of itself to somebody outside its view. */
const probeOf = (replica: Replica, answer: boolean): MergeStep => {
  const { role } = replica
  if (role.name === 'leader' && role.leaving !== 'handed-over') {
    const claim = claimOf(replica, role)
    return { step: 'probe', term: role.term, leader: replica.id, claim, answer }
  }
  const heard = role.name === 'follower' && role.heardAt !== null
  if (role.name !== 'follower' || !heard)
    return { step: 'probe', term: null, leader: null, claim: null, answer }
  return { step: 'probe', term: role.term, leader: role.leader, claim: null, answer }
}

/** Now and then: looks for roster members that are not in the view. Most of it is the leader's part. */
export const onProbeTimer = (replica: Replica): void => {
  const { role, prng, config, timers, history } = replica
  timers.set('probe', replica.now + jitter(prng, 4 * beatMs(config, replica.viewSize()), 0.25))
  if (role.name === 'left' || role.name === 'joining') return
  const known = [...history.state.roster.members.keys()]
  const missing = inactive(history.state.view, known).filter((id) => id !== replica.id)
  for (const id of replica.hints) if (!missing.includes(id)) missing.push(id)
  const most = role.name === 'follower' ? 1 : probedAtOnce
  while (missing.length > most) missing.splice(Math.floor(prng.next() * missing.length), 1)
  for (const id of missing) send(replica, id, probeOf(replica, true))
}

export const onMerge = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'merge' }>,
): void => {
  const { step } = packet
  if (!replica.inView(from) && replica.onRoster(from)) wakeMesh(replica)
  if (replica.role.name === 'left' || replica.role.name === 'joining') return
  switch (step.step) {
    case 'probe':
      onProbe(replica, from, step)
      return
    case 'sighting':
      if (!replica.onRoster(from)) return
      replica.emit({ event: 'address', node: step.leader, addresses: step.addresses })
      noteForeign(replica, from, step)
      return
    case 'offer':
      // Whoever has come in on another side may be unknown here; strangers get no more than a turn.
      if (replica.onRoster(from) || replica.fetching.size < 2)
        fetchUnknown(replica, from, tipsOf(step.summary))
      return
    case 'hello':
      onHello(replica, from, step)
      return
    case 'welcome':
      onWelcome(replica, from, step)
      return
  }
}

const onProbe = (
  replica: Replica,
  from: NodeId,
  step: Extract<MergeStep, { step: 'probe' }>,
): void => {
  if (step.answer && wasLetIn(replica, from)) send(replica, from, probeOf(replica, false))
  const { term, leader } = step
  if (term === null || leader === null) return
  noteForeign(replica, from, { term, leader }, step.claim?.leader === from ? step.claim : null)
  const { members, banned, removals } = replica.history.state.roster
  if (members.has(from) && (banned.has(leader) || isSuperseded(replica, from, step)))
    send(replica, from, { step: 'offer', summary: replica.history.summary() })
  else if (removals.has(from)) sayRemoved(replica, from)
}

/**
 * Has the term that it leads been part of this history for a while, without its knowing? Mostly it
 * gives way sooner; if it does not listen to this side's leader, it needs to be told by others.
 */
const isSuperseded = (
  replica: Replica,
  from: NodeId,
  { term, leader }: Extract<MergeStep, { step: 'probe' }>,
): boolean => {
  const { history, now, config } = replica
  if (leader !== from || term === null || !history.contains({ term, seq: 0 })) return false
  if (replica.superseded?.term !== term) replica.superseded = { term, since: now }
  return now - replica.superseded.since > 2 * suspectMs(config, replica.viewSize())
}

/**
 * A leader that finds its own history whole in another one has been merged without having given
 * way, by somebody it does not listen to: whether that is right, that history says.
 */
export const yieldsToWhole = (replica: Replica, leader: Leader): boolean => {
  const { history } = replica
  const { banned } = history.state.roster
  if (banned.size === 0 || leader.peers.size > 0) return false
  const whole = history
    .tips()
    .find((tip) => banned.has(history.log.term(tip.term).leader) && history.canAdvanceTo(tip))
  if (whole === undefined) return false
  replica.advance(whole)
  seek(replica, null, { term: leader.term, beat: leader.beat, delayMs: 0 })
  return true
}

/**
 * A leader of this group is about that is not the one followed here. Followers tell their leader;
 * leaders compare claims; whoever has none follows it.
 */
export const noteForeign = (
  replica: Replica,
  from: NodeId,
  { term, leader }: { readonly term: TermId; readonly leader: NodeId },
  claim: Claim | null = null,
): void => {
  const { role } = replica
  const { banned } = replica.history.state.roster
  if (leader === replica.id || banned.has(leader) || isDeposed(replica, leader)) return
  if (!wasLetIn(replica, leader)) {
    askForStanding(replica, from, term, leader)
    return
  }
  switch (role.name) {
    case 'leader':
      if (term !== role.term && role.leaving !== 'handed-over') meet(replica, role, leader, claim)
      return
    case 'follower':
      if (role.leader === leader || role.term === term) return
      tellLeader(replica, role.leader, term, leader)
      return
    case 'seeking':
      if (leader !== role.suspect && leader !== replica.unreachable)
        follow(replica, term, leader, { attached: false })
      return
    default:
      return
  }
}

/** At most one sighting per beat: whoever sees one will see it again. */
const tellLeader = (replica: Replica, own: NodeId, term: TermId, leader: NodeId): void => {
  const pause = beatMs(replica.config, replica.viewSize())
  if (replica.now - replica.sightedAt < pause) return
  replica.sightedAt = replica.now
  const addresses = replica.history.state.roster.members.get(leader)?.card.addresses ?? []
  send(replica, own, { step: 'sighting', term, leader, addresses })
}

const meet = (replica: Replica, role: Leader, leader: NodeId, claim: Claim | null): void => {
  if (claim === null) {
    const pause = beatMs(replica.config, replica.viewSize()) / 2
    if (replica.now - replica.sightedAt < pause) return
    replica.sightedAt = replica.now
    send(replica, leader, probeOf(replica, true))
  } else if (isStronger(replica, role, claim)) {
    if (role.hello === null) send(replica, leader, probeOf(replica, false))
  } else sayHello(replica, role, claim)
}

/** Offers the stronger leader to give way to it. */
const sayHello = (replica: Replica, role: Leader, claim: Claim): void => {
  if (role.hello !== null || !role.sure || role.leaving !== 'no') return
  role.hello = { to: claim.leader, term: claim.term }
  const pause = 2 * replica.config.electionStepMs
  replica.timers.set('hello', replica.now + jitter(replica.prng, pause, 0.5))
  send(replica, claim.leader, {
    step: 'hello',
    claim: claimOf(replica, role),
    members: replica.history.state.view.members.map((member) => member.id),
    summary: replica.history.summary(),
  })
  if (replica.config.planted.has('giving-way-before-welcome'))
    giveWay(replica, role, claim.leader, claim.term)
}

/** No welcome came: goes on leading; the next sighting starts anew. */
export const onHelloTimeout = (replica: Replica): void => {
  if (replica.role.name === 'leader') replica.role.hello = null
}

const onHello = (
  replica: Replica,
  from: NodeId,
  step: Extract<MergeStep, { step: 'hello' }>,
): void => {
  const { role } = replica
  if (role.name !== 'leader' || step.claim.leader !== from) return
  if (!wasLetIn(replica, from)) {
    askForStanding(replica, from, step.claim.term, from)
    return
  }
  if (!accepts(replica, role, step.claim)) return
  role.hello = null
  replica.timers.clear('hello')
  role.incoming = [...new Set([...role.incoming, ...step.members])].slice(0, limits.members)
  fetchUnknown(replica, from, step.summary.head === null ? [] : [step.summary.head])
  const { term, beat: number } = role
  send(replica, from, { step: 'welcome', term, gaveUp: step.claim.term, beat: number })
}

/**
 * Two that each think the other stronger (claims change while they travel) would wait for each
 * other: then the term's id decides. A leader that waits for a third one welcomes nobody.
 */
const accepts = (replica: Replica, role: Leader, claim: Claim): boolean => {
  if (!role.sure || role.leaving !== 'no') return false
  if (role.hello === null) return isStronger(replica, role, claim)
  return role.hello.term === claim.term && byText(role.term, claim.term) < 0
}

/** The stronger leader has heard us and takes us in. */
const onWelcome = (
  replica: Replica,
  from: NodeId,
  step: Extract<MergeStep, { step: 'welcome' }>,
): void => {
  const { role } = replica
  if (role.name !== 'leader' || step.gaveUp !== role.term) return
  if (role.hello === null || role.hello.to !== from) return
  giveWay(replica, role, from, step.term)
}

const giveWay = (replica: Replica, role: Leader, to: NodeId, term: TermId): void => {
  const told = [...role.peers.keys()]
  replica.send(told, { kind: 'coordinator', term, leader: to, entries: [], gaveUp: role.term })
  follow(replica, term, to, { attached: false })
}

/**
 * Branches that are stored here in full and not yet part of this history are spliced in, with the
 * members that come with them: those who gave way, then those who came back by themselves.
 */
export const drainMerge = (replica: Replica, leader: Leader): readonly Draft[] => {
  const { history } = replica
  if (replica.fetching.size > 0) return []
  const tips = [...history.tips(), ...mergedAgain(replica, leader)]
    .toSorted((a, b) => history.log.clockAt(a) - history.log.clockAt(b) || byText(a.hash, b.hash))
    .slice(0, limits.tips)
  const waiting = inactive(history.state.view, leader.incoming)
  const members = waiting.slice(0, limits.membersPerEntry)
  leader.incoming = waiting.slice(limits.membersPerEntry)
  if (tips.length > 0)
    return [{ kind: 'merge', body: { tips: tips.map((tip) => tip.hash), members } }]
  const known = members.filter((id) => replica.onRoster(id))
  const admissions = known.flatMap((id) => {
    const member = history.state.roster.members.get(id)
    return member === undefined ? [] : [{ card: member.card, proof: null }]
  })
  return admissions.length === 0 ? [] : [{ kind: 'activate', body: { members: admissions } }]
}

/** Nothing, unless a bug is planted: what was merged last counts as new whenever members come in. */
const mergedAgain = ({ config, history }: Replica, { incoming }: Leader): readonly Tip[] => {
  if (!config.planted.has('merge-not-idempotent') || incoming.length === 0) return []
  const merged = [...history.log.terms.values()].flatMap((term) => term.merges.at(-1)?.tips ?? [])
  return merged.map((place) => ({ ...place, hash: history.log.hashAt(place) }))
}
