/** What the leader of a term does: show that it lives, give entries their place, know who has what. */
import type { Claim } from './claim.ts'
import { compareClaims } from './claim.ts'
import { beatMs, suspectMs, uneasyMs } from './config.ts'
import { seek } from './election.ts'
import { entryText, headText } from './entry-codec.ts'
import { termOf, type Bodies, type Entry, type EntryKind, type SignedEntry } from './entry.ts'
import { signEntry } from './founding.ts'
import type { InstanceId, NodeId, TermId } from './ids.ts'

import { clockAfter } from './lamport-clock.ts'
import { drainJoins, answerJoins } from './joining.ts'
import { drainLeaves, settleLeaving } from './leaving.ts'
import { limits } from './limits.ts'
import { MarkTally } from './mark-tally.ts'
import { drainMerge, noteForeign } from './merging.ts'
import { isSmallGroup, onUneasy } from './mesh.ts'
import type { Packet } from './packet.ts'
import { jitter } from './prng.ts'
import type { Replica } from './replica.ts'
import type { Leader, Peer } from './role.ts'
import { giveUp } from './sending.ts'
import { drainQueue, forgetIdleRates, mayAppend } from './sequencer.ts'
import { entryBytes } from './sizes.ts'
import { fetchUnknown } from './syncing.ts'
import { activeIds, numberOf } from './view.ts'
import { marksOf } from './watermarks.ts'

/** An entry before it has its place. */
export type Draft = {
  [K in EntryKind]: { readonly kind: K; readonly body: Bodies[K] }
}[EntryKind]

/** Entries under one of the leader's signatures: at most this many, or this many bytes. */
const signEvery = { entries: 64, bytes: 131_072 }

/** Starts a group: its genesis entry, then the founder's first term. */
export const found = (replica: Replica, genesis: SignedEntry): void => {
  replica.history.add(genesis)
  replica.history.advance({ term: termOf(genesis), seq: 0 })
  openTerm(replica, [replica.id])
}

/** Opens a term of its own with this view (itself first) and leads it. */
export const openTerm = (replica: Replica, view: readonly NodeId[]): void => {
  const { history, prng } = replica
  const head = history.head
  if (head === null) return
  if (replica.config.planted.has('old-term-continued') && ledBefore(replica, head.term)) {
    replica.role = newLeader(head.term)
    syncPeers(replica, replica.role)
    replica.timers.set('beat', replica.now)
    return
  }
  const nonce = Math.floor(prng.next() * 2 ** 48).toString(16)
  const counter = history.state.counter + 1
  const signed = signEntry(replica.crypto, {
    group: replica.group,
    prev: head.hash,
    term: '',
    seq: 0,
    clock: clockAfter([history.clock()]),
    kind: 'open',
    body: { counter, leader: replica.id, instance: replica.instance, nonce, view },
  })
  const term = signed.hash as string as TermId
  history.add(signed)
  replica.advance({ term, seq: 0 })
  replica.role = newLeader(term)
  replica.timers.clear('candidacy', 'round', 'suspect', 'join', 'gap', 'uneasy')
  syncPeers(replica, replica.role)
  const packet = { kind: 'coordinator', term, leader: replica.id, gaveUp: null } as const
  replica.send([...replica.role.peers.keys()], { ...packet, entries: [signed] })
  replica.timers.set('beat', replica.now + beatMs(replica.config, view.length) / 4)
}

const ledBefore = (replica: Replica, term: TermId): boolean =>
  replica.history.log.term(term).leader === replica.id

const newLeader = (term: TermId): Leader => ({
  name: 'leader',
  term,
  beat: 0,
  viewSeq: 0,
  peers: new Map(),
  tally: new MarkTally(),
  queue: new Map(),
  rates: new Map(),
  joins: new Map(),
  admittedAt: -Infinity,
  incoming: [],
  leaves: new Set(),
  refused: [],
  sure: true,
  hello: null,
  claimed: 0,
  marksMoved: true,
  toldMarks: '',
  leaving: 'no',
})

/** Peers are the view, this node apart; those that are new start with nothing. */
const syncPeers = (replica: Replica, leader: Leader): void => {
  const view = activeIds(replica.history.state.view)
  for (const [id, { mark }] of leader.peers) {
    if (view.has(id)) continue
    leader.peers.delete(id)
    leader.tally.remove(mark)
  }
  for (const id of view) {
    if (id === replica.id || leader.peers.has(id)) continue
    leader.peers.set(id, newPeer(replica))
    leader.tally.add(-1)
  }
}

const newPeer = (replica: Replica): Peer => ({
  instance: null,
  mark: -1,
  seenAt: replica.now,
  liveAt: null,
  answered: 0,
  wroteAt: -1,
  settled: -1,
})

/** Appends drafts to the term, shows them and sends them to the view as it was and as it will be. */
export const append = (replica: Replica, leader: Leader, drafts: readonly Draft[]): void => {
  if (drafts.length === 0) return
  const before = new Set(leader.peers.keys())
  const view = replica.history.state.view
  const entries = link(replica, leader, drafts)
  replica.advance({ term: leader.term, seq: replica.history.log.term(leader.term).last })
  if (replica.history.state.view !== view) {
    leader.viewSeq = replica.history.log.term(leader.term).last
    syncPeers(replica, leader)
  }
  for (const { entry } of entries)
    if (entry.kind === 'message' || entry.kind === 'roster') {
      const author = leader.peers.get(entry.body.author)
      if (author !== undefined) author.wroteAt = entry.seq
    }
  for (const id of leader.peers.keys()) before.add(id)
  for (const page of pagesOf(entries))
    replica.send([...before], { kind: 'append', term: leader.term, entries: page })
  leader.marksMoved = true
}

/** Chains drafts to the end of the term, and signs where a batch ends: before a merge, and last. */
const link = (replica: Replica, leader: Leader, drafts: readonly Draft[]): SignedEntry[] => {
  const { history, crypto, group } = replica
  const entries: SignedEntry[] = []
  let unsigned = { entries: 0, bytes: 0 }
  for (const [at, draft] of drafts.entries()) {
    const info = history.log.term(leader.term)
    const clocks = [info.lastClock]
    if (draft.kind === 'merge')
      for (const tip of draft.body.tips) {
        const place = history.log.placeOf(tip)
        if (place !== null) clocks.push(history.log.clockAt(place))
      }
    const entry = {
      group,
      prev: info.lastHash,
      term: leader.term,
      seq: info.last + 1,
      clock: Math.max(clockAfter(clocks), claimedClock(replica, draft)),
      ...draft,
    } as Entry
    const hash = crypto.hash(entryText(entry))
    unsigned = { entries: unsigned.entries + 1, bytes: unsigned.bytes + entryBytes(entry) }
    const next = drafts[at + 1]
    const closes =
      next === undefined ||
      next.kind === 'merge' ||
      unsigned.entries >= signEvery.entries ||
      unsigned.bytes >= signEvery.bytes
    const sig = closes ? crypto.sign(headText(hash)) : null
    if (closes) unsigned = { entries: 0, bytes: 0 }
    const signed = { entry, hash, sig }
    history.add(signed)
    entries.push(signed)
  }
  return entries
}

const claimedClock = ({ config }: Replica, draft: Draft): number =>
  config.planted.has('wall-clock-accepted') && draft.kind === 'message'
    ? (draft.body.items[0]?.sentAt ?? 0)
    : 0

/** Splits what was appended into packets, each ending with a signed entry. */
const pagesOf = (entries: readonly SignedEntry[]): readonly (readonly SignedEntry[])[] => {
  const pages: SignedEntry[][] = [[]]
  let batch: SignedEntry[] = []
  let bytes = { page: 0, batch: 0 }
  for (const signed of entries) {
    batch.push(signed)
    bytes.batch += entryBytes(signed.entry)
    if (signed.sig === null) continue
    if (bytes.page + bytes.batch > limits.pageBytes && bytes.page > 0) {
      pages.push([])
      bytes.page = 0
    }
    pages.at(-1)?.push(...batch)
    bytes = { page: bytes.page + bytes.batch, batch: 0 }
    batch = []
  }
  return pages
}

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
    if (packet.leader !== replica.id) noteForeign(replica, packet.term, packet.leader, null)
    return
  }
  const peer = role.peers.get(from)
  if (peer === undefined) return
  const isNew = packet.beat > peer.answered && packet.beat <= role.beat
  if (isNew && peer.instance !== instance) startRun(role, peer, instance)
  noteMark(replica, role, peer, instance, packet.seq)
  if (isNew) {
    peer.answered = packet.beat
    peer.seenAt = replica.now
    peer.liveAt = replica.now
  }
  fetchUnknown(replica, from, packet.tips)
}

/** Only whoever answers a new beat is known to be the node's present run; it may have lost its disk. */
const startRun = (leader: Leader, peer: Peer, instance: InstanceId): void => {
  if (peer.instance !== null && peer.mark >= 0) setMark(leader, peer, -1)
  peer.instance = instance
}

const setMark = (leader: Leader, peer: Peer, mark: number): void => {
  leader.tally.move(peer.mark, mark)
  peer.mark = mark
  leader.marksMoved = true
}

/** A mark counts for the run that told it: what another one had may be lost. */
const noteMark = (
  replica: Replica,
  leader: Leader,
  peer: Peer,
  instance: InstanceId,
  seq: number,
): void => {
  const mark = Math.min(seq, replica.history.log.term(leader.term).last)
  const keeps = peer.instance !== null && replica.config.planted.has('marks-of-a-former-instance')
  peer.instance ??= instance
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
  if (peer !== undefined) noteMark(replica, role, peer, instance, packet.seq)
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

const tellClaim = (replica: Replica, leader: Leader): void => {
  const live = liveOf(replica, leader)
  if (live === leader.claimed) return
  leader.claimed = live
  const claim = claimOf(replica, leader)
  replica.emit({ event: 'claim', claim })
}
