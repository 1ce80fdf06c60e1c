/** What happens to a group's replica, in the order in which it happened. */
import type { Content } from './entry.ts'
import type { InstanceId, MessageId, NodeId } from './ids.ts'
import type { Packet } from './packet.ts'

export type Input =
  /** Time has passed: the deadline may have come. */
  | { readonly type: 'tick' }
  /** A packet whose sender is vouched for by the link it came over. */
  | {
      readonly type: 'packet'
      readonly from: NodeId
      readonly instance: InstanceId
      readonly packet: Packet
    }
  /** The local user (or bot) says or does something. */
  | {
      readonly type: 'send'
      readonly kind: 'message' | 'roster'
      readonly id: MessageId
      /** Wall clock, ms since 1970; shown only. */
      readonly sentAt: number
      readonly content: Content
    }
  /** Nobody listens at a peer's address: connection refused, its process is gone. */
  | { readonly type: 'refused'; readonly peer: NodeId }
  /** Nodes that may be members or know some: from an invite, the discovery service, a setting. */
  | { readonly type: 'hint'; readonly peers: readonly NodeId[] }
  /** What the clock on the wall says, ms since 1970: only for whether an invite has expired. */
  | { readonly type: 'wall'; readonly ms: number }
  | { readonly type: 'leave' }
