/**
 * Signatures that were checked elsewhere, in another thread, and found good: each answers for one
 * check. What is not here is checked as always, so that losing any of it costs time and no more.
 */
import { hash } from 'node:crypto'

import type { NodeId, Signature } from '../core/ids.ts'

export interface SignedText {
  readonly key: NodeId
  readonly text: string
  readonly sig: Signature
}

/** Enough for the pages of history that may be under way at a time, some 200 bytes each. */
const CAPACITY = 16_384

export class CheckedSignatures {
  /** The text's digest, by key and signature. */
  readonly #good = new Map<string, string>()

  get size(): number {
    return this.#good.size
  }

  add({ key, text, sig }: SignedText): void {
    this.#good.set(key + sig, digestOf(text))
    if (this.#good.size <= CAPACITY) return
    const [oldest] = this.#good.keys()
    if (oldest !== undefined) this.#good.delete(oldest)
  }

  /** Was it found good? It is forgotten with this. */
  take(key: NodeId, text: string, sig: Signature | ''): boolean {
    if (this.#good.size === 0) return false
    const name = key + sig
    const digest = this.#good.get(name)
    if (digest === undefined || digest !== digestOf(text)) return false
    this.#good.delete(name)
    return true
  }
}

const digestOf = (text: string): string => hash('sha256', text, 'base64url')
