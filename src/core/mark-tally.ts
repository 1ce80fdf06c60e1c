/**
 * How many members have stored how much of a term. In a large group marks move all the time and
 * most members have one of few, so that the extremes are found without going through everybody.
 */
export class MarkTally {
  readonly #counts = new Map<number, number>()
  #size = 0

  add(mark: number): void {
    this.#counts.set(mark, (this.#counts.get(mark) ?? 0) + 1)
    this.#size += 1
  }

  remove(mark: number): void {
    const left = (this.#counts.get(mark) ?? 0) - 1
    if (left > 0) this.#counts.set(mark, left)
    else this.#counts.delete(mark)
    this.#size -= 1
  }

  move(from: number, to: number): void {
    this.remove(from)
    this.add(to)
  }

  /** The highest mark, the one that half have reached, and the lowest; null if there are none. */
  spread(): { readonly first: number; readonly half: number; readonly last: number } | null {
    const marks = [...this.#counts.keys()].toSorted((a, b) => b - a)
    const [first] = marks
    const last = marks.at(-1)
    if (first === undefined || last === undefined) return null
    const middle = Math.floor(this.#size / 2)
    let above = 0
    const half = marks.find((mark) => (above += this.#counts.get(mark) ?? 0) > middle)
    return { first, half: half ?? last, last }
  }
}
