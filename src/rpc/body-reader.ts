/** Reads request bodies into memory, each and all together bounded. */
import type { Readable } from 'node:stream'

import { tooManyBytes } from './codec.ts'
import { ParleyError } from './errors.ts'

export interface BodyLimits {
  /** Bytes of one body. */
  readonly maxBytes: number
  /** Bytes of all bodies that are being read or answered at one time. */
  readonly maxTotalBytes: number
}

/** A body and the memory that it holds; whoever got it calls `release` when done. */
export interface Body {
  readonly bytes: Buffer
  release(): void
}

export class BodyReader {
  readonly #limits: BodyLimits
  #totalBytes = 0

  constructor(limits: BodyLimits) {
    this.#limits = limits
  }

  /** Bytes held now. */
  get totalBytes(): number {
    return this.#totalBytes
  }

  /**
   * Reads to the end. `announced` is the Content-Length, NaN if there is none.
   * Throws TOO_LARGE or BUSY, without having kept what was read.
   */
  async read(stream: Readable, announced: number): Promise<Body> {
    const { maxBytes, maxTotalBytes } = this.#limits
    if (announced > maxBytes) throw tooManyBytes(maxBytes)
    const chunks: Buffer[] = []
    let held = 0
    let isReleased = false
    const release = (): void => {
      if (!isReleased) this.#totalBytes -= held
      isReleased = true
    }
    try {
      // Not `for await`: leaving such a loop early would destroy the connection, answer and all.
      await new Promise<void>((resolve, reject) => {
        stream.on('data', (chunk: Buffer) => {
          if (isReleased) return
          held += chunk.length
          this.#totalBytes += chunk.length
          chunks.push(chunk)
          if (held > maxBytes) reject(tooManyBytes(maxBytes))
          else if (this.#totalBytes > maxTotalBytes) reject(new ParleyError('BUSY'))
        })
        stream.once('end', resolve)
        stream.once('close', () => reject(new ParleyError('INVALID_REQUEST', 'The body broke off')))
        stream.once('error', (cause) =>
          reject(new ParleyError('INVALID_REQUEST', 'The body broke off', { cause })),
        )
      })
    } catch (thrown) {
      release()
      chunks.length = 0
      throw thrown
    }
    return { bytes: Buffer.concat(chunks, held), release }
  }
}
