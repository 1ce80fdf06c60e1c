/**
 * One discovery service as its clients see it: one address, or several of replicas that share a key
 * and a registry. One of them is used as long as it answers; else the next one is asked.
 */
import { ParleyError, type ErrorCode } from '../rpc/errors.ts'
import { toParleyError } from '../rpc/wire-error.ts'
import { Backoff } from './backoff.ts'

/** What says that the one asked is better left alone for a while. */
const DOWN: ReadonlySet<ErrorCode> = new Set([
  'UNREACHABLE',
  'TIMEOUT',
  'BAD_ANSWER',
  'WRONG_KEY',
  'UNAVAILABLE',
])

/** What one service said. */
export type Outcome<T> =
  | { readonly url: string; readonly ok: true; readonly result: T }
  | { readonly url: string; readonly ok: false; readonly error: ParleyError }

export class Replicas {
  readonly urls: readonly string[]
  readonly #backoff: Backoff
  #at = 0

  constructor(urls: readonly string[], random: () => number) {
    this.urls = urls
    this.#backoff = new Backoff(random)
  }

  /** Time to wait from `now` (ms) after failures of all of them; 0 if they may be tried. */
  waitMs(now: number): number {
    return this.#backoff.waitMs(now)
  }

  /** Asks one after the other until one answers, whatever the answer; each at most once. */
  async ask<T>(work: (url: string) => Promise<T>, now: () => number): Promise<Outcome<T>> {
    const failures: (Outcome<T> & { readonly ok: false })[] = []
    const first = this.#at
    for (let tries = 0; tries < this.urls.length; tries += 1) {
      const at = (first + tries) % this.urls.length
      const url = this.urls[at] ?? ''
      try {
        const result = await work(url)
        this.#backoff.succeeded()
        return { url, ok: true, result }
      } catch (thrown) {
        const error = toParleyError(thrown)
        failures.push({ url, ok: false, error })
        if (!DOWN.has(error.code)) {
          this.#backoff.succeeded()
          return { url, ok: false, error }
        }
        // Others that ask at the same time may have gone on already.
        if (this.#at === at) this.#at = (at + 1) % this.urls.length
      }
    }
    this.#backoff.failed(now())
    // Whoever answers at all knows best what is the matter.
    const telling = failures.find(({ error }) => error.code === 'UNAVAILABLE')
    const { url = '', error = new ParleyError('UNREACHABLE') } = telling ?? failures[0] ?? {}
    return { url, ok: false, error }
  }
}

const pinOf = (url: string): string => url.slice(url.indexOf('#') + 1)

/** Addresses with the same key are replicas of one service; one without a key is a service alone. */
export const servicesOf = (urls: readonly string[], random: () => number): readonly Replicas[] => {
  const byKey = new Map<string, string[]>()
  for (const url of new Set(urls)) {
    const key = url.includes('#') ? pinOf(url) : url
    const same = byKey.get(key)
    if (same === undefined) byKey.set(key, [url])
    else same.push(url)
  }
  return [...byKey.values()].map((same) => new Replicas(same, random))
}
