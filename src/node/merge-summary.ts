/** What a merge meant for this node's readers: whose messages came in, and where they stand. */
import type { GroupEvent, OrderChange } from '../core/effect.ts'
import type { NodeId } from '../core/ids.ts'

type Merged = Extract<GroupEvent, { readonly event: 'merged' }>

export interface MergeSummary {
  readonly authors: readonly NodeId[]
  readonly fromPosition: number
  readonly toPosition: number
  readonly moved: boolean
}

/**
 * On the side that kept the thread that is the block spliced in. On the side that moved it is what
 * was put in before its own messages: all from `fromPosition` on stands elsewhere than before.
 */
export const mergeSummary = (
  merged: Merged,
  order: OrderChange,
  wasShown: (author: NodeId, id: string) => boolean,
): MergeSummary => {
  const { authors, fromPosition, toPosition, moved } = merged
  if (!moved) return { authors, fromPosition, toPosition, moved }
  const cameFrom = new Set<NodeId>()
  let last = 0
  for (const [offset, { author, id }] of order.visible.entries()) {
    if (wasShown(author, id)) continue
    cameFrom.add(author)
    last = order.fromPosition + offset
  }
  const isNothingNew = last === 0
  return {
    authors: isNothingNew ? authors : [...cameFrom],
    fromPosition: order.fromPosition,
    toPosition: isNothingNew ? toPosition : last,
    moved,
  }
}
