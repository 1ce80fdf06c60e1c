/**
 * What the core reads from the history on disk. Reads are synchronous and see everything persisted
 * by earlier effects; the core itself remembers only a summary of each term and the state at its
 * head.
 */
import type { AuthorBatch, Item, SignedEntry } from './entry.ts'
import type { Hash, InstanceId, Place, TermId } from './ids.ts'
import type { GroupStateData } from './group-state.ts'

/** One step of the group's order: an entry, and whether it lies on the thread that is followed. */
export interface OrderItem extends Place {
  /** False for entries that a merge spliced in. */
  readonly main: boolean
}

/** An item waiting in the outbox, not yet part of a signed batch. */
export interface QueuedItem {
  readonly kind: 'message' | 'roster'
  /** The session that it was written in, and whose end its id carries. */
  readonly session: InstanceId
  readonly item: Item
}

/** A signed batch under way: sent until the log has it and enough members stored it. */
export interface OutboxBatch {
  readonly kind: 'message' | 'roster'
  readonly batch: AuthorBatch
}

/** The newest snapshot at or before an order index: state after `index` entries. */
export interface Snapshot {
  readonly index: number
  readonly state: GroupStateData
}

export interface LogReader {
  /** The entry at a place, or null. */
  entryAt(place: Place): SignedEntry | null
  /** Consecutive entries of one term, `from` to `to` inclusive (those that are stored). */
  entriesOfTerm(term: TermId, from: number, to: number): readonly SignedEntry[]
  placeOf(hash: Hash): Place | null
  /**
   * Every `genesis`, `open` and `merge` entry, parents before children: the skeleton of the
   * history.
   */
  skeleton(): readonly SignedEntry[]
  /** Last stored entry of each term. */
  termEnds(): readonly SignedEntry[]
  /** How many entries the order has. */
  orderLength(): number
  /** Index in the order, or null if it is not part of it. */
  orderIndexOf(place: Place): number | null
  /** Order items `from` (inclusive) to `to` (exclusive), with their entries. */
  ordered(
    from: number,
    to: number,
  ): readonly { readonly item: OrderItem; readonly signed: SignedEntry }[]
  snapshotAt(index: number): Snapshot | null
  /** Oldest first. */
  outbox(): { readonly batches: readonly OutboxBatch[]; readonly queued: readonly QueuedItem[] }
}
