import { createPublicKey, type KeyObject } from 'node:crypto'

/** Bytes of an Ed25519 public key. */
const KEY_BYTES = 32

/**
 * Public keys ready for use, the most recently used ones only: making one costs half as much as a
 * verification, and a hostile peer may name any number of keys.
 */
export class KeyCache {
  readonly #capacity: number
  /** Least recently used first. */
  readonly #keys = new Map<string, KeyObject>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#keys.size
  }

  /** The key of this text, or null if the text is not exactly a key's. Never throws. */
  get(text: string): KeyObject | null {
    const known = this.#keys.get(text)
    if (known !== undefined) {
      this.#keys.delete(text)
      this.#keys.set(text, known)
      return known
    }
    const made = publicKeyOf(text)
    if (made === null) return null
    this.#keys.set(text, made)
    if (this.#keys.size > this.#capacity) {
      const [oldest] = this.#keys.keys()
      if (oldest !== undefined) this.#keys.delete(oldest)
    }
    return made
  }
}

const publicKeyOf = (text: string): KeyObject | null => {
  if (bytesOf(text, KEY_BYTES) === null) return null
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' })
  } catch {
    // Not a point of the curve.
    return null
  }
}

/**
 * What the base64url text stands for, or null if it is not the one and only text of that many
 * bytes: with spare bits set, one key could pass for several nodes.
 */
export const bytesOf = (text: string, length: number): Buffer | null => {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === length && bytes.toString('base64url') === text ? bytes : null
}
