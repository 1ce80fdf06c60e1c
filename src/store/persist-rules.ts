/** What a transaction must keep to, whichever store it goes to. A breach is a bug of ours. */
import { assert } from '../core/assert.ts'
import type { OrderChange, OutboxChange, Persist } from '../core/effect.ts'
import type { SignedEntry } from '../core/entry.ts'
import { termOf } from '../core/entry.ts'
import type { GroupId, Hash, TermId } from '../core/ids.ts'

/** What there is before the transaction. */
export interface Before {
  readonly id: GroupId
  /** How many entries of the term are stored: its places 0 to this minus one. */
  termLength(term: TermId): number
  /** Hash of the stored entry at that place, or null. */
  hashAt(term: TermId, seq: number): Hash | null
  hasHash(hash: Hash): boolean
  orderLength(): number
  messageCount(): number
}

/** Is it one of the entries that the shape of a history follows from? */
export const isSkeleton = ({ entry }: SignedEntry): boolean =>
  entry.kind === 'open' || entry.kind === 'merge' || entry.kind === 'genesis'

/** The terms as they grow within the transaction. */
class GrowingTerms {
  readonly #before: Before
  readonly #fresh = new Map<TermId, Hash[]>()
  readonly #hashes = new Set<Hash>()

  constructor(before: Before) {
    this.#before = before
  }

  hashAt(term: TermId, seq: number): Hash | null {
    const stored = this.#before.termLength(term)
    if (seq < stored) return this.#before.hashAt(term, seq)
    return this.#fresh.get(term)?.[seq - stored] ?? null
  }

  has(hash: Hash): boolean {
    return this.#hashes.has(hash) || this.#before.hasHash(hash)
  }

  add(term: TermId, seq: number, hash: Hash): void {
    let fresh = this.#fresh.get(term)
    if (fresh === undefined) {
      fresh = []
      this.#fresh.set(term, fresh)
    }
    const length = this.#before.termLength(term) + fresh.length
    assert(seq === length, 'the entries of a term are stored without a gap')
    fresh.push(hash)
    this.#hashes.add(hash)
  }
}

const checkNewEntry = (signed: SignedEntry, terms: GrowingTerms, group: GroupId): void => {
  const { entry, hash } = signed
  const own = entry.kind === 'genesis' ? (hash as string) : entry.group
  assert(own === group, 'an entry is kept in its own group')
  if (entry.seq > 0) {
    const before = terms.hashAt(termOf(signed), entry.seq - 1)
    assert(before === entry.prev, 'an entry follows its predecessor')
  } else {
    assert(entry.prev === '' || terms.has(entry.prev), 'a term follows a stored entry')
  }
  if (entry.kind === 'merge') {
    assert(
      entry.body.tips.every((tip) => terms.has(tip)),
      'a merge follows what it merges',
    )
  }
}

const checkEntries = (entries: readonly SignedEntry[], before: Before): void => {
  const terms = new GrowingTerms(before)
  for (const signed of entries) {
    const term = termOf(signed)
    const { seq } = signed.entry
    const kept = terms.hashAt(term, seq)
    assert(kept === null || kept === signed.hash, 'one place holds one entry')
    if (kept !== null) continue
    checkNewEntry(signed, terms, before.id)
    terms.add(term, seq, signed.hash)
  }
}

const checkOrder = (order: OrderChange, before: Before): void => {
  const { from, fromPosition } = order
  assert(from >= 0 && from <= before.orderLength(), 'the order has no hole')
  const next = before.messageCount() + 1
  assert(fromPosition >= 1 && fromPosition <= next, 'the positions have no hole')
}

/** What is queued would become an entry that nobody could read back. */
const checkOutbox = (change: OutboxChange): void => {
  if (change.change !== 'queue') return
  const { text, ref, kind } = change.queued.item.content
  const sound = text.isWellFormed() && ref.isWellFormed() && kind.isWellFormed()
  assert(sound, 'queued text has no lone surrogates')
}

/** Throws if the transaction breaks a rule of the store. */
export const checkPersist = (persist: Persist, before: Before): void => {
  checkEntries(persist.entries, before)
  if (persist.order !== null) checkOrder(persist.order, before)
  for (const change of persist.outbox) checkOutbox(change)
}
