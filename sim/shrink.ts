/** Makes a failing run smaller: without what it does not need, and no longer than it must be. */
import { faultClassNames, type FaultClass } from './faults.ts'
import { runSeed, type RunOptions } from './swarm.ts'

export interface Shrunk {
  readonly options: RunOptions
  /** Classes of faults that the run still needs. */
  readonly needed: readonly FaultClass[]
  readonly message: string
}

const messageOf = (options: RunOptions): string | null => {
  try {
    runSeed(options)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The same thing went wrong, whoever it befell and when. */
const kindOf = (message: string): string => message.replaceAll(/n?\d+(\.\d+)?( (?=n\d))?/g, '')

/** Classes of faults that a run has at all. */
const classesIn = (options: RunOptions): readonly FaultClass[] => {
  const marks = new Map<string, number>()
  messageOf({ ...options, marks })
  return faultClassNames.filter((name) => marks.has(`class ${name}`))
}

/**
 * Leaves out one class of faults after the other, then halves the length, as long as the same
 * invariant fails. Leaving something out changes what chance does next, so this finds a small run,
 * not the least.
 */
export const shrink = (options: RunOptions): Shrunk | null => {
  const first = messageOf(options)
  if (first === null) return null
  let best: { options: RunOptions; message: string } = { options, message: first }
  const attempt = (smaller: RunOptions): boolean => {
    const message = messageOf(smaller)
    if (message === null || kindOf(message) !== kindOf(first)) return false
    best = { options: smaller, message }
    return true
  }
  const classes = classesIn(options)
  for (const name of classes) {
    const without = [...(best.options.without ?? []), name]
    attempt({ ...best.options, without })
  }
  for (let minutes = 5; minutes >= 2; minutes -= 1)
    if (!attempt({ ...best.options, lengthMs: minutes * 60_000 })) break
  const left = new Set<string>(best.options.without)
  return { ...best, needed: classes.filter((name) => !left.has(name)) }
}
