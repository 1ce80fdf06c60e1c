/**
 * Who asks to lead first: the more senior, the sooner. In a large group, in which many seniors may
 * be gone at once (the other side of a partition, say), the rest do not all ask at the same moment.
 */
import type { NodeId } from './ids.ts'
import type { Replica } from './replica.ts'
import { numberOf } from './view.ts'

/**
 * Turns that anybody waits at most. Many seniors may be gone at once; to go before one that lives
 * does no harm, since it answers and is given precedence.
 */
const longestWait = 8

/** Answers to a candidate are waited for this many election steps. */
export const collectSteps = 2

/** How many members that may be alive go first. */
const rankOf = (replica: Replica, suspect: NodeId | null): number => {
  const { view } = replica.history.state
  const own = numberOf(view, replica.id)
  return view.members.filter(
    ({ id, number }) => id !== suspect && id !== replica.id && (own === null || number < own),
  ).length
}

/** All that have waited longest spread over so many steps: few ask before they hear the first. */
const spreadOf = (rank: number): number =>
  Math.min(longestWait, Math.max(0, rank - longestWait) / (2 * longestWait))

/** How long a member waits for those who are senior to it, in ms. */
export const turnMs = (replica: Replica, suspect: NodeId | null): number => {
  const { prng, config } = replica
  const rank = rankOf(replica, suspect)
  const chance = prng.next() * (0.2 + spreadOf(rank))
  return (Math.min(rank, longestWait) + chance) * config.electionStepMs
}

/** How long a member that leaves it to another waits before it asks (again) itself, in ms. */
export const pauseMs = (replica: Replica, suspect: NodeId | null): number => {
  const { prng, config } = replica
  const rank = rankOf(replica, suspect)
  const chance = prng.next() * (1 + spreadOf(rank))
  const steps = collectSteps + 2 + Math.min(rank, longestWait) * 0.5 + chance
  return steps * config.electionStepMs
}
