/** How far the user of this node has read a group. */
import type { Json } from '../store/store.ts'

export class ReadMark {
  #position: number
  #isSaved = true

  constructor(saved: Json) {
    this.#position = typeof saved === 'number' ? saved : 0
  }

  get position(): number {
    return this.#position
  }

  unread(count: number): number {
    return Math.max(0, count - this.#position)
  }

  /** Everything up to here has been read; marks never go back. */
  advance(position: number): void {
    if (position <= this.#position) return
    this.#position = position
    this.#isSaved = false
  }

  /** An own message is read by its author, if all before it is. */
  onOwn(position: number): void {
    if (position === this.#position + 1) this.advance(position)
  }

  /** What is to be saved, or null if nothing has changed. */
  takeUnsaved(): number | null {
    if (this.#isSaved) return null
    this.#isSaved = true
    return this.#position
  }
}
