import { assert } from '../core/assert.ts'
import { amendmentOf } from '../core/content.ts'
import type { OrderChange, OutboxChange, Persist } from '../core/effect.ts'
import type { SignedEntry } from '../core/entry.ts'
import { termOf } from '../core/entry.ts'
import type { VisibleItem } from '../core/group-state.ts'
import type { GroupId, Hash, MessageId, NodeId, Place, TermId } from '../core/ids.ts'
import { byText } from '../core/ids.ts'
import type { OrderItem, OutboxBatch, QueuedItem, Snapshot } from '../core/log-reader.ts'
import { MAX_AMENDMENTS } from './amendments.ts'
import { type Before, checkPersist, isSkeleton } from './persist-rules.ts'
import { isFound } from './search-words.ts'
import { snapshotsToDrop } from './snapshot-thinning.ts'
import type { GroupStore, MessageRange, SearchOptions, StoredMessage } from './store.ts'

/** One term's entries by `seq`, each with its index in the order (-1: not part of it). */
interface TermLog {
  readonly entries: SignedEntry[]
  readonly indices: number[]
}

const byClock = (a: SignedEntry, b: SignedEntry): number =>
  a.entry.clock - b.entry.clock || byText(a.hash, b.hash)

const withPosition = (item: VisibleItem, index: number): StoredMessage => ({
  ...item,
  position: index + 1,
})

/**
 * A group's history in memory, for the simulator: it keeps the very objects that it is given, which
 * nobody changes, and does as little as it can when it is written to.
 */
export class MemoryGroup implements GroupStore, Before {
  readonly id: GroupId
  #terms = new Map<TermId, TermLog>()
  #byHash = new Map<Hash, SignedEntry>()
  #skeleton: Hash[] = []
  #order: OrderItem[] = []
  #messages: VisibleItem[] = []
  /** Ascending by index. */
  #snapshots: Snapshot[] = []
  #queued: QueuedItem[] = []
  #batches: OutboxBatch[] = []

  constructor(id: GroupId) {
    this.id = id
  }

  /** The same history in an object of its own: what a disk held at this moment. */
  clone(): MemoryGroup {
    const copy = new MemoryGroup(this.id)
    for (const [term, log] of this.#terms) {
      copy.#terms.set(term, { entries: [...log.entries], indices: [...log.indices] })
    }
    copy.#byHash = new Map(this.#byHash)
    copy.#skeleton = [...this.#skeleton]
    copy.#order = [...this.#order]
    copy.#messages = [...this.#messages]
    copy.#snapshots = [...this.#snapshots]
    copy.#queued = [...this.#queued]
    copy.#batches = [...this.#batches]
    return copy
  }

  apply(persist: Persist): void {
    this.check(persist)
    this.write(persist)
  }

  /** Throws if the transaction breaks a rule of the store. Changes nothing. */
  check(persist: Persist): void {
    checkPersist(persist, this)
  }

  /** Does it without checking again. */
  write(persist: Persist): void {
    for (const signed of persist.entries) this.#addEntry(signed)
    if (persist.order !== null) this.#replaceOrder(persist.order)
    for (const change of persist.outbox) this.#changeOutbox(change)
    if (persist.snapshot !== null) this.#addSnapshot(persist.snapshot)
  }

  #addEntry(signed: SignedEntry): void {
    const term = termOf(signed)
    let log = this.#terms.get(term)
    if (log === undefined) {
      log = { entries: [], indices: [] }
      this.#terms.set(term, log)
    }
    const { seq } = signed.entry
    const known = log.entries[seq]
    if (known !== undefined && (known.sig !== null || signed.sig === null)) return
    if (known === undefined) {
      log.indices[seq] = -1
      if (isSkeleton(signed)) this.#skeleton.push(signed.hash)
    }
    log.entries[seq] = signed
    this.#byHash.set(signed.hash, signed)
  }

  #replaceOrder({ from, fromPosition, items, visible }: OrderChange): void {
    for (const item of this.#order.splice(from)) this.#setIndex(item, -1)
    this.#messages.length = fromPosition - 1
    while (this.#snapshots.length > 0 && (this.#snapshots.at(-1)?.index ?? 0) > from) {
      this.#snapshots.pop()
    }
    for (const item of items) {
      this.#setIndex(item, this.#order.length)
      this.#order.push(item)
    }
    for (const item of visible) this.#messages.push(item)
  }

  #setIndex(place: Place, index: number): void {
    const log = this.#terms.get(place.term)
    assert(log?.entries[place.seq] !== undefined, 'the order speaks of stored entries only')
    log.indices[place.seq] = index
  }

  #changeOutbox(change: OutboxChange): void {
    switch (change.change) {
      case 'queue': {
        const { id } = change.queued.item
        if (!this.#queued.some((one) => one.item.id === id)) this.#queued.push(change.queued)
        return
      }
      case 'batch': {
        const { batch } = change.batch
        const ids = new Set(batch.items.map((item) => item.id))
        this.#queued = this.#queued.filter((one) => !ids.has(one.item.id))
        const at = this.#batches.findIndex(
          (one) => one.batch.session === batch.session && one.batch.aseq === batch.aseq,
        )
        if (at === -1) this.#batches.push(change.batch)
        else this.#batches[at] = change.batch
        return
      }
      case 'drop':
        this.#queued = this.#queued.filter((one) => one.item.id !== change.id)
        return
      case 'remove':
        this.#batches = this.#batches.filter(
          (one) => one.batch.session !== change.session || one.batch.aseq !== change.aseq,
        )
    }
  }

  #addSnapshot(snapshot: Snapshot): void {
    this.#snapshots = this.#snapshots.filter((one) => one.index !== snapshot.index)
    const after = this.#snapshots.findIndex((one) => one.index > snapshot.index)
    this.#snapshots.splice(after === -1 ? this.#snapshots.length : after, 0, snapshot)
    const drop = new Set(snapshotsToDrop(this.#snapshots.map((one) => one.index)))
    if (drop.size > 0) this.#snapshots = this.#snapshots.filter((one) => !drop.has(one.index))
  }

  termLength(term: TermId): number {
    return this.#terms.get(term)?.entries.length ?? 0
  }

  hashAt(term: TermId, seq: number): Hash | null {
    return this.#terms.get(term)?.entries[seq]?.hash ?? null
  }

  hasHash(hash: Hash): boolean {
    return this.#byHash.has(hash)
  }

  entryAt(place: Place): SignedEntry | null {
    return this.#terms.get(place.term)?.entries[place.seq] ?? null
  }

  entriesOfTerm(term: TermId, from: number, to: number): readonly SignedEntry[] {
    return this.#terms.get(term)?.entries.slice(Math.max(0, from), Math.max(0, to + 1)) ?? []
  }

  placeOf(hash: Hash): Place | null {
    const signed = this.#byHash.get(hash)
    return signed === undefined ? null : { term: termOf(signed), seq: signed.entry.seq }
  }

  skeleton(): readonly SignedEntry[] {
    return this.#skeleton.flatMap((hash) => this.#byHash.get(hash) ?? []).toSorted(byClock)
  }

  termEnds(): readonly SignedEntry[] {
    const ends = [...this.#terms.values()].flatMap((log) => log.entries.at(-1) ?? [])
    return ends.toSorted(byClock)
  }

  orderLength(): number {
    return this.#order.length
  }

  orderIndexOf(place: Place): number | null {
    const index = this.#terms.get(place.term)?.indices[place.seq] ?? -1
    return index === -1 ? null : index
  }

  ordered(
    from: number,
    to: number,
  ): readonly { readonly item: OrderItem; readonly signed: SignedEntry }[] {
    const items = this.#order.slice(Math.max(0, from), Math.max(0, to))
    return items.map((item) => ({ item, signed: this.#orderedEntry(item) }))
  }

  #orderedEntry(item: OrderItem): SignedEntry {
    const signed = this.entryAt(item)
    assert(signed !== null, 'an entry of the order is stored')
    return signed
  }

  snapshotAt(index: number): Snapshot | null {
    return this.#snapshots.findLast((one) => one.index <= index) ?? null
  }

  outbox(): { readonly batches: readonly OutboxBatch[]; readonly queued: readonly QueuedItem[] } {
    return { batches: [...this.#batches], queued: [...this.#queued] }
  }

  messageCount(): number {
    return this.#messages.length
  }

  messages({ from, limit }: MessageRange): readonly StoredMessage[] {
    const first = Math.max(1, from) - 1
    const page = this.#messages.slice(first, first + Math.max(0, limit))
    return page.map((item, offset) => withPosition(item, first + offset))
  }

  lastMessages(count: number): readonly StoredMessage[] {
    const from = Math.max(1, this.#messages.length - Math.max(0, count) + 1)
    return this.messages({ from, limit: count })
  }

  messageById(id: MessageId, author?: NodeId): StoredMessage | null {
    const index = this.#messages.findIndex(
      (item) => item.id === id && (author === undefined || item.author === author),
    )
    const item = this.#messages[index]
    return item === undefined ? null : withPosition(item, index)
  }

  search(query: string, options: SearchOptions): readonly StoredMessage[] {
    const before = Math.min(options.before ?? Infinity, this.#messages.length + 1)
    const found: StoredMessage[] = []
    for (let index = before - 2; index >= 0 && found.length < options.limit; index -= 1) {
      const item = this.#messages[index]
      if (item === undefined) continue
      if (isFound(item.content.text, query)) found.unshift(withPosition(item, index))
    }
    return found
  }

  amendments(targets: readonly string[]): readonly StoredMessage[] {
    const wanted = new Set(targets)
    const last = new Map<string, number>()
    for (const [index, item] of this.#messages.entries()) {
      const amends = amendmentOf(item)
      if (amends !== null && wanted.has(amends.target))
        last.set(`${amends.target} ${amends.slot}`, index)
    }
    const indices = [...last.values()].toSorted((a, b) => a - b).slice(-MAX_AMENDMENTS)
    return indices.flatMap((index) => this.messages({ from: index + 1, limit: 1 }))
  }

  entryCount(): number {
    return this.#byHash.size
  }

  *allEntries(): Iterable<SignedEntry> {
    for (const { signed } of this.ordered(0, this.#order.length)) yield signed
    const rest = [...this.#byHash.values()].filter(
      (one) => this.orderIndexOf({ term: termOf(one), seq: one.entry.seq }) === null,
    )
    yield* rest.toSorted(byClock)
  }
}
