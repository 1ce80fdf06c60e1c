/**
 * Who has stored what. Members acknowledge their leader's term by its last place on their disk;
 * since a stored entry's whole history is stored, one number per member says it all.
 */
import type { NodeId, Place } from './ids.ts'
import { covers } from './log.ts'
import type { Marks } from './packet.ts'
import type { Replica } from './replica.ts'
import type { Leader } from './role.ts'

export interface StoredBy {
  /** Members of the view that are known to have it on disk, this one included. */
  readonly by: readonly NodeId[]
  /** The other members of the view. */
  readonly missing: readonly NodeId[]
}

/** Largest number of marks listed one by one; in a larger group only the floor is told. */
const listedMarks = 32

/** What a leader tells of its members' marks. */
export const marksOf = (replica: Replica, leader: Leader): Marks => {
  let floor = replica.history.log.term(leader.term).last
  for (const peer of leader.peers.values()) if (peer.mark < floor) floor = peer.mark
  const above: [NodeId, number][] = []
  if (leader.peers.size < listedMarks)
    for (const [id, peer] of leader.peers) if (peer.mark > floor) above.push([id, peer.mark])
  const below = replica.history.state.view.nextNumber
  return { floor, above, viewSeq: leader.viewSeq, below }
}

/**
 * The place of the term from which on a member's mark proves that it has `place`: its own number if
 * it is of the term, that of the merge that brought it in, or 0 if it lies before the term. Null if
 * the term does not contain it.
 */
export const proofSeq = (replica: Replica, term: Place['term'], place: Place): number | null => {
  if (place.term === term) return place.seq
  const { log } = replica.history
  const info = log.terms.get(term)
  if (info === undefined) return null
  const coverage = log.coverageOf({ term, seq: 0 })
  if (covers(coverage, place)) return 0
  for (const merge of info.merges) {
    log.cover(coverage, { term, seq: merge.seq })
    if (covers(coverage, place)) return merge.seq
  }
  return null
}

export const storedBy = (replica: Replica, place: Place): StoredBy => {
  const { role, history } = replica
  const by = new Set<NodeId>(history.log.has(place) ? [replica.id] : [])
  if (role.name === 'leader') {
    const proof = proofSeq(replica, role.term, place)
    for (const [id, peer] of role.peers) if (proof !== null && peer.mark >= proof) by.add(id)
  } else if (replica.marks !== null) {
    const { term, marks } = replica.marks
    const proof = proofSeq(replica, term, place)
    if (proof !== null) addMarked(replica, by, marks, proof, term)
  }
  const view = history.state.view.members.map((member) => member.id)
  return {
    by: view.filter((id) => by.has(id)),
    missing: view.filter((id) => !by.has(id)),
  }
}

/**
 * The floor is used only if the view here is the one that it speaks of: a member that the leader
 * has dropped, or activated since, is not covered by it.
 */
const addMarked = (
  replica: Replica,
  by: Set<NodeId>,
  marks: Marks,
  proof: number,
  term: Place['term'],
): void => {
  const { history } = replica
  const head = history.head
  const isSameView = head !== null && head.term === term && head.seq >= marks.viewSeq
  const leader = history.log.terms.get(term)?.leader
  if (leader !== undefined) by.add(leader)
  for (const [id, mark] of marks.above) if (mark >= proof) by.add(id)
  if (!isSameView || marks.floor < proof) return
  for (const { id, number } of history.state.view.members) if (number < marks.below) by.add(id)
}
