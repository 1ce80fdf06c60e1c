/** Looks for seeds that show a planted bug. */
import { runSeed } from './swarm.ts'
import { Violation } from './world.ts'

/** Length of the runs in which planted bugs are looked for, simulated minutes. */
export const plantedMinutes = 4

export interface Caught {
  readonly seed: number
  /** Name of the invariant that does not hold, or `assert` if the core itself noticed. */
  readonly invariant: string
  readonly message: string
}

/** What a run says of itself, null if all is well. */
const verdict = (seed: number, planted: readonly string[]): Omit<Caught, 'seed'> | null => {
  try {
    runSeed({ seed, lengthMs: plantedMinutes * 60_000, planted: new Set(planted) })
    return null
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const invariant = error instanceof Violation ? (message.split(' ')[0] ?? '') : 'assert'
    return { invariant, message }
  }
}

/** The first of these seeds that fails with the bug and does not without it; null if none does. */
export const catchBug = (name: string, first: number, runs: number): Caught | null => {
  for (let seed = first; seed < first + runs; seed += 1) {
    const found = verdict(seed, [name])
    if (found !== null && verdict(seed, []) === null) return { seed, ...found }
  }
  return null
}
