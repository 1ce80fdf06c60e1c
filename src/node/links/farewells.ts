/** Links of those who were put out: they are told so, and a moment later hung up on. */
import type { NodeId } from '../../core/ids.ts'
import type { FrameLink } from '../../rpc/frame-link.ts'

/** Time to be told, ms. */
const FAREWELL_MS = 2_000

export class Farewells {
  readonly #isBarred: (peer: NodeId) => boolean
  readonly #timers = new Map<FrameLink, NodeJS.Timeout>()

  /** `isBarred`: was this node put out, and is it in no group of this one's any more? */
  constructor(isBarred: (peer: NodeId) => boolean) {
    this.#isBarred = isBarred
  }

  /** Closes the link soon if its peer was put out, and is not let in again until then. */
  bid(link: FrameLink): void {
    if (this.#timers.has(link) || !this.#isOut(link)) return
    const timer = setTimeout(() => {
      this.#timers.delete(link)
      if (this.#isOut(link)) link.close('removed')
    }, FAREWELL_MS)
    this.#timers.set(link, timer)
  }

  /** The link has closed. */
  forget(link: FrameLink): void {
    clearTimeout(this.#timers.get(link))
    this.#timers.delete(link)
  }

  #isOut({ peer: { id } }: FrameLink): boolean {
    return id !== null && this.#isBarred(id as NodeId)
  }
}
