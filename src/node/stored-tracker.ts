/** Up to which position everybody active is known to have stored the messages. */
import type { Place } from '../core/ids.ts'

/** Messages looked after; of older ones the application may still ask. */
const MAX_TRACKED = 4_096

interface Tracked extends Place {
  readonly position: number
}

export class StoredTracker {
  /** Oldest first. */
  #tracked: Tracked[] = []

  /** Messages got their places, from `fromPosition` on. */
  onVisible(places: readonly Place[], fromPosition: number): void {
    const kept = this.#tracked.filter(({ position }) => position < fromPosition)
    for (const [offset, { term, seq }] of places.entries())
      kept.push({ term, seq, position: fromPosition + offset })
    this.#tracked = kept.slice(-MAX_TRACKED)
  }

  /** The newest position that became stored by all since the last call; null if none did. */
  take(isStoredByAll: (place: Place) => boolean): number | null {
    let done = 0
    let last: Place | null = null
    for (const one of this.#tracked) {
      // Messages of one batch stand at one place.
      const isSame = last !== null && last.term === one.term && last.seq === one.seq
      if (!isSame && !isStoredByAll(one)) break
      last = one
      done += 1
    }
    if (done === 0) return null
    const upTo = this.#tracked[done - 1]?.position ?? null
    this.#tracked.splice(0, done)
    return upTo
  }
}
