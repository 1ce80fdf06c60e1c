/**
 * Frames that have begun to arrive and not ended: what a peer can make this node hold without
 * having said anything. One that takes too long ends its link; where all together hold too much
 * memory, the largest go first.
 */

/** A link as far as this is concerned. */
export interface Unfinished {
  /** Bytes that came after the last whole frame. */
  readonly unfinishedBytes: number
  /** Frames that came whole, since the beginning. */
  readonly frames: number
  /** Ends the link, and says why. */
  accuse(text: string): void
}

export interface UnfinishedLimits {
  /** Bytes of all together. */
  readonly maxBytes: number
  /** Time for one frame. */
  readonly maxMs: number
}

export const unfinishedDefaults: UnfinishedLimits = { maxBytes: 64 * 1024 * 1024, maxMs: 60_000 }

interface Waiting {
  readonly frames: number
  readonly since: number
}

export class UnfinishedFrames {
  readonly #limits: UnfinishedLimits
  #waiting = new Map<Unfinished, Waiting>()
  /** Links that were ended for this. */
  cut = 0

  constructor(limits: UnfinishedLimits = unfinishedDefaults) {
    this.#limits = limits
  }

  /** To be called a few times a second with all links; `now` in monotonic ms. */
  look(links: Iterable<Unfinished>, now: number): void {
    const { maxBytes, maxMs } = this.#limits
    const before = this.#waiting
    this.#waiting = new Map()
    const held: Unfinished[] = []
    let bytes = 0
    for (const link of links) {
      if (link.unfinishedBytes === 0) continue
      const known = before.get(link)
      const isSame = known?.frames === link.frames
      const waiting = isSame ? known : { frames: link.frames, since: now }
      if (now - waiting.since > maxMs) {
        this.#end(link, 'a frame took too long')
        continue
      }
      this.#waiting.set(link, waiting)
      held.push(link)
      bytes += link.unfinishedBytes
    }
    if (bytes <= maxBytes) return
    for (const link of held.toSorted((a, b) => b.unfinishedBytes - a.unfinishedBytes)) {
      if (bytes <= maxBytes) break
      bytes -= link.unfinishedBytes
      this.#end(link, 'unfinished frames hold too much memory')
    }
  }

  #end(link: Unfinished, text: string): void {
    this.cut += 1
    this.#waiting.delete(link)
    link.accuse(text)
  }
}
