/** How a leader adds to its term: entries get their place, are signed in batches, and sent. */
import { entryText, headText } from './entry-codec.ts'
import type { Bodies, Entry, EntryKind, SignedEntry } from './entry.ts'
import { clockAfter } from './lamport-clock.ts'
import { limits } from './limits.ts'
import type { Replica } from './replica.ts'
import type { Leader, Peer } from './role.ts'
import { entryBytes } from './sizes.ts'
import { branchOf } from './tree.ts'
import { activeIds, type View } from './view.ts'

/** An entry before it has its place. */
export type Draft = {
  [K in EntryKind]: { readonly kind: K; readonly body: Bodies[K] }
}[EntryKind]

/** Entries under one of the leader's signatures: at most this many, or this many bytes. */
const signEvery = { entries: 64, bytes: 131_072 }

/** Peers are the view, this node apart; those that are new start with nothing. */
export const syncPeers = (replica: Replica, leader: Leader): void => {
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
  run: Number.NaN,
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
  spread(replica, leader, view, entries)
  leader.marksMoved = true
}

/** Sends what was appended to all that were or are in the view: to each, or down the tree. */
const spread = (
  replica: Replica,
  leader: Leader,
  before: View,
  entries: readonly SignedEntry[],
): void => {
  const { term, peers, helped } = leader
  // Most of what is appended leaves the view as it is.
  const hasChanged = before !== replica.history.state.view
  const gone = hasChanged ? [...activeIds(before)].filter((id) => !peers.has(id)) : []
  const branch = branchOf(replica)
  const direct = branch === null ? [...peers.keys(), ...gone] : gone
  const helpedPeers = [...helped.keys()].filter((id) => peers.has(id))
  const first = branch === null ? [] : [...new Set([...branch.children, ...helpedPeers])]
  for (const page of pagesOf(entries)) {
    replica.send(direct, { kind: 'append', term, entries: page })
    replica.send(first, { kind: 'hand_on', term, entries: page })
  }
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
