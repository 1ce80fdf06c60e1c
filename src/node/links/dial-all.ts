/** Tries all addresses of one node: the likeliest first, the others shortly after. */

/** What became of one address, or of all. */
export type DialOutcome =
  | 'connected'
  /** Nobody listens there, or somebody else: the process is gone. */
  | 'refused'
  /** No answer, or a broken one: says nothing about the process. */
  | 'failed'

/** How long an address has the field to itself. */
const STAGGER_MS = 200

/**
 * Resolves to `connected` as soon as one attempt is, to `refused` if all are, else to `failed`.
 * Attempts under way when one has succeeded are for `attempt` to give up.
 */
export const dialAll = (
  addresses: readonly string[],
  attempt: (address: string) => Promise<DialOutcome>,
): Promise<DialOutcome> =>
  new Promise((resolve, reject) => {
    const failures: DialOutcome[] = []
    let next = 0
    const run = async (address: string): Promise<void> => {
      const timer = setTimeout(startNext, STAGGER_MS)
      const outcome = await attempt(address)
      clearTimeout(timer)
      if (outcome === 'connected') {
        next = addresses.length
        resolve(outcome)
        return
      }
      failures.push(outcome)
      if (failures.length < addresses.length) startNext()
      else resolve(failures.every((one) => one === 'refused') ? 'refused' : 'failed')
    }
    const startNext = (): void => {
      const address = addresses[next]
      if (address === undefined) return
      next += 1
      run(address).catch(reject)
    }
    if (addresses.length === 0) resolve('failed')
    else startNext()
  })
