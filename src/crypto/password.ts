/** Passwords as they may lie on a disk: salted and made dear to guess with scrypt (RFC 7914). */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'

const SALT_BYTES = 16
const HASH_BYTES = 32
/** 64 MiB and some 0.2 s for every guess. */
const LOG_N = 16
/** A text that asks for more is none of ours. */
const MOST_LOG_N = 20
const R = 8

const pattern = /^scrypt:(\d{1,2}):([\w-]{22}):([\w-]{43})$/

const hashOf = (password: string, salt: Buffer, logN: number): Promise<Buffer> => {
  const N = 2 ** logN
  const options: ScryptOptions = { N, r: R, p: 1, maxmem: 256 * N * R + 1024 * 1024 }
  return new Promise((resolve, reject) => {
    // Composed and decomposed letters look alike, and are typed in either way.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, hash) => {
      if (error === null) resolve(hash)
      else reject(error)
    })
  })
}

/** `logN` may be less in tests only. */
export const hashPassword = async (password: string, logN = LOG_N): Promise<string> => {
  const salt = randomBytes(SALT_BYTES)
  const hash = await hashOf(password, salt, logN)
  return `scrypt:${logN}:${salt.toString('base64url')}:${hash.toString('base64url')}`
}

export const isHash = (text: string): boolean => {
  const logN = Number(pattern.exec(text)?.[1])
  return logN > 0 && logN <= MOST_LOG_N
}

/** Whether this is the password of a hash, of which `isHash` is true. */
export const isPassword = async (given: string, text: string): Promise<boolean> => {
  const [, logN = '1', salt = '', hash = ''] = pattern.exec(text) ?? []
  const found = await hashOf(given, Buffer.from(salt, 'base64url'), Number(logN))
  return timingSafeEqual(found, Buffer.from(hash, 'base64url'))
}
