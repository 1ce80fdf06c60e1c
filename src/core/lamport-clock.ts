/**
 * Logical time (Lamport, 1978): one more than the largest among the parents. It is derived from the
 * entries themselves, so nobody can claim one, and it strictly increases along causality.
 */
export const clockAfter = (parents: readonly number[]): number => {
  let largest = -1
  for (const clock of parents) if (clock > largest) largest = clock
  return largest + 1
}
