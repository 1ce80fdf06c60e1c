/** A priority queue: what happens first comes out first; of two at one time, the one put in first. */
export class EventQueue<T> {
  readonly #items: { readonly at: number; readonly turn: number; readonly what: T }[] = []
  #turn = 0

  get size(): number {
    return this.#items.length
  }

  nextAt(): number | null {
    return this.#items[0]?.at ?? null
  }

  push(at: number, what: T): void {
    const item = { at, turn: this.#turn, what }
    this.#turn += 1
    const items = this.#items
    let index = items.length
    items.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#before(index, parent)) break
      this.#swap(index, parent)
      index = parent
    }
  }

  pop(): { readonly at: number; readonly what: T } | null {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined) return null
    if (items.length === 0) return first
    items[0] = last
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const right = left + 1
      let least = index
      if (left < items.length && this.#before(left, least)) least = left
      if (right < items.length && this.#before(right, least)) least = right
      if (least === index) return first
      this.#swap(index, least)
      index = least
    }
  }

  #before(a: number, b: number): boolean {
    const x = this.#items[a]
    const y = this.#items[b]
    if (x === undefined || y === undefined) return false
    return x.at < y.at || (x.at === y.at && x.turn < y.turn)
  }

  #swap(a: number, b: number): void {
    const x = this.#items[a]
    const y = this.#items[b]
    if (x === undefined || y === undefined) return
    this.#items[a] = y
    this.#items[b] = x
  }
}
