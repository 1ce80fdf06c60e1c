/** What is due when. One deadline instead of timers that call back: the driver ticks when it comes. */
import type { Millis } from './ids.ts'

const none: readonly never[] = []

export class Timers<Name extends string> {
  readonly #due = new Map<Name, Millis>()

  set(name: Name, at: number): void {
    this.#due.set(name, at as Millis)
  }

  /** Sets it unless it is due sooner. */
  atLatest(name: Name, at: number): void {
    const due = this.#due.get(name)
    if (due === undefined || due > at) this.set(name, at)
  }

  clear(...names: readonly Name[]): void {
    for (const name of names) this.#due.delete(name)
  }

  clearAll(): void {
    this.#due.clear()
  }

  isSet(name: Name): boolean {
    return this.#due.has(name)
  }

  /** When the first is due; null if none is. */
  next(): Millis | null {
    let first: Millis | null = null
    for (const due of this.#due.values()) if (first === null || due < first) first = due
    return first
  }

  /** Takes out all that are due, by time. */
  takeDue(now: Millis): readonly Name[] {
    const first = this.next()
    if (first === null || first > now) return none
    const due = [...this.#due].filter(([, at]) => at <= now)
    if (due.length > 1) due.sort((a, b) => a[1] - b[1])
    for (const [name] of due) this.#due.delete(name)
    return due.map(([name]) => name)
  }

  get size(): number {
    return this.#due.size
  }
}
