/**
 * The order (docs/protocol.md, "Order"): `order(h)` is `order(prev(h))`, then, if `h` is a merge,
 * for each tip in the listed order all of `order(tip)` that is not there yet, then `h`. It depends
 * on nothing but the head, so equal heads mean equal orders.
 *
 * Worked with in runs: consecutive entries of one term, broken before every merge.
 */
import { covers, type Coverage, type Log } from './log.ts'
import type { Place, TermId } from './ids.ts'

export interface Run {
  readonly term: TermId
  /** First and last place, both inclusive. */
  readonly from: number
  readonly to: number
  /** False if a merge spliced it in. */
  readonly main: boolean
}

type Task =
  /** Everything of this place's history that is not there yet. */
  | { readonly task: 'history'; readonly place: Place; readonly main: boolean }
  | { readonly task: 'run'; readonly run: Run }

/**
 * The part of `order(target)` that follows what `present` contains, as runs. `present` must contain
 * the parents of whatever it contains; afterwards it contains `target`.
 */
export const runsAfter = (log: Log, present: Coverage, target: Place): readonly Run[] => {
  const runs: Run[] = []
  const tasks: Task[] = [{ task: 'history', place: target, main: true }]
  for (let next = tasks.pop(); next !== undefined; next = tasks.pop()) {
    if (next.task === 'history') tasks.push(...historyTasks(log, present, next.place, next.main))
    else {
      present.set(next.run.term, next.run.to)
      runs.push(next.run)
    }
  }
  return runs
}

/**
 * Tasks (last first, as for a stack) that emit one branch: its terms, merges before what they
 * merge.
 */
const historyTasks = (log: Log, present: Coverage, target: Place, main: boolean): Task[] => {
  const tasks: Task[] = []
  let place: Place | null = target
  while (place !== null && !covers(present, place)) {
    const { term, seq }: Place = place
    const had: number = present.get(term) ?? -1
    const info = log.term(term)
    let to = seq
    for (let at = info.merges.length - 1; at >= 0; at -= 1) {
      const merge = info.merges[at]
      if (merge === undefined || merge.seq <= had) break
      if (merge.seq > to) continue
      tasks.push({ task: 'run', run: { term, from: merge.seq, to, main } })
      for (const tip of merge.tips.toReversed())
        tasks.push({ task: 'history', place: tip, main: false })
      to = merge.seq - 1
    }
    if (to > had) tasks.push({ task: 'run', run: { term, from: had + 1, to, main } })
    place = had < 0 ? info.parent : null
  }
  return tasks
}

/** For each term on the thread of `place` (its first parents), the last place that lies on it. */
export const threadOf = (log: Log, place: Place | null): Coverage => {
  const thread: Coverage = new Map()
  for (let next = place; next !== null; next = log.term(next.term).parent)
    thread.set(next.term, next.seq)
  return thread
}

/** The last place that the threads of two places share; null if one of them is null. */
export const forkOf = (log: Log, a: Place | null, b: Place | null): Place | null => {
  if (a !== null && b !== null && a.term === b.term) return a.seq < b.seq ? a : b
  const thread = threadOf(log, a)
  for (let next = b; next !== null; next = log.term(next.term).parent) {
    const seq = thread.get(next.term)
    if (seq !== undefined) return { term: next.term, seq: Math.min(seq, next.seq) }
  }
  return null
}
