/**
 * Token buckets, one for each key, bounded in number; pure but for its own state. A bucket holds up
 * to `burst` tokens and gains `perSecond`; a request takes one.
 */
export interface RateConfig {
  readonly burst: number
  readonly perSecond: number
  /** Keys that are remembered; the one not seen for longest is forgotten first. */
  readonly maxKeys: number
}

interface Bucket {
  readonly tokens: number
  readonly at: number
}

export class RateLimiter {
  readonly #config: RateConfig
  readonly #buckets = new Map<string, Bucket>()

  constructor(config: RateConfig) {
    this.#config = config
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Takes a token at `now` (ms). Returns 0, or the ms to wait for one. */
  take(key: string, now: number): number {
    const { burst, perSecond, maxKeys } = this.#config
    const before = this.#buckets.get(key) ?? { tokens: burst, at: now }
    const gained = (Math.max(0, now - before.at) / 1_000) * perSecond
    const tokens = Math.min(burst, before.tokens + gained)
    const isAllowed = tokens >= 1
    // Set anew, it is the last to be forgotten.
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, at: now })
    if (this.#buckets.size > maxKeys) this.#forgetOldest()
    return isAllowed ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1_000)
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key)
      return
    }
  }
}

/** What counts as one address: an IPv4 address, or an IPv6 network of /64, which one host may own. */
export const addressKey = (ip: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped !== undefined) return mapped
  if (!ip.includes(':')) return ip
  const [head = '', tail = ''] = ip.replace(/%.*$/, '').toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
