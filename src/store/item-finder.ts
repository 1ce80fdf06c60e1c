import { assert } from '../core/assert.ts'
import type { Item, SignedEntry } from '../core/entry.ts'
import { termOf } from '../core/entry.ts'
import type { VisibleItem } from '../core/group-state.ts'
import { type Place, samePlace } from '../core/ids.ts'

const placeOf = (signed: SignedEntry): Place => ({ term: termOf(signed), seq: signed.entry.seq })

/** Items of an entry, none if it has none. */
export const itemsOf = ({ entry }: SignedEntry): readonly Item[] =>
  entry.kind === 'message' ? entry.body.items : []

const isOf = (item: Item, message: VisibleItem): boolean =>
  item.id === message.id &&
  item.sentAt === message.sentAt &&
  item.content.kind === message.content.kind &&
  item.content.text === message.content.text &&
  item.content.ref === message.content.ref

/**
 * Which item of its entry a message is. Messages come in the order of the entries and their items,
 * so the next one is nearly always right behind the one before.
 */
export class ItemFinder {
  readonly #fresh: readonly SignedEntry[]
  readonly #read: (place: Place) => SignedEntry | null
  /** Where in `fresh` the next entry is looked for first. */
  #next = 0
  #place: Place | null = null
  #items: readonly Item[] = []

  /** `fresh` are entries at hand; all others are read. */
  constructor(fresh: readonly SignedEntry[], read: (place: Place) => SignedEntry | null) {
    this.#fresh = fresh
    this.#read = read
  }

  /** Number of the item in its entry, from 0. */
  find(message: VisibleItem): number {
    if (!samePlace(this.#place, message)) this.#turnTo(message)
    // An author may have signed one id twice in a batch; only one of them is the message.
    const item = this.#items.findIndex((one) => isOf(one, message))
    assert(item !== -1, 'a message is an item of its entry')
    return item
  }

  #turnTo({ term, seq }: VisibleItem): void {
    const place = { term, seq }
    const signed = this.#atHand(place) ?? this.#read(place)
    assert(signed !== null, 'a message is of a stored entry')
    this.#place = place
    this.#items = itemsOf(signed)
  }

  #atHand(place: Place): SignedEntry | null {
    for (let at = this.#next; at < this.#fresh.length; at += 1) {
      const signed = this.#fresh[at]
      if (signed !== undefined && samePlace(placeOf(signed), place)) {
        this.#next = at + 1
        return signed
      }
    }
    return null
  }
}
