/**
 * A checker watches a run from outside and speaks up (`world.fail`) when an invariant does not
 * hold.
 */
import type { Effect } from '../../src/core/effect.ts'
import type { MessageId } from '../../src/core/ids.ts'
import type { Input } from '../../src/core/input.ts'
import type { Packet } from '../../src/core/packet.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'

export interface Checker {
  /** Names of the invariants that it holds the run to. */
  readonly name: string
  begin?(world: World): void
  onSubmit?(node: SimNode, replica: Replica, id: MessageId, kind: 'message' | 'roster'): void
  beforeEffect?(node: SimNode, replica: Replica, effect: Effect): void
  afterEffect?(node: SimNode, replica: Replica, effect: Effect): void
  afterStep?(node: SimNode, replica: Replica, inputs: readonly Input[]): void
  onPacket?(from: SimNode, to: SimNode, packet: Packet): void
  onCrash?(node: SimNode): void
  /** After the second act: everything is healed and quiet. */
  atEnd?(world: World): void
}
