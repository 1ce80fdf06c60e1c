/** Looks for seeds that show a planted bug. */
import { isPlanted, shows } from './planted.ts'
import { runSeed } from './swarm.ts'
import { Violation } from './world.ts'

/** Length of the runs in which planted bugs are looked for, simulated minutes. */
export const plantedMinutes = 4

/** So many seeds that show a bug are compared; the one that takes least to run again is kept. */
const compared = 3
/** How many seeds after the first are looked at for that. */
const lookedAt = 40

export interface Caught {
  readonly seed: number
  /** Name of the invariant that does not hold, or `assert` if the core itself noticed. */
  readonly invariant: string
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

/** Does the seed break one of the invariants that the bug is expected to break, and only with it? */
const tryBug = (name: string, seed: number): (Omit<Caught, 'needed'> & { cost: number }) | null => {
  const { fault, cost } = verdictOf(seed, [name])
  if (fault === null || !isPlanted(name) || !shows(name).includes(fault.invariant)) return null
  const without = verdictOf(seed, [])
  return without.fault === null ? { seed, ...fault, cost: cost + without.cost } : null
}

/** The cheapest of the first few of these seeds that show the bug; null if none does. */
export const catchBug = (name: string, first: number, runs: number): Caught | null => {
  let best: (Caught & { readonly cost: number }) | null = null
  let found = 0
  let end = first + runs
  for (let seed = first; seed < end && found < compared; seed += 1) {
    const caught = tryBug(name, seed)
    if (caught === null) continue
    found += 1
    end = Math.min(end, seed + lookedAt)
    const needed: number = best?.needed ?? seed - first + 1
    if (best === null || caught.cost < best.cost) best = { ...caught, needed }
  }
  if (best === null) return null
  const { cost: _, ...caught } = best
  return caught
}
