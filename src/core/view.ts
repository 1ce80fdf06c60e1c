/**
 * The view: who is active now, in order of seniority. A member number is the position at which a
 * member was activated: lowest = active longest, never given twice. The first member leads.
 */
import type { NodeId } from './ids.ts'

export interface ViewMember {
  readonly id: NodeId
  readonly number: number
}

export interface View {
  /** Ascending by number. */
  readonly members: readonly ViewMember[]
  /** The number that the next activation gets. */
  readonly nextNumber: number
}

export const emptyView: View = { members: [], nextNumber: 0 }

/** For one member; whoever asks for many builds a set or map of them first: views may be large. */
export const numberOf = (view: View, id: NodeId): number | null =>
  view.members.find((member) => member.id === id)?.number ?? null

export const activeIds = (view: View): Set<NodeId> =>
  new Set(view.members.map((member) => member.id))

/** Those of `ids` that are not active, each once. */
export const inactive = (view: View, ids: readonly NodeId[]): readonly NodeId[] => {
  const [first] = ids
  if (first === undefined) return ids
  // Mostly it is one: not worth a set of all.
  if (ids.length === 1) return numberOf(view, first) === null ? ids : []
  const active = activeIds(view)
  return [...new Set(ids)].filter((id) => !active.has(id))
}

/** Members that are not in the view yet come in at its end, in the given order. */
export const activate = (view: View, ids: readonly NodeId[]): View => {
  const fresh = inactive(view, ids).map((id, at) => ({ id, number: view.nextNumber + at }))
  return {
    members: [...view.members, ...fresh],
    nextNumber: view.nextNumber + fresh.length,
  }
}

export const deactivate = (view: View, ids: readonly NodeId[]): View => {
  const gone = new Set(ids)
  return {
    members: view.members.filter((member) => !gone.has(member.id)),
    nextNumber: view.nextNumber,
  }
}

/**
 * Whom the first entry of a term lists: its leader, those that were active and answered, and those
 * that come back. The entry names only what changes: its predecessor says, to everybody alike, who
 * was active, and a whole view is most of what a change of leader costs a large group.
 */
export const listedBy = (
  view: View,
  opening: {
    readonly leader: NodeId
    readonly gone: readonly NodeId[]
    readonly back: readonly NodeId[]
  },
): readonly NodeId[] => {
  const { leader, gone, back } = opening
  const out = new Set(gone)
  const stay = view.members.map(({ id }) => id).filter((id) => !out.has(id))
  return [...new Set([leader, ...stay, ...back])]
}

/**
 * The view of a new term: those listed, in that order. Whoever was active keeps its number as long
 * as the numbers ascend; everybody else gets a fresh one.
 */
export const reopen = (view: View, listed: readonly NodeId[]): View => {
  const before = new Map(view.members.map((member) => [member.id, member]))
  const members: ViewMember[] = []
  let nextNumber = view.nextNumber
  let last = -1
  for (const id of new Set(listed)) {
    const old = before.get(id)
    const member = old !== undefined && old.number > last ? old : { id, number: nextNumber }
    if (member !== old) nextNumber += 1
    members.push(member)
    last = member.number
  }
  return { members, nextNumber }
}

/** Members more senior than `id`, most senior first; all of them if `id` is not active. */
export const seniorsOf = (view: View, id: NodeId): readonly NodeId[] => {
  const number = numberOf(view, id)
  return view.members
    .filter((member) => number === null || member.number < number)
    .map((member) => member.id)
}
