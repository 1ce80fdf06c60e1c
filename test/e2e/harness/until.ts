/** Waiting for something to become true, with an end. */
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 20

/**
 * Looks until there is something other than null, undefined or false, and resolves to it. Rejects
 * with `what` and the last thing that went wrong when the time is over. What `look` throws counts
 * as "not yet".
 */
export const until = async <T>(
  what: string,
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  withinMs = 10_000,
): Promise<T> => {
  const end = performance.now() + withinMs
  let last: unknown = 'nothing yet'
  for (;;) {
    try {
      const found = await look()
      if (found !== null && found !== undefined && found !== false) return found
    } catch (error) {
      last = error
    }
    if (performance.now() > end) {
      throw new Error(`waited ${withinMs} ms in vain until ${what} (${String(last)})`)
    }
    await pause(LOOK_EVERY_MS)
  }
}
