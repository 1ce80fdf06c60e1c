/** The hunt for planted bugs from the command line: a table of what shows each, kept on request. */
import { writeFileSync } from 'node:fs'

import type { Caught } from './plant.ts'
import { plantedMinutes } from './plant.ts'
import { mistakeOf, plantedNames } from './planted.ts'
import { huntBugs } from './run-many.ts'
import { table } from './table.ts'

/** Seeds that show a bug, and how many were tried until one did. */
export type Recorded = Omit<Caught, 'message'>

const recordAt = new URL('planted.json', import.meta.url)

const record = (found: ReadonlyMap<string, Caught | null>): void => {
  const seeds: Record<string, Recorded> = {}
  for (const [name, caught] of found)
    if (caught !== null) seeds[name] = { needed: caught.needed, seeds: caught.seeds }
  writeFileSync(recordAt, `${JSON.stringify(seeds, null, 2)}\n`)
}

/** Looks for all of them; false if one was not found, and then nothing is kept. */
export const huntAll = async (
  { first, runs, workers }: { first: number; runs: number; workers: number },
  keep: boolean,
): Promise<boolean> => {
  const job = { first, runs, step: 1, minutes: plantedMinutes, without: [], keepGoing: false }
  const found = await huntBugs(plantedNames, job, workers, (name, caught) => {
    const what = caught === null ? `not in ${runs} seeds` : caught.message.split('\n')[0]
    console.error(`${name}: ${what}`)
  })
  const rows = plantedNames.map((name) => {
    const caught = found.get(name) ?? null
    const by = [...new Set(caught?.seeds.map((one) => one.invariant))].toSorted()
    return [name, mistakeOf(name), caught?.needed ?? `more than ${runs}`, by.join(', ')]
  })
  console.log(table(['Name', 'The mistake', 'Seeds until noticed', 'By'], rows))
  const isComplete = [...found.values()].every((caught) => caught !== null)
  if (keep && isComplete) record(found)
  return isComplete
}
