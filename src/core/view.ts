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

export const numberOf = (view: View, id: NodeId): number | null =>
  view.members.find((member) => member.id === id)?.number ?? null

/** Members that are not in the view yet come in at its end, in the given order. */
export const activate = (view: View, ids: readonly NodeId[]): View => {
  const active = new Set(view.members.map((member) => member.id))
  const members = [...view.members]
  let nextNumber = view.nextNumber
  for (const id of ids) {
    if (active.has(id)) continue
    active.add(id)
    members.push({ id, number: nextNumber })
    nextNumber += 1
  }
  return { members, nextNumber }
}

export const deactivate = (view: View, ids: readonly NodeId[]): View => ({
  members: view.members.filter((member) => !ids.includes(member.id)),
  nextNumber: view.nextNumber,
})

/**
 * The view of a new term: those listed, in that order. Whoever was active keeps its number as long
 * as the numbers ascend; everybody else gets a fresh one.
 */
export const reopen = (view: View, listed: readonly NodeId[]): View => {
  const members: ViewMember[] = []
  let nextNumber = view.nextNumber
  let last = -1
  for (const id of new Set(listed)) {
    const old = numberOf(view, id)
    const number = old !== null && old > last ? old : nextNumber
    if (number === nextNumber) nextNumber += 1
    members.push({ id, number })
    last = number
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
