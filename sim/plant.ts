/** Looks for seeds that show a planted bug. */
import { shows, type PlantedBug } from './planted.ts'
import { runSeed } from './swarm.ts'
import { Violation } from './world.ts'

/** Length of the runs in which planted bugs are looked for, simulated minutes. */
export const plantedMinutes = 4

/** So many seeds that show a bug are kept: some stay good when chance falls otherwise. */
const kept = 3
/** How many seeds after the first are looked at for more: so many, or as many as that one took. */
const lookedAt = 40

export interface Shown {
  readonly seed: number
  /** Name of the invariant that does not hold. */
  readonly invariant: string
}

export interface Caught {
  /** The one that takes least to run again first. */
  readonly seeds: readonly Shown[]
  readonly message: string
  /** How many seeds it took until one showed the bug. */
  readonly needed: number
}

interface Verdict {
  /** Null if all is well. */
  readonly fault: { readonly invariant: string; readonly message: string } | null
  /** Packets that it took. */
  readonly cost: number
}

/** What a run says of itself. */
export const verdictOf = (seed: number, planted: readonly string[]): Verdict => {
  const marks = new Map<string, number>()
  const cost = (): number => {
    let packets = 0
    for (const [name, count] of marks) if (name.startsWith('packet ')) packets += count
    return packets
  }
  try {
    runSeed({ seed, lengthMs: plantedMinutes * 60_000, planted: new Set(planted), marks })
    return { fault: null, cost: cost() }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const invariant = error instanceof Violation ? (message.split(' ')[0] ?? '') : 'assert'
    return { fault: { invariant, message }, cost: cost() }
  }
}

interface Trial extends Shown {
  readonly message: string
  readonly cost: number
}

/** Does the seed break one of the invariants that the bug is expected to break, and only with it? */
export const tryBug = (name: PlantedBug, seed: number): Trial | null => {
  const { fault, cost } = verdictOf(seed, [name])
  if (fault === null || !shows(name).includes(fault.invariant)) return null
  const without = verdictOf(seed, [])
  return without.fault === null ? { seed, ...fault, cost: cost + without.cost } : null
}

/** Looks for seeds that show the bug; null if none of these does. */
export const catchBug = (name: PlantedBug, first: number, runs: number): Caught | null => {
  const trials: Trial[] = []
  let end = first + runs
  for (let seed = first; seed < end && trials.length < kept; seed += 1) {
    const trial = tryBug(name, seed)
    if (trial === null) continue
    if (trials.length === 0) end = Math.min(end, seed + Math.max(lookedAt, seed - first))
    trials.push(trial)
  }
  const [earliest] = trials
  if (earliest === undefined) return null
  const cheapestFirst = trials.toSorted((a, b) => a.cost - b.cost)
  const seeds = cheapestFirst.map(({ seed, invariant }) => ({ seed, invariant }))
  return { seeds, message: earliest.message, needed: earliest.seed - first + 1 }
}
