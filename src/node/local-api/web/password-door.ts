/** Signing in with the password of a page that others can reach: slowly, and not many at once. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { hashPassword, isHash, isPassword } from '../../../crypto/password.ts'
import { ParleyError } from '../../../rpc/errors.ts'
import { addressKey, RateLimiter } from '../../../rpc/rate-limit.ts'
import { writePrivateFile } from '../private-file.ts'

/** Anything shorter is guessed, however slowly. */
export const MIN_PASSWORD_CHARS = 10
const MAX_PASSWORD_BYTES = 1_024

/** Attempts of one address, and of all. */
const EACH = { burst: 5, perSecond: 0.1, maxKeys: 10_000 }
const ALL = { burst: 30, perSecond: 1, maxKeys: 1 }
/** Each costs 64 MiB while it is looked at. */
const MAX_AT_ONCE = 2

const pathIn = (dataDir: string): string => join(dataDir, 'web-password')

/** Throws USAGE if it is too short or too long. */
export const setWebPassword = async (dataDir: string, password: string): Promise<void> => {
  const bytes = Buffer.byteLength(password)
  if (password.length < MIN_PASSWORD_CHARS || bytes > MAX_PASSWORD_BYTES) {
    const hint = `Use at least ${MIN_PASSWORD_CHARS} characters: some words that nobody guesses.`
    throw new ParleyError('USAGE', 'This is no good password', { hint })
  }
  writePrivateFile(pathIn(dataDir), `${await hashPassword(password)}\n`)
}

/** The hash, read anew each time: a password that was changed holds at once. */
const readHash = (dataDir: string): string | null => {
  try {
    const text = readFileSync(pathIn(dataDir), 'utf8').trim()
    return isHash(text) ? text : null
  } catch {
    return null
  }
}

export const hasWebPassword = (dataDir: string): boolean => readHash(dataDir) !== null

const tooMany = (retryMs: number): ParleyError =>
  new ParleyError('RATE_LIMITED', 'Too many attempts to sign in', {
    hint: 'Wait a while, then try again.',
    data: { retryMs },
  })

export class PasswordDoor {
  readonly #dataDir: string
  readonly #each = new RateLimiter(EACH)
  readonly #all = new RateLimiter(ALL)
  readonly #now: () => number
  #looking = 0

  constructor(dataDir: string, now: () => number = () => performance.now()) {
    this.#dataDir = dataDir
    this.#now = now
  }

  /** Rejects with UNAUTHORIZED or RATE_LIMITED unless this is the password. */
  async check(given: string, address: string): Promise<void> {
    const now = this.#now()
    const retryMs = Math.max(this.#each.take(addressKey(address), now), this.#all.take('', now))
    if (retryMs > 0) throw tooMany(retryMs)
    if (this.#looking >= MAX_AT_ONCE) throw tooMany(1_000)
    const hash = readHash(this.#dataDir)
    this.#looking += 1
    try {
      if (hash !== null && (await isPassword(given, hash))) return
    } finally {
      this.#looking -= 1
    }
    throw new ParleyError('UNAUTHORIZED', 'This is not the password', { hint: 'Try again.' })
  }
}
