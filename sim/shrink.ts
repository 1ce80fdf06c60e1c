/** Makes a failing run smaller: without what it does not need, and no longer than it must be. */
import { faultClassNames, type FaultClass } from './faults.ts'
import { runSeed, type RunOptions } from './swarm.ts'

export interface Shrunk {
  readonly options: RunOptions
  /** Classes of faults that the run still has. */
  readonly needed: readonly FaultClass[]
  readonly message: string
}

interface Outcome {
  readonly message: string | null
  /** Classes of faults that the run had. */
  readonly classes: readonly FaultClass[]
}

/** Seeds that are tried with less than before: leaving something out changes what chance does. */
const tries = 12

const outcomeOf = (options: RunOptions): Outcome => {
  const marks = new Map<string, number>()
  const message = messageOf({ ...options, marks })
  return { message, classes: faultClassNames.filter((name) => marks.has(`class ${name}`)) }
}

const messageOf = (options: RunOptions): string | null => {
  try {
    runSeed(options)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The same thing went wrong, whoever it befell and when: names, numbers and hashes do not count. */
const kindOf = (message: string): string =>
  message.replaceAll(/\S*\d\S*( (?=\S*\d))?/g, (word) => (/^[SL]\d+ ?$/.test(word) ? word : ''))

/**
 * Shortens the run, then leaves out one class of faults after the other, as long as the same
 * invariant fails: with this seed or, since that changes all that chance does, with one of the next
 * few. Finds a small run, not the least.
 */
export const shrink = (options: RunOptions): Shrunk | null => {
  const first = outcomeOf(options)
  if (first.message === null) return null
  const kind = kindOf(first.message)
  let best = { options, message: first.message, classes: first.classes }
  const attempt = (smaller: RunOptions): boolean => {
    for (let seed = smaller.seed; seed < smaller.seed + tries; seed += 1) {
      const { message, classes } = outcomeOf({ ...smaller, seed })
      if (message === null || kindOf(message) !== kind) continue
      best = { options: { ...smaller, seed }, message, classes }
      return true
    }
    return false
  }
  const longest = (options.lengthMs ?? 600_000) / 60_000
  for (let minutes = Math.min(5, longest - 1); minutes >= 3; minutes -= 1)
    if (!attempt({ ...best.options, lengthMs: minutes * 60_000 })) break
  const withoutAnyBut = (classes: readonly FaultClass[]): readonly FaultClass[] =>
    faultClassNames.filter((name) => !classes.includes(name))
  for (const name of first.classes) {
    if (!best.classes.includes(name)) continue
    const rest = best.classes.filter((one) => one !== name)
    attempt({ ...best.options, without: withoutAnyBut(rest) })
  }
  return { options: best.options, needed: best.classes, message: best.message }
}
