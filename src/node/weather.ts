/**
 * What stands between the nodes of a laboratory: links that are cut, slow ones, a clock that is
 * wrong. Only the process that started a node can make it; elsewhere there is none.
 */
import type { NodeId } from '../core/ids.ts'

export interface Weather {
  /** Whether anything that this node says arrives here. */
  hears(from: NodeId): boolean
  /** How much later than it does. */
  delayMs(from: NodeId): number
  /** How far the clock on the wall is ahead. */
  skewMs(): number
}
