/**
 * What nodes send each other. Every packet is one-way and may be lost, repeated, delayed or
 * overtaken; whoever needs an answer has a deadline. Each comment says what the receiver does.
 */
import type { AdmissionProof, AuthorBatch, MemberCard, SignedEntry } from './entry.ts'
import type { GroupId, Hash, InstanceId, NodeId, Signature, TermId, Tip } from './ids.ts'
import type { Claim } from './claim.ts'
import type { OutboxBatch } from './log-reader.ts'
import type { Reach } from './mesh.ts'

/** How far members have stored the leader's term: those of its view to `floor`, these further. */
export interface Marks {
  readonly floor: number
  readonly above: readonly (readonly [NodeId, number])[]
  /** The view that `floor` speaks of: as it is from this place of the term on, */
  readonly viewSeq: number
  /** and only members with lower numbers. */
  readonly below: number
}

/**
 * What a replica has: the heads of all branches it stores, and for the newest terms how far each
 * goes.
 */
export interface Summary {
  /** The branch that it follows; null before the first entry. */
  readonly head: Tip | null
  /** Heads of stored branches that are not part of `head`'s history. */
  readonly tips: readonly Tip[]
  /** Last stored place of its newest terms, newest first, then ever sparser; to find common ground. */
  readonly terms: readonly Tip[]
}

export type Packet =
  /**
   * Leader → member. Notes a new beat, answers `pulse`, asks for entries if `seq` is beyond its
   * own.
   */
  | {
      readonly kind: 'heartbeat'
      readonly term: TermId
      readonly beat: number
      readonly seq: number
      readonly live: number
      readonly marks: Marks
    }
  /** Member → leader, to a heartbeat. Notes liveness and how far the member has stored. */
  | {
      readonly kind: 'pulse'
      /** The term that the member follows: perhaps not the asker's. */
      readonly term: TermId
      readonly leader: NodeId
      readonly beat: number
      /** Last place of that term on the member's disk, -1 for none. */
      readonly seq: number
      /** Branch heads it stores that the term does not contain. */
      readonly tips: readonly Tip[]
    }
  /** Leader → members. Stores what continues its log, answers `ack`; a gap is fetched with `sync`. */
  | { readonly kind: 'append'; readonly term: TermId; readonly entries: readonly SignedEntry[] }
  /** Member → leader: on disk up to here. */
  | { readonly kind: 'ack'; readonly term: TermId; readonly seq: number }
  /** Parent → children in the tree of a large group: as `append`, and handed on to one's own. */
  | { readonly kind: 'hand_on'; readonly term: TermId; readonly entries: readonly SignedEntry[] }
  /** Child → parent, there: counts it, with its own and its other children's, for its own parent. */
  | {
      readonly kind: 'ack_below'
      readonly term: TermId
      /** On the sender's own disk up to here, */
      readonly seq: number
      /** on all disks from the sender downwards up to here, -1 if not all have been heard; */
      readonly floor: number
      /** which runs these are: the sum of their `runMark`s. */
      readonly runs: number
    }
  /** Leader → authors with messages under way: who has stored how much. */
  | { readonly kind: 'stored'; readonly term: TermId; readonly marks: Marks }
  /** Any → any member. Answers `entries` with what the summary lacks. */
  | { readonly kind: 'sync'; readonly summary: Summary }
  /** Answer to `sync`: a page, parents first; `more` if another `sync` would bring more. */
  | {
      readonly kind: 'entries'
      readonly entries: readonly SignedEntry[]
      readonly more: boolean
      /** The answerer's own heads, so that the asker sees what it could offer. */
      readonly summary: Summary
    }
  /** Author → leader. Sequences what is new and in order; a batch seen before changes nothing. */
  | { readonly kind: 'send_message'; readonly batches: readonly OutboxBatch[] }
  /** Leader → author: this batch will not be sequenced now (with `retryMs`) or ever (null). */
  | {
      readonly kind: 'refused'
      readonly session: InstanceId
      readonly aseq: number
      readonly code: string
      readonly retryMs: number | null
    }
  /** Candidate → members of its view. Answers `vote`. */
  | {
      readonly kind: 'election'
      readonly round: number
      /** The term whose leader is suspected, and its last beat heard. */
      readonly term: TermId
      readonly beat: number
    }
  /** Answer to `election`. */
  | { readonly kind: 'vote'; readonly round: number; readonly says: Vote }
  /** New leader → members: follows the term and stores its `open` entry; or is told to move there. */
  | {
      readonly kind: 'coordinator'
      readonly term: TermId
      readonly leader: NodeId
      readonly entries: readonly SignedEntry[]
      /** The sender's own term, if it has given it up for this one. */
      readonly gaveUp: TermId | null
    }
  /** Leaving leader → its successor: has all entries up to `head`, opens its term at once. */
  | {
      readonly kind: 'handover'
      readonly term: TermId
      readonly entries: readonly SignedEntry[]
    }
  /** Newcomer or returning member → leader; a member that does not lead answers `redirect`. */
  | {
      readonly kind: 'join_network'
      readonly card: MemberCard
      readonly proof: AdmissionProof | null
      readonly summary: Summary
      /** Somebody asked for it just now: not just a member that lost its group. */
      readonly anew: boolean
    }
  /** Leader → newcomer: in, with this number; the term up to `seq` says so. */
  | {
      readonly kind: 'joined'
      readonly term: TermId
      readonly leader: NodeId
      readonly number: number
      readonly beat: number
      readonly seq: number
    }
  | { readonly kind: 'redirect'; readonly leader: NodeId; readonly addresses: readonly string[] }
  /** Leader or member → newcomer: will not be admitted, and why. */
  | {
      readonly kind: 'turned_away'
      readonly code: string
      readonly retryMs: number | null
      /** The ban, as it was signed, for whoever does not know of it. */
      readonly proof: AuthorBatch | null
    }
  | { readonly kind: 'leave_network' }
  /** Any → any member, now and then: compares it with what it has at that place itself. */
  | { readonly kind: 'check'; readonly term: TermId; readonly seq: number; readonly hash: Hash }
  /** Any → any: a stretch of a term up to a signed entry; is it what the receiver was told? */
  | { readonly kind: 'story'; readonly entries: readonly SignedEntry[] }
  /** Any → any, while the mesh is awake: notes who hears whom; see `mesh.ts`. */
  | { readonly kind: 'reach'; readonly table: readonly Reach[]; readonly troubled: boolean }
  /** Passes the packet on to the first of `path`, or takes it as the origin's if there is none. */
  | {
      readonly kind: 'relay'
      readonly origin: NodeId
      readonly originInstance: InstanceId
      readonly to: NodeId
      readonly path: readonly NodeId[]
      /** The hops that it has taken, the first one first. */
      readonly trail: readonly NodeId[]
      readonly packet: Packet
      /** The origin's, of `relayText`; '' where a member helps a newcomer to the leader. */
      readonly sig: Signature | ''
    }
  /** Everything about two leaders of one group that find each other: see `merge.ts`. */
  | { readonly kind: 'merge'; readonly step: MergeStep }

export type Vote =
  /** Alive, no better leader known: this is what I have. */
  | { readonly answer: 'here'; readonly summary: Summary }
  /** Alive and more senior: leave it to me. */
  | { readonly answer: 'senior' }
  /** Heard directly from a living leader, with its beat as proof. */
  | {
      readonly answer: 'leader'
      readonly term: TermId
      readonly leader: NodeId
      readonly addresses: readonly string[]
      readonly beat: number
    }

export type MergeStep =
  /** Anyone → a roster member outside its view: tells which term it follows, and asks the same. */
  | {
      readonly step: 'probe'
      readonly term: TermId | null
      readonly leader: NodeId | null
      readonly claim: Claim | null
      readonly answer: boolean
    }
  /** Member → own leader: another leader of this group is about. */
  | {
      readonly step: 'sighting'
      readonly term: TermId
      readonly leader: NodeId
      readonly addresses: readonly string[]
    }
  /**
   * Member → member that follows somebody who was banned here: fetches what it lacks, so that word
   * of the ban gets to that side.
   */
  | { readonly step: 'offer'; readonly summary: Summary }
  /** Weaker leader → stronger one: I would give way; may I? */
  | {
      readonly step: 'hello'
      readonly claim: Claim
      readonly members: readonly NodeId[]
      readonly summary: Summary
    }
  /** Stronger leader → weaker one: come; I live and heard you. */
  | {
      readonly step: 'welcome'
      readonly term: TermId
      readonly gaveUp: TermId
      readonly beat: number
    }

export type PacketKind = Packet['kind']

/** A packet with its sender. `from` and `instance` are vouched for by the link it came over. */
export interface Envelope {
  readonly group: GroupId
  readonly from: NodeId
  readonly instance: InstanceId
  readonly packet: Packet
  /** W3C trace context, from a sender that traces. */
  readonly traceparent?: string
}
