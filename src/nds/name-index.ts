/** Listed groups in the order of their names: who holds a name, and pages of a long list. */
import { byText, type GroupId } from '../core/ids.ts'

export interface NameEntry {
  readonly key: string
  readonly group: GroupId
}

const compare = (a: NameEntry, b: { key: string; group: string }): number =>
  byText(a.key, b.key) || byText(a.group, b.group)

export class NameIndex {
  readonly #entries: NameEntry[] = []

  get size(): number {
    return this.#entries.length
  }

  add(key: string, group: GroupId): void {
    const at = this.#find(key, group)
    const there = this.#entries[at]
    if (there !== undefined && compare(there, { key, group }) === 0) return
    this.#entries.splice(at, 0, { key, group })
  }

  remove(key: string, group: GroupId): void {
    const at = this.#find(key, group)
    const there = this.#entries[at]
    if (there !== undefined && compare(there, { key, group }) === 0) this.#entries.splice(at, 1)
  }

  /** Groups under exactly this key, by id. */
  holders(key: string): readonly GroupId[] {
    const groups: GroupId[] = []
    for (const entry of this.from(key, '')) {
      if (entry.key !== key) break
      groups.push(entry.group)
    }
    return groups
  }

  /** All entries from this place on, the place itself included. Do not change the index meanwhile. */
  *from(key: string, group: string): Generator<NameEntry> {
    for (let at = this.#find(key, group); at < this.#entries.length; at += 1) {
      const entry = this.#entries[at]
      if (entry !== undefined) yield entry
    }
  }

  /** Index of the first entry that is not before this place. */
  #find(key: string, group: string): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.#entries[middle]
      if (entry !== undefined && compare(entry, { key, group }) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
