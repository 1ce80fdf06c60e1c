/**
 * All entries that this replica stores, as a tree of terms.
 *
 * A term is written by one instance, so it is a straight line of entries, and since an entry is
 * stored only after its predecessor, what is stored of a term is always a prefix of it. A replica's
 * whole content is therefore one number per term, and "does this history contain that entry" is a
 * look-up.
 *
 * Invariants: L1 parents of a stored entry are stored; L2 per term, places 0..last are stored,
 * without a hole; L3 `lastHash` and `lastClock` are those of the entry at `last`.
 */
import { assert } from './assert.ts'
import { termOf, type SignedEntry } from './entry.ts'
import type { Hash, InstanceId, NodeId, Place, TermId, Tip } from './ids.ts'
import { byText, placeKey } from './ids.ts'
import type { LogReader } from './log-reader.ts'

export interface TermInfo {
  readonly id: TermId
  readonly counter: number
  readonly leader: NodeId
  readonly instance: InstanceId | null
  /** Where the term continues from; null for the genesis entry's own. */
  readonly parent: Place | null
  /** Branches spliced into this term, by the merge's place in it, ascending. */
  readonly merges: { readonly seq: number; readonly tips: readonly Place[] }[]
  last: number
  lastHash: Hash
  lastClock: number
}

/** Hashes of entries added lately that are kept in memory: messages name recent ones. */
const recentHashes = 4_096

/** What a history contains: for each of its terms the last place. */
export type Coverage = Map<TermId, number>

export const covers = (coverage: Coverage, place: Place): boolean =>
  (coverage.get(place.term) ?? -1) >= place.seq

export class Log {
  readonly terms = new Map<TermId, TermInfo>()
  readonly #reader: LogReader
  #stored = 0
  #fresh: SignedEntry[] = []
  readonly #freshByPlace = new Map<string, SignedEntry>()
  readonly #recentByHash = new Map<Hash, Place>()

  constructor(reader: LogReader) {
    this.#reader = reader
    for (const signed of reader.skeleton()) this.#index(signed)
    for (const signed of reader.termEnds()) this.#extend(termOf(signed), signed)
  }

  has(place: Place): boolean {
    return (this.terms.get(place.term)?.last ?? -1) >= place.seq
  }

  /** How many entries are stored, in all terms. */
  stored(): number {
    return this.#stored
  }

  /** The entry at a stored place. */
  at(place: Place): SignedEntry {
    const found = this.#freshByPlace.get(placeKey(place)) ?? this.#reader.entryAt(place)
    assert(found !== null, `entry ${placeKey(place)} is stored`)
    return found
  }

  placeOf(hash: Hash): Place | null {
    return this.#recentByHash.get(hash) ?? this.#reader.placeOf(hash)
  }

  hashAt(place: Place): Hash {
    const info = this.term(place.term)
    return info.last === place.seq ? info.lastHash : this.at(place).hash
  }

  clockAt(place: Place): number {
    const info = this.term(place.term)
    return info.last === place.seq ? info.lastClock : this.at(place).entry.clock
  }

  /** Stored entries of one term, both ends inclusive. */
  range(term: TermId, from: number, to: number): readonly SignedEntry[] {
    if (from === to) return [this.at({ term, seq: from })]
    const stored = this.#reader.entriesOfTerm(term, from, to)
    if (stored.length === to - from + 1) return stored
    const missing: SignedEntry[] = []
    for (let seq = from + stored.length; seq <= to; seq += 1) missing.push(this.at({ term, seq }))
    return [...stored, ...missing]
  }

  endOf(term: TermId): Tip | null {
    const info = this.terms.get(term)
    return info === undefined ? null : { term, seq: info.last, hash: info.lastHash }
  }

  /** Adds an entry whose parents are stored and which has been verified. */
  add(signed: SignedEntry): void {
    const term = termOf(signed)
    const place = { term, seq: signed.entry.seq }
    this.#index(signed)
    this.#extend(term, signed)
    this.#fresh.push(signed)
    this.#freshByPlace.set(placeKey(place), signed)
    this.#remember(signed.hash, place)
  }

  /** Entries added since the last call, parents first; they are readable from the disk from now on. */
  takeFresh(): readonly SignedEntry[] {
    const fresh = this.#fresh
    if (fresh.length === 0) return fresh
    this.#fresh = []
    this.#freshByPlace.clear()
    return fresh
  }

  /** Extends `coverage` by all of a stored place's history. */
  cover(coverage: Coverage, place: Place): void {
    const todo: Place[] = [place]
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const had = coverage.get(next.term) ?? -1
      if (had >= next.seq) continue
      coverage.set(next.term, next.seq)
      const info = this.term(next.term)
      if (had < 0 && info.parent !== null) todo.push(info.parent)
      for (let at = info.merges.length - 1; at >= 0; at -= 1) {
        const merge = info.merges[at]
        if (merge === undefined || merge.seq <= had) break
        if (merge.seq <= next.seq) todo.push(...merge.tips)
      }
    }
  }

  coverageOf(place: Place | null): Coverage {
    const coverage: Coverage = new Map()
    if (place !== null) this.cover(coverage, place)
    return coverage
  }

  term(id: TermId): TermInfo {
    const info = this.terms.get(id)
    assert(info !== undefined, `term ${id} is stored`)
    return info
  }

  /**
   * Heads of stored branches that are not in `coverage`, nor in one another's history. An entry can
   * only be part of the history of one with a larger clock, so going down by clock one pass is
   * enough.
   */
  endsOutside(coverage: Coverage): readonly Tip[] {
    const open: TermInfo[] = []
    for (const info of this.terms.values())
      if ((coverage.get(info.id) ?? -1) < info.last) open.push(info)
    if (open.length > 1)
      open.sort((a, b) => b.lastClock - a.lastClock || byText(a.lastHash, b.lastHash))
    const seen = open.length > 1 ? new Map(coverage) : coverage
    const ends: Tip[] = []
    for (const { id, last, lastHash } of open) {
      const end = { term: id, seq: last, hash: lastHash }
      if (open.length > 1 && covers(seen, end)) continue
      if (open.length > 1) this.cover(seen, end)
      ends.push(end)
    }
    return ends
  }

  #remember(hash: Hash, place: Place): void {
    this.#recentByHash.set(hash, place)
    if (this.#recentByHash.size <= recentHashes) return
    for (const oldest of this.#recentByHash.keys()) {
      this.#recentByHash.delete(oldest)
      return
    }
  }

  #index(signed: SignedEntry): void {
    const { entry, hash } = signed
    if (entry.kind === 'merge') {
      const tips = entry.body.tips.map((tip) => this.#storedPlace(tip))
      this.term(termOf(signed)).merges.push({ seq: entry.seq, tips })
      return
    }
    if (entry.kind !== 'genesis' && entry.kind !== 'open') return
    const isOpen = entry.kind === 'open'
    this.terms.set(termOf(signed), {
      id: termOf(signed),
      counter: isOpen ? entry.body.counter : 0,
      leader: isOpen ? entry.body.leader : entry.body.founder.id,
      instance: isOpen ? entry.body.instance : null,
      parent: isOpen ? this.#storedPlace(entry.prev as Hash) : null,
      merges: [],
      last: 0,
      lastHash: hash,
      lastClock: entry.clock,
    })
    this.#stored += 1
  }

  #extend(term: TermId, signed: SignedEntry): void {
    const info = this.term(term)
    if (signed.entry.seq < info.last) return
    this.#stored += signed.entry.seq - info.last
    info.last = signed.entry.seq
    info.lastHash = signed.hash
    info.lastClock = signed.entry.clock
  }

  #storedPlace(hash: Hash): Place {
    const place = this.placeOf(hash)
    assert(place !== null, `parent ${hash} is stored`)
    return place
  }
}
