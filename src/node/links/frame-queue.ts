/** Frames that wait for a link, bounded in number and bytes: beyond that the oldest are dropped. */

export interface QueueLimits {
  readonly frames: number
  readonly bytes: number
}

export class FrameQueue {
  readonly #limits: QueueLimits
  #frames: Uint8Array[] = []
  #bytes = 0
  #dropped = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#frames.length
  }

  /** Frames that were given up, since the beginning. */
  get dropped(): number {
    return this.#dropped
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame)
    this.#bytes += frame.byteLength
    while (this.#frames.length > this.#limits.frames || this.#bytes > this.#limits.bytes) {
      if (this.shift() === undefined) return
      this.#dropped += 1
    }
  }

  peek(): Uint8Array | undefined {
    return this.#frames[0]
  }

  shift(): Uint8Array | undefined {
    const frame = this.#frames.shift()
    this.#bytes -= frame?.byteLength ?? 0
    return frame
  }

  /** Gives up all that waits. */
  clear(): void {
    this.#dropped += this.#frames.length
    this.#frames = []
    this.#bytes = 0
  }
}
