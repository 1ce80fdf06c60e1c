/**
 * Since when this side of the group is smaller than it was.
 *
 * Whoever was active is expected to be, until it leaves or is put off the roster; being dropped for
 * silence is no leaving. The group counts as split as long as somebody expected is not in the view.
 */
import type { SignedEntry } from '../core/entry.ts'
import { isNodeId } from '../core/entry-codec.ts'
import type { NodeId } from '../core/ids.ts'
import type { Json } from '../store/store.ts'

export class SplitWatch {
  readonly #expected = new Set<NodeId>()
  #since: number | null = null
  #missing: readonly NodeId[] = []

  /** From what `toJson` gave in an earlier run, or null. */
  constructor(saved: Json) {
    if (typeof saved !== 'object' || saved === null || !('missing' in saved)) return
    const { since, missing } = saved
    if (typeof since !== 'number' || !Array.isArray(missing)) return
    this.#since = since
    this.#missing = missing.filter(isNodeId)
    for (const id of this.#missing) this.#expected.add(id)
  }

  /** ISO time, or null if everybody is there. */
  get since(): string | null {
    return this.#since === null ? null : new Date(this.#since).toISOString()
  }

  /** How many are expected. */
  get of(): number {
    return this.#expected.size
  }

  /** Notes who has left for good order's sake. */
  onEntries(entries: readonly SignedEntry[]): void {
    for (const { entry } of entries)
      if (entry.kind === 'deactivate' && entry.body.cause === 'left')
        for (const id of entry.body.members) this.#expected.delete(id)
  }

  /** Takes the view as it is now; true if others are missing than before. */
  onView(view: readonly NodeId[], isOnRoster: (id: NodeId) => boolean, nowMs: number): boolean {
    for (const id of view) this.#expected.add(id)
    for (const id of this.#expected) if (!isOnRoster(id)) this.#expected.delete(id)
    const missing = [...this.#expected].filter((id) => !view.includes(id)).toSorted()
    const hasChanged = missing.join() !== this.#missing.join()
    this.#missing = missing
    if (missing.length === 0) this.#since = null
    else this.#since ??= nowMs
    return hasChanged
  }

  toJson(): Json {
    return this.#since === null ? null : { since: this.#since, missing: this.#missing }
  }
}
