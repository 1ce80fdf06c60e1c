/**
 * What a replica is at the moment. State that only a leader has lives in the leader's variant, and
 * so is gone the moment it steps down.
 */
import type { Admission, AuthorBatch } from './entry.ts'
import type { InstanceId, Millis, NodeId, TermId, Tip } from './ids.ts'
import type { MarkTally } from './mark-tally.ts'
import type { Marks, Summary } from './packet.ts'

/** Has no entry yet: asks to be let in. */
export interface Joining {
  readonly name: 'joining'
  /** Whom to ask, the likeliest first. */
  readonly via: NodeId[]
  readonly since: Millis
}

/** Follows a term. */
export interface Follower {
  readonly name: 'follower'
  readonly term: TermId
  readonly leader: NodeId
  /** Highest beat known, by hearing it or by hearsay; what is not above it proves nothing new. */
  beat: number
  /** When a new beat last came from the leader itself; null if it never has. */
  heardAt: Millis | null
  /** Last place of the term as the leader told it. */
  told: number
  /** Does the leader count us in its view? If not, we ask. */
  attached: boolean
  /** The candidate that we promised to follow if no newer beat comes. */
  pledged: NodeId | null
  /** We have asked to leave. */
  leaving: boolean
  /** Last place of the term that was acknowledged. */
  acked: number
  /** Something arrived whose predecessor is missing. */
  gap: boolean
  /** In a large group: what those below in the tree have stored, by the children's word. */
  readonly below: Map<NodeId, Below>
  /** What the parent there was told last. */
  toldUp: string
  /** What this node itself told the leader last, with a pulse. */
  pulsed: number
}

/** What a child in the tree has acknowledged, for itself and all below it. */
export interface Below {
  readonly floor: number
  readonly runs: number
}

/** Knows no living leader: asks around, and leads if nobody better does. */
export interface Seeking {
  readonly name: 'seeking'
  /** The leader that fell silent; null after a start. */
  readonly suspect: NodeId | null
  readonly term: TermId | null
  /** Highest beat known of that term. */
  beat: number
  round: Round | null
  /** In a large group: the candidacy that this node could better, if its candidate asks again. */
  yielding: { readonly from: NodeId; readonly round: number } | null
}

/** One candidacy: members are asked what they have, and gaps are filled, before a term is opened. */
export interface Round {
  readonly id: number
  /** Asked, and neither answered nor known to be gone. */
  readonly waiting: Set<NodeId>
  readonly here: Map<NodeId, Summary>
  /** More senior than the candidate, and alive. */
  readonly seniors: Set<NodeId>
  pulling: boolean
}

/** Leads the term that this very instance opened. */
export interface Leader {
  readonly name: 'leader'
  readonly term: TermId
  beat: number
  /** Place of the last entry of the term that changed the view. */
  viewSeq: number
  /** Everybody else in the view. */
  readonly peers: Map<NodeId, Peer>
  /** The peers' marks, counted. */
  readonly tally: MarkTally
  /** Batches that wait for a place, per author, oldest first. */
  readonly queue: Map<NodeId, QueuedBatch[]>
  readonly rates: Map<NodeId, Bucket>
  /** Those who asked to come in, and what they have that must be fetched first. */
  readonly joins: Map<NodeId, JoinRequest>
  /** When somebody was last let in. */
  admittedAt: number
  /** Members of leaders that gave way, in their order of seniority. */
  incoming: NodeId[]
  readonly leaves: Set<NodeId>
  /** Members that the tree does not serve, until which beat they are handed everything directly. */
  readonly helped: Map<NodeId, number>
  /** Last place of the term at the last beat. */
  seqAtBeat: number
  /** When the live size is to be looked at again. */
  claimDue: number
  /** Own batches that were refused in this step. */
  refused: { readonly code: string; readonly retryMs: number | null }[]
  /** False after a stall, until those around have confirmed the term. */
  sure: boolean
  /** The stronger leader that we have offered to give way to. */
  hello: { readonly to: NodeId; readonly term: TermId } | null
  /** The live size last told to the application. */
  claimed: number
  /** Somebody's mark moved in this step. */
  marksMoved: boolean
  toldMarks: string
  leaving: 'no' | 'draining' | 'handed-over'
}

/** What a leader knows of a member. */
export interface Peer {
  instance: InstanceId | null
  /** The `runMark` of that instance; NaN while it is unknown. */
  run: number
  /** Last place of the term on its disk, -1 for none. */
  mark: number
  /** Silent since then: when it last answered, or when this node itself was back from a stall. */
  seenAt: Millis
  /** When it last answered a beat, or stored an entry, of this term; null if it never has. */
  liveAt: Millis | null
  answered: number
  /** Last place of the term that holds something it wrote. */
  wroteAt: number
  /** Everything up to here it has been told to be stored by all. */
  settled: number
}

export interface QueuedBatch {
  readonly kind: 'message' | 'roster'
  readonly batch: AuthorBatch
  /** How often its past was asked of its author, and when to ask again. */
  asks?: number
  askAt?: Millis
}

export interface Bucket {
  tokens: number
  at: Millis
}

export interface JoinRequest extends Admission {
  readonly wants: readonly Tip[]
  readonly at: Millis
}

export interface Left {
  readonly name: 'left'
}

export type Role = Joining | Follower | Seeking | Leader | Left

/** How far each member of a term has stored it, as a follower was told. */
export interface MarkTable {
  readonly term: TermId
  readonly marks: Marks
}
