/**
 * The modified Bully election: the lowest member number, active longest, leads.
 *
 * A member whose leader fell silent waits its turn by seniority, asks everybody else what they have
 * and whether they hear the leader, fills its gaps, and opens a term. In the classical algorithm
 * (Garcia-Molina, 1982) everybody asks everybody above it at once, which takes O(n²) packets;
 * taking turns takes O(n), and asking for content first means that nothing that anybody has is left
 * behind.
 */
import { unknownTips } from './anti-entropy.ts'
import { follow, putOut } from './follower.ts'
import { isDeposed } from './deposing.ts'
import type { NodeId, TermId } from './ids.ts'
import { byText } from './ids.ts'
import { askToJoin } from './joining.ts'
import { openTerm } from './opening.ts'
import { isSmallGroup, onUneasy, wakeMesh } from './reaching.ts'
import type { Packet, Vote } from './packet.ts'
import { sayRemoved } from './removal.ts'
import type { Replica } from './replica.ts'
import type { Round, Seeking } from './role.ts'
import { suspectMs } from './config.ts'
import { fetch } from './syncing.ts'
import { collectSteps, pauseMs, turnMs } from './turns.ts'
import { activeIds, numberOf } from './view.ts'

/** Roster members outside the view that a candidate asks too, in case that they know better. */
const othersAsked = 16

/** A term that the followed history contains and has gone beyond. */
export const isPast = (replica: Replica, term: TermId): boolean => {
  const { history } = replica
  return term !== history.headTerm() && history.contains({ term, seq: 0 })
}

/** No living leader is known: waits its turn, then asks around. */
export const seek = (
  replica: Replica,
  suspect: NodeId | null,
  how: { readonly term: TermId | null; readonly beat: number; readonly delayMs: number },
): void => {
  const { timers } = replica
  if (!replica.onRoster(replica.id)) {
    if (replica.wasRemoved()) putOut(replica, 'NOT_A_MEMBER')
    else askToJoin(replica)
    return
  }
  const { term, beat } = how
  replica.role = { name: 'seeking', suspect, term, beat, round: null, yielding: null }
  timers.clear('suspect', 'gap', 'join', 'round', 'beat', 'sure', 'hello', 'uneasy')
  timers.set('candidacy', replica.now + how.delayMs + turnMs(replica, suspect))
  onUneasy(replica)
}

export const onCandidacy = (replica: Replica): void => {
  const { role, timers, config } = replica
  if (role.name === 'seeking') startRound(replica, role)
  if (role.name === 'seeking' && role.round !== null)
    timers.set('round', replica.now + collectSteps * config.electionStepMs)
}

const startRound = (replica: Replica, role: Seeking): void => {
  replica.rounds += 1
  replica.roundAt = replica.now
  const view = replica.history.state.view.members.map((member) => member.id)
  const waiting = new Set(view.filter((id) => id !== replica.id && id !== role.suspect))
  role.round = { id: replica.rounds, waiting, here: new Map(), seniors: new Set(), pulling: false }
  const asked = new Set([...view, ...sampleOthers(replica, view)])
  const term = role.term ?? replica.history.headTerm()
  if (term === null) return
  replica.send([...asked], { kind: 'election', round: role.round.id, term, beat: role.beat })
}

const sampleOthers = (replica: Replica, view: readonly NodeId[]): readonly NodeId[] => {
  const active = new Set(view)
  const others = [...replica.history.state.roster.members.keys()].filter(
    (id) => id !== replica.id && !active.has(id),
  )
  while (others.length > othersAsked)
    others.splice(Math.floor(replica.prng.next() * others.length), 1)
  return others
}

/** Somebody wants to lead: says what this node knows better, or what it has. */
export const onElection = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'election' }>,
): void => {
  const { role } = replica
  if (role.name === 'joining' || role.name === 'left') return
  if (!replica.onRoster(from)) {
    if (replica.history.state.roster.removals.has(from)) sayRemoved(replica, from)
    return
  }
  const vote = (says: Vote): void => replica.send(from, { kind: 'vote', round: packet.round, says })
  const heard = livingLeader(replica, from, packet)
  if (heard !== null) {
    vote(heard)
    return
  }
  if (isSeniorTo(replica, from)) {
    vote({ answer: 'senior' })
    takeOver(replica, from, packet)
    return
  }
  if (role.name === 'follower') role.pledged = from
  if (role.name === 'seeking') defer(replica, role)
  vote({ answer: 'here', summary: replica.history.summary() })
}

/** The leader that this node is, or has itself heard lately with a beat that is news to the asker. */
const livingLeader = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'election' }>,
): Vote | null => {
  const { role, config } = replica
  if (role.name === 'leader') {
    if (role.leaving === 'handed-over') return null
    role.beat += 1
    const { term, beat } = role
    return { answer: 'leader', term, leader: replica.id, addresses: replica.card.addresses, beat }
  }
  if (role.name !== 'follower' || role.leader === from) return null
  const { term, leader, beat, heardAt } = role
  const patience = suspectMs(config, replica.viewSize())
  const hearsay = config.planted.has('hearsay-refreshes')
  if (!hearsay && (heardAt === null || replica.now - heardAt > patience)) return null
  if (!hearsay && term === packet.term && beat <= packet.beat) return null
  const addresses = replica.history.state.roster.members.get(leader)?.card.addresses ?? []
  return { answer: 'leader', term, leader, addresses, beat }
}

/** Active longer than the other, as this node's history has it. */
const isSeniorTo = (replica: Replica, other: NodeId): boolean => {
  const { view } = replica.history.state
  const own = numberOf(view, replica.id)
  const theirs = numberOf(view, other)
  if (own === null && theirs === null) return byText(replica.id, other) < 0
  return own !== null && (theirs === null || own < theirs)
}

/**
 * A junior member suspects the leader and so, now, does this one: it goes first. In a large group
 * the candidate finds out who is the first of all that could, and asks that one again: if each took
 * over at once, all would.
 */
const takeOver = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'election' }>,
): void => {
  const { role, timers } = replica
  if (role.name === 'follower')
    seek(replica, role.leader, { term: role.term, beat: role.beat, delayMs: 0 })
  if (replica.role.name !== 'seeking' || replica.role.round !== null) return
  replica.role.beat = Math.max(
    replica.role.beat,
    packet.term === replica.role.term ? packet.beat : 0,
  )
  const { yielding } = replica.role
  const isAskedAgain = yielding?.from === from && yielding.round === packet.round
  // At once, but not again and again: two that each hold the other to be senior would never rest.
  const again = replica.roundAt + replica.config.electionStepMs
  const isFirst = replica.now >= again
  const at = isFirst ? replica.now : again + replica.prng.next() * replica.config.electionStepMs
  if (isSmallGroup(replica) || isAskedAgain) timers.set('candidacy', at)
  else defer(replica, replica.role, { from, round: packet.round })
}

/** Leaves it to somebody more senior, and tries again if nothing comes of it. */
const defer = (replica: Replica, role: Seeking, yielding: Seeking['yielding'] = null): void => {
  const { timers } = replica
  role.round = null
  role.yielding = yielding
  timers.clear('round')
  timers.set('candidacy', replica.now + pauseMs(replica, role.suspect))
}

/** Asks the first of those that could better this candidacy to stand itself. */
const giveWayTo = (replica: Replica, role: Seeking, round: Round): void => {
  const { members } = replica.history.state.view
  const first = members.find(({ id }) => round.seniors.has(id))?.id ?? [...round.seniors][0]
  const term = role.term ?? replica.history.headTerm()
  if (first !== undefined && term !== null)
    replica.send(first, { kind: 'election', round: round.id, term, beat: role.beat })
  defer(replica, role)
}

export const onVote = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'vote' }>,
): void => {
  const { role } = replica
  if (role.name !== 'seeking' || role.round === null || role.round.id !== packet.round) return
  const { says } = packet
  if (says.answer === 'leader') onLivingLeader(replica, role, from, says)
  else if (says.answer === 'senior') {
    if (isJuniorTo(replica, from) && isSmallGroup(replica)) defer(replica, role)
    else {
      if (isJuniorTo(replica, from)) role.round.seniors.add(from)
      role.round.waiting.delete(from)
    }
  } else if (!role.round.pulling) {
    role.round.here.set(from, says.summary)
    role.round.waiting.delete(from)
  }
  concludeIfComplete(replica)
}

const isJuniorTo = (replica: Replica, other: NodeId): boolean => !isSeniorTo(replica, other)

/** Somebody hears a leader. Of the suspected one only a new beat is news. */
const onLivingLeader = (
  replica: Replica,
  role: Seeking,
  from: NodeId,
  says: Extract<Vote, { answer: 'leader' }>,
): void => {
  const { term, leader, addresses, beat } = says
  const known = term === role.term ? role.beat : -1
  const isNews = beat > known || replica.config.planted.has('hearsay-refreshes')
  if (leader === replica.id || !isNews || isDeposed(replica, leader)) return
  replica.emit({ event: 'address', node: leader, addresses })
  const direct = leader === from
  if (!direct) wakeMesh(replica)
  if (!direct && replica.unreachable === leader) {
    role.round?.waiting.delete(from)
    return
  }
  const follower = follow(replica, term, leader, { attached: false, beat })
  if (direct) follower.heardAt = replica.now
}

/** A peer's process is gone: nobody listens at its address. */
export const onRefusedPeer = (replica: Replica, peer: NodeId): void => {
  const { role, mesh } = replica
  mesh.forget(peer)
  if (role.name === 'follower' && role.leader === peer) {
    if (role.heardAt === null) replica.unreachable = peer
    seek(replica, peer, { term: role.term, beat: role.beat, delayMs: 0 })
  } else if (role.name === 'seeking' && role.round !== null) {
    role.round.waiting.delete(peer)
    concludeIfComplete(replica)
  }
}

/** All that were asked have answered: no need to wait for the deadline. */
const concludeIfComplete = (replica: Replica): void => {
  const { role } = replica
  if (role.name !== 'seeking' || role.round === null) return
  const { waiting, here, seniors, pulling } = role.round
  const hasAnswers = here.size + seniors.size > 0
  if (waiting.size === 0 && hasAnswers && !pulling) conclude(replica, role, role.round)
}

/** The deadline of the round: whoever has not answered is not there. */
export const onRound = (replica: Replica): void => {
  const { role } = replica
  if (role.name !== 'seeking' || role.round === null) return
  if (role.round.pulling) open(replica, role.round)
  else conclude(replica, role, role.round)
}

const conclude = (replica: Replica, role: Seeking, round: Round): void => {
  const { config, timers } = replica
  if (round.seniors.size > 0) {
    giveWayTo(replica, role, round)
    return
  }
  if (!pull(replica, round)) {
    open(replica, round)
    return
  }
  round.pulling = true
  role.round = round
  timers.set('round', replica.now + 2 * config.pageTimeoutMs)
}

/** Fetches what those who are here have and this node lacks; false if there is nothing. */
const pull = (replica: Replica, round: Round): boolean => {
  let lacking = false
  for (const [id, summary] of round.here) {
    if (unknownTips(replica.history, summary).length === 0) continue
    lacking = true
    fetch(replica, id)
  }
  return lacking
}

/** At the end of a step: is everything here that was waited for? */
export const settleSeeking = (replica: Replica, role: Seeking): void => {
  const { round } = role
  if (round === null || !round.pulling) return
  if (!pull(replica, round)) open(replica, round)
}

const open = (replica: Replica, round: Round): void => {
  const { history } = replica
  const continuations = history
    .tips()
    .filter((tip) => history.canAdvanceTo(tip))
    .toSorted((a, b) => history.log.clockAt(b) - history.log.clockAt(a) || byText(a.hash, b.hash))
  const [longest] = continuations
  if (longest !== undefined) replica.advance(longest)
  if (!replica.onRoster(replica.id)) {
    if (replica.wasRemoved()) putOut(replica, 'NOT_A_MEMBER')
    else askToJoin(replica)
    return
  }
  const here = new Set([...round.here.keys()].filter((id) => replica.onRoster(id)))
  const active = activeIds(history.state.view)
  const gone = [...active].filter((id) => !here.has(id) && id !== replica.id)
  const back = [...here].filter((id) => !active.has(id) && id !== replica.id).toSorted(byText)
  openTerm(replica, { gone, back })
}

/** Opens the term of the member that the leaving leader handed over to. */
export const openAsSuccessor = (replica: Replica): void => {
  openTerm(replica, { gone: [], back: [] })
}
