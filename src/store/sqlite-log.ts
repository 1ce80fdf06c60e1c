import { assert } from '../core/assert.ts'
import type { SignedEntry } from '../core/entry.ts'
import { entryFromArray } from '../core/entry-codec.ts'
import type { GroupId, Hash, Place, Signature, TermId } from '../core/ids.ts'
import type { LogReader, OrderItem, OutboxBatch, QueuedItem, Snapshot } from '../core/log-reader.ts'
import type { GroupStateData } from '../core/group-state.ts'
import type { Before } from './persist-rules.ts'
import { sumOf } from './row-sums.ts'
import type { Database } from './sqlite-database.ts'
import { corrupt } from './sqlite-faults.ts'
import { keyOf, lastKeyOf, lowerOf, upperOf } from './sqlite-keys.ts'

/** What is known of a term without asking the disk. */
export interface TermEnd {
  /** Its number in this database. */
  readonly no: number
  length: number
  lastHash: Hash
}

/** What is known of a group without asking the disk; forgotten when a transaction failed. */
interface Known {
  readonly terms: Map<TermId, TermEnd>
  readonly termIds: Map<number, TermId>
  orderLength: number
  messageCount: number
}

interface EntryRow {
  readonly hash: string
  readonly sig: string | null
  readonly json: string
}

interface OrderRow extends EntryRow {
  readonly term: number
  readonly seq: number
  readonly main: number
}

interface SummedRow {
  readonly json: string
  /** Null in rows from before there were sums. */
  readonly sum: string | null
}

interface QueuedRow extends SummedRow {
  readonly id: string
}

interface BatchRow extends SummedRow {
  readonly session: string
  readonly aseq: number
}

interface PlaceRow {
  readonly term: number
  readonly seq: number
}

interface TermRow {
  readonly no: number
  readonly id: string
  readonly seq: number
  readonly hash: string
}

const ENTRY = 'e.hash, e.sig, e.json'

const sql = {
  terms: `SELECT t.no, t.id, ${lowerOf('e.no')} AS seq, e.hash
    FROM terms t JOIN entries e ON e.no =
      (SELECT max(no) FROM entries WHERE no BETWEEN ${keyOf('t.no', '0')} AND ${lastKeyOf('t.no')})
    WHERE t.group_no = ?`,
  last: (table: string) => `SELECT ${lowerOf('max(no)')} AS last FROM ${table}
    WHERE no BETWEEN ${keyOf('?1', '0')} AND ${lastKeyOf('?1')}`,
  entry: `SELECT ${ENTRY} FROM entries e WHERE no = ${keyOf('?1', '?2')}`,
  hash: `SELECT hash FROM entries WHERE no = ${keyOf('?1', '?2')}`,
  range: `SELECT ${ENTRY} FROM entries e
    WHERE no BETWEEN ${keyOf('?1', '?2')} AND ${keyOf('?1', '?3')} ORDER BY no`,
  place: `SELECT ${upperOf('no')} AS term, ${lowerOf('no')} AS seq FROM entries
    WHERE group_no = ? AND hash = ?`,
  skeleton: `SELECT ${ENTRY} FROM entries e WHERE group_no = ?
    AND kind IN ('genesis', 'open', 'merge') ORDER BY clock, hash`,
  index: `SELECT ${lowerOf('no')} AS idx FROM ordering WHERE entry = ${keyOf('?1', '?2')}`,
  ordered: `SELECT o.main, ${upperOf('o.entry')} AS term, ${lowerOf('o.entry')} AS seq, ${ENTRY}
    FROM ordering o JOIN entries e ON e.no = o.entry
    WHERE o.no BETWEEN ${keyOf('?1', '?2')} AND ${keyOf('?1', '?3')} ORDER BY o.no`,
  snapshot: `SELECT idx, state FROM snapshots WHERE group_no = ? AND idx <= ?
    ORDER BY idx DESC LIMIT 1`,
  queued: 'SELECT id, json, sum FROM outbox_queued WHERE group_no = ? ORDER BY no',
  batches: 'SELECT session, aseq, json, sum FROM outbox_batches WHERE group_no = ? ORDER BY no',
  unordered: `SELECT ${upperOf('e.no')} AS term, ${lowerOf('e.no')} AS seq FROM entries e
    WHERE group_no = ? AND NOT EXISTS (SELECT 1 FROM ordering o WHERE o.entry = e.no)
    ORDER BY clock, hash`,
}

/** Entries read at a time where all are walked through. */
const PAGE = 512

/** What the core reads of one group, and what the writer needs to know before it writes. */
export class SqliteLog implements LogReader, Before {
  readonly id: GroupId
  protected readonly database: Database
  #no: number
  #known: Known | null = null

  constructor(database: Database, id: GroupId, no: number) {
    this.database = database
    this.id = id
    this.#no = no
  }

  /** The group's number in this database. */
  get no(): number {
    return this.#no
  }

  /** Another database has taken the place of the one before; there the group has this number. */
  renumber(no: number): void {
    this.#no = no
    this.forget()
  }

  /** After a transaction that failed: what was remembered of it is wrong. */
  forget(): void {
    this.#known = null
  }

  protected get known(): Known {
    this.#known ??= this.#load()
    return this.#known
  }

  #load(): Known {
    const terms = new Map<TermId, TermEnd>()
    const termIds = new Map<number, TermId>()
    for (const { no, id, seq, hash } of this.database.all<TermRow>(sql.terms, this.no)) {
      terms.set(id as TermId, { no, length: seq + 1, lastHash: hash as Hash })
      termIds.set(no, id as TermId)
    }
    const orderLength = this.#last('ordering') + 1
    return { terms, termIds, orderLength, messageCount: Math.max(0, this.#last('messages')) }
  }

  /** The largest lower part of the group's keys, -1 if it has none. */
  #last(table: 'ordering' | 'messages'): number {
    const row = this.database.get<{ last: number | null }>(sql.last(table), this.no)
    return row?.last ?? -1
  }

  termEnd(term: TermId): TermEnd | null {
    return this.known.terms.get(term) ?? null
  }

  termLength(term: TermId): number {
    return this.termEnd(term)?.length ?? 0
  }

  hashAt(term: TermId, seq: number): Hash | null {
    const end = this.termEnd(term)
    if (end === null) return null
    if (seq === end.length - 1) return end.lastHash
    const row = this.database.get<{ hash: string }>(sql.hash, end.no, seq)
    return (row?.hash ?? null) as Hash | null
  }

  hasHash(hash: Hash): boolean {
    return this.placeOf(hash) !== null
  }

  entryAt({ term, seq }: Place): SignedEntry | null {
    const end = this.termEnd(term)
    if (end === null || seq < 0 || seq >= end.length) return null
    const row = this.database.get<EntryRow>(sql.entry, end.no, seq)
    return row === undefined ? null : this.#read(row)
  }

  entriesOfTerm(term: TermId, from: number, to: number): readonly SignedEntry[] {
    const end = this.termEnd(term)
    const last = Math.min(to, (end?.length ?? 0) - 1)
    const first = Math.max(0, from)
    if (end === null || last < first) return []
    return this.#entries(sql.range, end.no, first, last)
  }

  placeOf(hash: Hash): Place | null {
    const row = this.database.get<PlaceRow>(sql.place, this.no, hash)
    return row === undefined ? null : { term: this.#termId(row.term), seq: row.seq }
  }

  skeleton(): readonly SignedEntry[] {
    return this.#entries(sql.skeleton, this.no)
  }

  termEnds(): readonly SignedEntry[] {
    const ends: SignedEntry[] = []
    for (const [term, { length }] of this.known.terms) {
      const signed = this.entryAt({ term, seq: length - 1 })
      if (signed !== null) ends.push(signed)
    }
    return ends.toSorted((a, b) => a.entry.clock - b.entry.clock || (a.hash < b.hash ? -1 : 1))
  }

  orderLength(): number {
    return this.known.orderLength
  }

  messageCount(): number {
    return this.known.messageCount
  }

  orderIndexOf({ term, seq }: Place): number | null {
    const end = this.termEnd(term)
    if (end === null || seq < 0 || seq >= end.length) return null
    return this.database.get<{ idx: number }>(sql.index, end.no, seq)?.idx ?? null
  }

  ordered(
    from: number,
    to: number,
  ): readonly { readonly item: OrderItem; readonly signed: SignedEntry }[] {
    const first = Math.max(0, from)
    const last = Math.min(to, this.known.orderLength) - 1
    if (last < first) return []
    const rows = this.database.all<OrderRow>(sql.ordered, this.no, first, last)
    return rows.map((row) => ({
      item: { term: this.#termId(row.term), seq: row.seq, main: row.main === 1 },
      signed: this.#read(row),
    }))
  }

  snapshotAt(index: number): Snapshot | null {
    const row = this.database.get<{ idx: number; state: string }>(sql.snapshot, this.no, index)
    if (row === undefined) return null
    return { index: row.idx, state: this.#parse(row.state) as GroupStateData }
  }

  outbox(): { readonly batches: readonly OutboxBatch[]; readonly queued: readonly QueuedItem[] } {
    const { no } = this
    const batches = this.database.all<BatchRow>(sql.batches, no).map((row) => {
      const { session, aseq, json } = row
      return this.#waiting(row, sumOf('outbox_batches', no, session, aseq, json)) as OutboxBatch
    })
    const queued = this.database.all<QueuedRow>(sql.queued, no).map((row) => {
      return this.#waiting(row, sumOf('outbox_queued', no, row.id, row.json)) as QueuedItem
    })
    return { batches, queued }
  }

  entryCount(): number {
    let count = 0
    for (const { length } of this.known.terms.values()) count += length
    return count
  }

  *allEntries(): Iterable<SignedEntry> {
    for (let from = 0; from < this.known.orderLength; from += PAGE) {
      for (const { signed } of this.ordered(from, from + PAGE)) yield signed
    }
    for (const { term, seq } of this.database.all<PlaceRow>(sql.unordered, this.no)) {
      const signed = this.entryAt({ term: this.#termId(term), seq })
      if (signed !== null) yield signed
    }
  }

  #entries(text: string, ...values: number[]): readonly SignedEntry[] {
    return this.database.all<EntryRow>(text, ...values).map((row) => this.#read(row))
  }

  /** It would go out under this node's signature: better not at all than altered. */
  #waiting({ json, sum }: SummedRow, expected: string): unknown {
    if (sum !== null && sum !== expected)
      throw corrupt(this.database.path, 'a waiting message is not what was written')
    return this.#parse(json)
  }

  #read({ hash, sig, json }: EntryRow): SignedEntry {
    const entry = entryFromArray(this.#parse(json))
    if (entry === null) throw corrupt(this.database.path, `entry ${hash} cannot be read`)
    return { entry, hash: hash as Hash, sig: sig as Signature | null }
  }

  #parse(json: string): unknown {
    try {
      return JSON.parse(json)
    } catch (fault) {
      throw corrupt(this.database.path, 'a row is not JSON', fault)
    }
  }

  #termId(no: number): TermId {
    const id = this.known.termIds.get(no)
    assert(id !== undefined, 'an entry is of a term of its group')
    return id
  }
}
