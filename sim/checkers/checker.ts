/**
 * A checker watches a run from outside and speaks up (`world.fail`) when an invariant does not
 * hold.
 */
import type { Effect } from '../../src/core/effect.ts'
import type { InstanceId, MessageId, NodeId } from '../../src/core/ids.ts'
import type { Input } from '../../src/core/input.ts'
import type { Packet } from '../../src/core/packet.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'

/** An id is its author's own affair: two authors may come upon the same. */
export type Key = string

export const keyOf = (author: NodeId, id: MessageId): Key => `${author} ${id}`

/** A packet and whom it is from, though others may have passed it on. */
export const payloadOf = (
  input: Extract<Input, { type: 'packet' }>,
): { readonly from: NodeId; readonly instance: InstanceId; readonly packet: Packet } => {
  const { from, instance, packet } = input
  if (packet.kind !== 'relay' || packet.path.length > 0) return { from, instance, packet }
  return { from: packet.origin, instance: packet.originInstance, packet: packet.packet }
}

export interface Checker {
  /** Names of the invariants that it holds the run to. */
  readonly name: string
  begin?(world: World): void
  onSubmit?(node: SimNode, replica: Replica, id: MessageId, kind: 'message' | 'roster'): void
  beforeStep?(node: SimNode, replica: Replica, inputs: readonly Input[]): void
  beforeEffect?(node: SimNode, replica: Replica, effect: Effect): void
  afterEffect?(node: SimNode, replica: Replica, effect: Effect): void
  afterStep?(node: SimNode, replica: Replica, inputs: readonly Input[]): void
  /** A packet was handed in a second time, right after the first: `effects` is what that did. */
  onRepeat?(
    node: SimNode,
    replica: Replica,
    inputs: readonly Input[],
    effects: readonly Effect[],
  ): void
  onPacket?(from: SimNode, to: SimNode, packet: Packet): void
  onCrash?(node: SimNode): void
  /** While a node was down its disk became an older copy of itself, or was emptied. */
  onDiskLost?(node: SimNode): void
  /** Faults have stopped: from here on all must come right. */
  onHeal?(world: World): void
  /** After the second act: everything is healed and quiet. */
  atEnd?(world: World): void
}
