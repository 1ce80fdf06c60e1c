/**
 * Which snapshots of a group's state are worth their room: the newest few, because merges usually
 * rewrite the recent past, and then ever sparser ones, so that going back d entries costs about d.
 */

const NEWEST_KEPT = 8

/** Distances are sorted into bins that double in width; each bin keeps its oldest snapshot. */
const binOf = (distance: number): number => Math.floor(Math.log2(distance))

/**
 * Indices to drop, given all that are kept (ascending). The oldest of a bin stays, because it is
 * the next to move into the bin behind; so no bin starves when this is asked after every new
 * snapshot.
 */
export const snapshotsToDrop = (indices: readonly number[]): readonly number[] => {
  const newest = indices.at(-1)
  if (newest === undefined || indices.length <= NEWEST_KEPT) return []
  const older = indices.slice(0, -NEWEST_KEPT)
  const filled = new Set<number>()
  return older.filter((index) => {
    const bin = binOf(newest - index)
    if (filled.has(bin)) return true
    filled.add(bin)
    return false
  })
}
