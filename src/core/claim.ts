/**
 * Which of two leaders of one group goes on (docs/protocol.md, "Merge").
 *
 * The larger live side wins; between equals the leader with the lower member number, which both
 * sides gave out before they parted (a leader activated since then has a higher one); then the
 * term's id.
 */
import { byText, type NodeId, type TermId } from './ids.ts'

export interface Claim {
  readonly term: TermId
  readonly leader: NodeId
  /** Members, the leader included, that answered a beat of this very term a moment ago. */
  readonly live: number
  /** The leader's member number. */
  readonly number: number
}

/** Negative if `a` is the stronger claim, positive if `b` is, 0 only for one and the same term. */
export const compareClaims = (a: Claim, b: Claim): number =>
  b.live - a.live || a.number - b.number || byText(a.term, b.term)
