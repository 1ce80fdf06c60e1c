/**
 * Entries: the links of a group's history (docs/protocol.md, "Entries").
 *
 * An entry is hashed over the JSON text of a fixed-order array, so the same entry has the same hash
 * on every machine whatever order an object's fields came in. `entryToArray` and `entryFromArray`
 * in `entry-codec.ts` are the only two places that know that order.
 */
import type { GroupId, Hash, InstanceId, MessageId, NodeId, Signature, TermId } from './ids.ts'

/** How a node presents itself; signed by the node, so that no leader can invent or alter it. */
export interface MemberCard {
  readonly id: NodeId
  /** Display name, 1 to 64 characters; need not be unique. */
  readonly name: string
  /** Where the node can be dialled, best first: `host:port`, at most 8. */
  readonly addresses: readonly string[]
  readonly sig: Signature | ''
}

/** Shows that a newcomer was invited: the invite's public key and its signature over the newcomer's. */
export interface AdmissionProof {
  readonly invite: string
  readonly sig: Signature
}

export interface Admission {
  readonly card: MemberCard
  /** Null in an open group and for somebody who is on the roster already. */
  readonly proof: AdmissionProof | null
}

/** Who may come in: anyone who finds the group, or those who were invited. */
export type Policy = 'open' | 'invite'

export interface GroupSettings {
  readonly policy: Policy
  /** Listed groups are shown by the discovery service; others are reached by invite only. */
  readonly listed: boolean
}

/**
 * What an item says. `text` is the message; `ref` names the message or member it is about, '' if
 * none. Kinds this version does not know are kept and shown folded, so that newer members can add
 * some.
 */
export interface Content {
  readonly kind: string
  readonly text: string
  readonly ref: string
}

/** One thing that an author said or did. */
export interface Item {
  readonly id: MessageId
  /** The author's wall clock when it was written, ms since 1970. Shown, never used for order. */
  readonly sentAt: number
  readonly content: Content
}

/**
 * Items of one author under one signature. Quiet authors send batches of one; under load a batch
 * carries many, which pays for hashing, signing and storing once. `aseq` is the number of the first
 * item in the author's session; the following ones count on.
 */
export interface AuthorBatch {
  readonly author: NodeId
  readonly session: InstanceId
  readonly aseq: number
  /** The author's head when the batch was made: everything in it comes before. */
  readonly after: Hash
  readonly items: readonly Item[]
  readonly sig: Signature
}

export interface GenesisBody {
  readonly name: string
  readonly founder: MemberCard
  readonly settings: GroupSettings
  /** Founder's wall clock, ms since 1970; shown only. */
  readonly createdAt: number
  readonly nonce: string
}

export interface OpenBody {
  /** One more than the counter of the term it follows. */
  readonly counter: number
  readonly leader: NodeId
  readonly instance: InstanceId
  readonly nonce: string
  /**
   * What becomes of the view that the predecessor leaves, whoever opens the term at its head: these
   * go, for they did not answer,
   */
  readonly gone: readonly NodeId[]
  /** and these, who were not in it, come in at its end. */
  readonly back: readonly NodeId[]
}

export interface ActivateBody {
  readonly members: readonly Admission[]
}

export interface DeactivateBody {
  readonly members: readonly NodeId[]
  readonly cause: 'left' | 'silent'
}

export interface MergeBody {
  /** Heads of the branches spliced in, in the order in which they are. */
  readonly tips: readonly Hash[]
  /** Members that come in with them, junior to all others, in their previous order. */
  readonly members: readonly NodeId[]
}

export interface Bodies {
  readonly genesis: GenesisBody
  readonly open: OpenBody
  readonly activate: ActivateBody
  readonly deactivate: DeactivateBody
  readonly message: AuthorBatch
  readonly roster: AuthorBatch
  readonly merge: MergeBody
}

export type EntryKind = keyof Bodies

interface EntryOf<K extends EntryKind> {
  /** '' in the genesis entry, whose hash is the group's id. */
  readonly group: GroupId | ''
  /** Hash of the predecessor; '' in the genesis entry. */
  readonly prev: Hash | ''
  /** '' in `genesis` and `open`, which start a term and give it their hash. */
  readonly term: TermId | ''
  readonly seq: number
  /** Lamport clock: derived, see `lamport-clock.ts`. */
  readonly clock: number
  readonly kind: K
  readonly body: Bodies[K]
}

export type Entry = { [K in EntryKind]: EntryOf<K> }[EntryKind]

/**
 * An entry as it is kept and sent: `sig` is the leader's signature over `hash` where the entry
 * closed a batch; the chain of hashes covers the entries before it.
 */
export interface SignedEntry {
  readonly entry: Entry
  readonly hash: Hash
  readonly sig: Signature | null
}

/** The term that an entry belongs to: those that start a term are its first link. */
export const termOf = (signed: SignedEntry): TermId =>
  signed.entry.term === '' ? (signed.hash as string as TermId) : signed.entry.term
