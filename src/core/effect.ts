/**
 * What the core wants done. The driver executes effects strictly in list order: a `persist` stands
 * before the `send` or `event` that relies on it, and has reached the disk before the next is
 * begun. If a `persist` fails, the rest of the list is dropped and this instance of the core with
 * it; a new instance starts from what the disk has. (Modelled on etcd/raft's `Ready`.)
 */
import type { Claim } from './claim.ts'
import type { Content, MemberCard, SignedEntry } from './entry.ts'
import type { MessageId, NodeId, TermId, InstanceId } from './ids.ts'
import type { OrderItem, OutboxBatch, QueuedItem, Snapshot } from './log-reader.ts'
import type { Packet } from './packet.ts'
import type { VisibleItem } from './group-state.ts'

/** A change of the order: from index `from` on, it is now these (older items there are replaced). */
export interface OrderChange {
  readonly from: number
  /** Position that the first visible item of this change has (positions count from 1). */
  readonly fromPosition: number
  readonly items: readonly OrderItem[]
  readonly visible: readonly VisibleItem[]
}

export type OutboxChange =
  | { readonly change: 'queue'; readonly queued: QueuedItem }
  /** The queued items of this batch become the batch. */
  | { readonly change: 'batch'; readonly batch: OutboxBatch }
  | { readonly change: 'remove'; readonly session: InstanceId; readonly aseq: number }
  /** A queued item is given up. */
  | { readonly change: 'drop'; readonly id: MessageId }

/** One transaction: all of it is on disk when it returns, or none. */
export interface Persist {
  readonly type: 'persist'
  /** New entries, parents first. */
  readonly entries: readonly SignedEntry[]
  readonly order: OrderChange | null
  readonly outbox: readonly OutboxChange[]
  readonly snapshot: Snapshot | null
}

export type Effect =
  | Persist
  | { readonly type: 'send'; readonly to: readonly NodeId[]; readonly packet: Packet }
  | { readonly type: 'event'; readonly event: GroupEvent }

/** Who a member is and how active. */
export interface MemberInfo {
  readonly number: number | null
  readonly card: MemberCard
  readonly role: 'owner' | 'admin' | 'member'
}

/** What the application is told. Each is true when it is told: what it speaks of is on this disk. */
export type GroupEvent =
  /** The order grew, or (`from` before the old end) a block of it moved in a merge. */
  | { readonly event: 'delivered'; readonly order: OrderChange; readonly clock: number }
  | {
      readonly event: 'role'
      readonly role: RoleName
      readonly leader: NodeId | null
      readonly term: TermId | null
    }
  /** Active members changed: the new view, in order of seniority. */
  | {
      readonly event: 'view'
      readonly view: readonly { readonly id: NodeId; readonly number: number }[]
    }
  /** Roster, name or topic changed. */
  | { readonly event: 'roster' }
  /** Somebody has stored more than before; see `GroupReplica.storedBy`. */
  | { readonly event: 'marks' }
  | { readonly event: 'refused'; readonly ids: readonly MessageId[]; readonly code: string }
  /**
   * An operation of this node's changes nothing where it stands: it was not entitled to it there,
   * perhaps only since a merge, or it was done already.
   */
  | { readonly event: 'no-effect'; readonly id: MessageId; readonly content: Content }
  /** Not let in, or put out; final when `retryMs` is null. */
  | { readonly event: 'turned-away'; readonly code: string; readonly retryMs: number | null }
  /** A branch was spliced in: whose messages, and where they now stand. */
  | {
      readonly event: 'merged'
      /** True on the side whose own block moved. */
      readonly moved: boolean
      readonly authors: readonly NodeId[]
      readonly fromPosition: number
      readonly toPosition: number
    }
  /** Missed entries were fetched. */
  | {
      readonly event: 'caught-up'
      readonly fromPosition: number
      readonly toPosition: number
    }
  /** This leader's claim, for the discovery service: told when it changes. */
  | { readonly event: 'claim'; readonly claim: Claim }
  /** Somebody signed two entries for one place. */
  | { readonly event: 'two-stories'; readonly by: NodeId; readonly proof: readonly SignedEntry[] }
  /** Where a node can be reached, learnt from a packet; the driver may dial it. */
  | { readonly event: 'address'; readonly node: NodeId; readonly addresses: readonly string[] }
  | { readonly event: 'left' }

export type RoleName = 'joining' | 'follower' | 'seeking' | 'leader' | 'left'
