/** A simulated machine, on which a process may run. */
import type { InstanceId, NodeId } from '../src/core/ids.ts'
import type { Replica } from '../src/core/replica.ts'
import type { MemoryGroup } from '../src/store/memory-group.ts'

/** A simulated machine: the disk outlives the process. */
export interface SimNode {
  readonly id: NodeId
  /** Its place among the world's nodes. */
  readonly index: number
  disk: MemoryGroup | null
  replica: Replica | null
  instance: InstanceId
  /** Counts runs: what was meant for an earlier one does not reach a later one. */
  run: number
  /** Frozen until then. */
  pausedUntil: number
  /** Until then it hands nothing on, in the tree of a large group. */
  handsOnFrom: number
  tickAt: number
  messages: number
  /** Where its wall clock stands, compared with simulated time, in ms. */
  wallClockMs: number
  /** What its disk held some time ago, to be found again after a crash; null if nothing was kept. */
  backup: MemoryGroup | null
  /** Has left for good order's sake. */
  left: boolean
  /** Was told that it is no member any more. */
  putOut: boolean
}

export const blankNode = (index: number): SimNode => ({
  id: `n${index + 1}` as NodeId,
  index,
  disk: null,
  replica: null,
  instance: '' as InstanceId,
  run: 0,
  pausedUntil: 0,
  handsOnFrom: 0,
  tickAt: Infinity,
  messages: 0,
  wallClockMs: 0,
  backup: null,
  left: false,
  putOut: false,
})
