/**
 * In a large group what is appended travels down a tree, so that its leader's cost does not grow
 * with the group: the leader hands it to a few members, each of them, once it is on its disk, to a
 * few more. Acknowledgements come up the same way, added up.
 *
 * Nobody arranges the tree: the view is a list, its first member leads, and the one at place i has
 * those at w·i+1 to w·i+w below it. Members whose views differ for a moment may be handed the same
 * twice, or not at all; what is missing shows in the next beat, and is fetched from anybody.
 */
import type { InstanceId, NodeId } from './ids.ts'
import type { Replica } from './replica.ts'
import type { View } from './view.ts'

/** Who stands next to a member in the tree. */
export interface Branch {
  /** Null for the leader. */
  readonly parent: NodeId | null
  readonly children: readonly NodeId[]
}

export const branchAt = ({ members }: View, at: number, width: number): Branch => {
  const first = width * at + 1
  return {
    parent: at === 0 ? null : (members[Math.floor((at - 1) / width)]?.id ?? null),
    children: members.slice(first, first + width).map(({ id }) => id),
  }
}

/** The member at a place and all below it. */
export const subtreeAt = ({ members }: View, at: number, width: number): readonly NodeId[] => {
  const ids: NodeId[] = []
  // Of each level, what is below one place is a range.
  for (
    let from = at, to = at;
    from < members.length;
    from = width * from + 1, to = width * to + width
  )
    for (const { id } of members.slice(from, to + 1)) ids.push(id)
  return ids
}

/**
 * This node's place in the tree of the term that it leads or follows; null where there is none: in
 * small groups, or where the view here is not (yet) the leader's.
 */
export const branchOf = (replica: Replica): Branch | null => {
  const { view } = replica.history.state
  const { treeAbove, treeWidth } = replica.config
  if (view.members.length <= treeAbove) return null
  const [first] = view.members
  if (first === undefined || first.id !== replica.leader()) return null
  if (replica.branch?.view !== view) {
    const at = view.members.findIndex(({ id }) => id === replica.id)
    replica.branch = { view, place: at < 0 ? null : branchAt(view, at, treeWidth) }
  }
  return replica.branch.place
}

/**
 * A number for one run of one node. A sum of them names a set of runs: members and leader compare
 * what they add up, so that a mark does not count for a run that never told it. (FNV-1a, 32 bits:
 * Fowler, Noll, Vo.) It guards against mix-ups, not against lies.
 */
export const runMark = (id: NodeId, instance: InstanceId): number => {
  let hash = 0x811c9dc5
  const text = `${id} ${instance}`
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
