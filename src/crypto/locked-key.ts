/**
 * A private key under a passphrase: scrypt (RFC 7914) makes a key of the passphrase, AES-256-GCM
 * locks the private key with it. The file says how dear the making was, so that later versions may
 * ask for more and still open it.
 *
 * Binary, in the usual armour: version, log2 N, r, p (a byte each), salt (16), nonce (12), the
 * locked text, tag (16). All that stands before the locked text is authenticated too.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'

const LABEL = 'PARLEY LOCKED PRIVATE KEY'
const CIPHER = 'aes-256-gcm'
const VERSION = 1
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const HEAD_BYTES = 4 + SALT_BYTES + NONCE_BYTES
/** 128 MiB and some 0.4 s for every guess. */
const LOG_N = 17
const R = 8
const P = 1
/** A file that asks for more is none of ours: it would only fill the memory. */
const MOST_LOG_N = 20
const MOST_R = 16
const MOST_P = 4

const keyOf = (passphrase: string, salt: Uint8Array, cost: Uint8Array): Buffer => {
  const [logN = 0, r = 0, p = 0] = cost
  const N = 2 ** logN
  // Composed and decomposed letters look alike, and are typed in either way.
  return scryptSync(passphrase.normalize('NFKC'), salt, KEY_BYTES, {
    N,
    r,
    p,
    maxmem: 256 * N * r + 1024 * 1024,
  })
}

export const isLocked = (text: string): boolean => text.startsWith(`-----BEGIN ${LABEL}-----`)

/** `logN` may be less in tests only. */
export const lockKey = (pem: string, passphrase: string, logN = LOG_N): string => {
  const cost = Buffer.of(logN, R, P)
  const salt = randomBytes(SALT_BYTES)
  const nonce = randomBytes(NONCE_BYTES)
  const head = Buffer.concat([Buffer.of(VERSION), cost, salt, nonce])
  const cipher = createCipheriv(CIPHER, keyOf(passphrase, salt, cost), nonce)
  cipher.setAAD(head)
  const locked = Buffer.concat([cipher.update(pem, 'utf8'), cipher.final(), cipher.getAuthTag()])
  const lines =
    Buffer.concat([head, locked])
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${LABEL}-----\n${lines.join('\n')}\n-----END ${LABEL}-----\n`
}

const bytesOf = (text: string): Buffer | null => {
  const lines = text.trim().split('\n')
  const isWhole = isLocked(text) && lines.at(-1)?.trim() === `-----END ${LABEL}-----`
  const bytes = Buffer.from(lines.slice(1, -1).join(''), 'base64')
  return isWhole && bytes.length > HEAD_BYTES + TAG_BYTES ? bytes : null
}

/**
 * Null if the passphrase does not open it, or somebody has changed it. Throws if it is no such
 * file.
 */
export const unlockKey = (text: string, passphrase: string): string | null => {
  const bytes = bytesOf(text)
  const [version, logN = 0, r = 0, p = 0] = bytes ?? []
  const isSane = logN > 0 && logN <= MOST_LOG_N && r > 0 && r <= MOST_R && p > 0 && p <= MOST_P
  if (bytes === null || version !== VERSION || !isSane) throw new TypeError('not a locked key')
  const head = bytes.subarray(0, HEAD_BYTES)
  const salt = head.subarray(4, 4 + SALT_BYTES)
  const decipher = createDecipheriv(
    CIPHER,
    keyOf(passphrase, salt, head.subarray(1, 4)),
    head.subarray(4 + SALT_BYTES),
    { authTagLength: TAG_BYTES },
  )
  decipher.setAAD(head)
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const locked = bytes.subarray(HEAD_BYTES, -TAG_BYTES)
  try {
    return Buffer.concat([decipher.update(locked), decipher.final()]).toString('utf8')
  } catch {
    // What was deciphered is not authentic.
    return null
  }
}
