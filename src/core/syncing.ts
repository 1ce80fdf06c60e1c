/** Taking in history from others, asking for what is missing, and serving what others miss. */
import { admitEntries } from './admission.ts'
import { isKnown, pageFor, unknownTips } from './anti-entropy.ts'
import { expose } from './cross-check.ts'
import type { SignedEntry } from './entry.ts'
import type { NodeId, Place, Tip } from './ids.ts'
import type { Packet, Summary } from './packet.ts'
import { sayRemoved } from './removal.ts'
import type { Replica } from './replica.ts'

/** Pages asked for at a time, each of another peer. */
const maxFetches = 4

/** Stores what is new and valid; true if something did not fit because what is before it is missing. */
export const take = (replica: Replica, entries: readonly SignedEntry[]): boolean => {
  if (entries.length === 0) return false
  const { history, crypto, group } = replica
  const { gap, faults } = admitEntries(history, crypto, group, entries)
  for (const { fault, signed } of faults) {
    replica.fault(fault)
    if (fault === 'two-stories') expose(replica, [signed])
  }
  return gap
}

/** Asks a peer for all that it has and we have not; one page under way per peer. */
export const fetch = (replica: Replica, from: NodeId): void => {
  const { fetching } = replica
  if (from === replica.id || fetching.has(from) || fetching.size >= maxFetches) return
  const until = replica.after(replica.config.pageTimeoutMs)
  fetching.set(from, until)
  replica.timers.atLatest('fetch', until)
  replica.send(from, { kind: 'sync', summary: replica.history.summary() })
}

/** Fetches from a peer if it has branches that are unknown here; true if it does. */
export const fetchUnknown = (replica: Replica, from: NodeId, tips: readonly Tip[]): boolean => {
  if (tips.every((tip) => isKnown(replica.history, tip))) return false
  fetch(replica, from)
  return true
}

export const onSync = (replica: Replica, from: NodeId, summary: Summary): void => {
  const { known, banned, removals } = replica.history.state.roster
  // Whom this node follows may have been let in by what it has not fetched yet.
  const isLeader = from === replica.leader() && replica.history.mayLead(from)
  if (!(known.has(from) || isLeader) || banned.has(from)) {
    replica.counters.ignored += 1
    return
  }
  // Who was put off the roster gets what was said while it was on it, and why it is not any more.
  // Not whoever leads this node: it is a member again where it leads, and merges what is only here.
  const removal = isLeader ? null : signedEnd(replica, removals.get(from) ?? null)
  const page = pageFor(replica.history, summary, removal)
  if (removal !== null && page.entries.length === 0) {
    sayRemoved(replica, from)
    return
  }
  const hasHole = replica.config.planted.has('joiner-served-a-hole') && summary.head === null
  const entries = hasHole ? page.entries.toSpliced(3, 1) : page.entries
  replica.send(from, { kind: 'entries', ...page, entries, summary: replica.history.summary() })
}

/** The end of the signed stretch that a place is in: what follows it there cannot be cut off. */
const signedEnd = ({ history }: Replica, place: Place | null): Place | null => {
  if (place === null) return null
  const { last } = history.log.term(place.term)
  for (let { seq } = place; seq < last; seq += 1)
    if (history.log.at({ term: place.term, seq }).sig !== null) return { term: place.term, seq }
  return { term: place.term, seq: last }
}

export const onEntries = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'entries' }>,
): void => {
  const asked = replica.fetching.delete(from)
  const before = replica.history.log.stored()
  take(replica, packet.entries)
  const progress = replica.history.log.stored() > before
  if (progress) replica.gapTries = 0
  if (asked && progress && (packet.more || unknownTips(replica.history, packet.summary).length > 0))
    fetch(replica, from)
}

export const onFetchTimeout = (replica: Replica): void => {
  for (const [peer, until] of replica.fetching) {
    if (until <= replica.now) replica.fetching.delete(peer)
    else replica.timers.atLatest('fetch', until)
  }
}
