/**
 * Checks one group in the database: the entries themselves, and that order, messages and snapshots
 * are what follows from them. Reads pages in turn, so that whoever runs it may pause between them.
 */
import { amendmentOf } from '../core/content.ts'
import { entryFromArray } from '../core/entry-codec.ts'
import type { SignedEntry } from '../core/entry.ts'
import type { GroupStateData, VisibleItem } from '../core/group-state.ts'
import { stateToData } from '../core/group-state.ts'
import { HistoryCheck, type PlannedRun } from '../core/history-check.ts'
import type { Checker } from '../core/auditor.ts'
import type { GroupId, Hash, Place, Signature } from '../core/ids.ts'
import { isDeepStrictEqual } from 'node:util'
import { DamageFound, flawText, type Damage, type Sound } from './damage.ts'
import { ItemFinder } from './item-finder.ts'
import { indexedText } from './search-words.ts'
import type { Database } from './sqlite-database.ts'
import { SqliteGroup } from './sqlite-group.ts'
import { keyOf, lastKeyOf, lowerOf, upperOf } from './sqlite-keys.ts'
import type { WordSums } from './word-sums.ts'

/** Entries read at a time. */
const PAGE = 256

const range = (upper: string): string =>
  `BETWEEN ${keyOf(upper, '?2')} AND ${keyOf(upper, '?3')} ORDER BY no`
const all = (upper: string): string => `BETWEEN ${keyOf(upper, '0')} AND ${lastKeyOf(upper)}`

const sql = {
  entries: `SELECT ${lowerOf('no')} AS seq, group_no, kind, clock, hash, sig, json
    FROM entries WHERE no ${range('?1')}`,
  order: `SELECT ${lowerOf('no')} AS idx, ${upperOf('entry')} AS term, ${lowerOf('entry')} AS seq,
    main FROM ordering WHERE no ${range('?1')}`,
  messages: `SELECT ${lowerOf('no')} AS position, idx, item, folded, id
    FROM messages WHERE no ${range('?1')}`,
  amendments: `SELECT ${lowerOf('no')} AS position, target, slot
    FROM amendments WHERE no ${range('?1')}`,
  countAmendments: `SELECT count(*) AS count FROM amendments WHERE no ${all('?1')}`,
  countEntries: 'SELECT count(*) AS count FROM entries WHERE group_no = ?',
  countTerms: 'SELECT count(*) AS count FROM terms WHERE group_no = ?',
  countOrder: `SELECT count(*) AS count FROM ordering WHERE no ${all('?1')}`,
  countMessages: `SELECT count(*) AS count FROM messages WHERE no ${all('?1')}`,
  snapshots: 'SELECT idx FROM snapshots WHERE group_no = ? ORDER BY idx',
  snapshot: 'SELECT state FROM snapshots WHERE group_no = ? AND idx = ?',
}

interface EntryRow {
  readonly seq: number
  readonly group_no: number
  readonly kind: string
  readonly clock: number
  readonly hash: string
  readonly sig: string | null
  readonly json: string
}

interface OrderRow {
  readonly idx: number
  readonly term: number
  readonly seq: number
  readonly main: number
}

interface MessageRow {
  readonly position: number
  readonly idx: number
  readonly item: number
  readonly folded: number
  readonly id: string
}

export interface GroupCheckOptions {
  readonly database: Database
  readonly id: GroupId
  /** The group's number in this database. */
  readonly no: number
  readonly crypto: Checker
  readonly words: WordSums
  readonly upTo?: number | undefined
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

export class GroupCheck {
  readonly #options: GroupCheckOptions
  readonly #group: SqliteGroup
  readonly #check: HistoryCheck
  readonly #head: SignedEntry | null
  readonly #snapshots: number[]
  /** Messages so far that change others. */
  #amendments = 0

  /** Throws `DamageFound`. */
  constructor(options: GroupCheckOptions) {
    const { database, id, no, crypto, upTo } = options
    this.#options = options
    this.#group = new SqliteGroup(database, id, no)
    const length = this.#group.orderLength()
    const last = this.#group.ordered(length - 1, length)[0] ?? null
    if (length > 0 && last === null) throw this.#damage('order', 'the order has no end')
    this.#head = last?.signed ?? null
    try {
      const head = last?.item ?? null
      this.#check = new HistoryCheck({ crypto, group: id, reader: this.#group, head, upTo })
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : ''
      throw this.#damage('entry', `the terms do not hang together: ${why}`)
    }
    const kept = database.all<{ idx: number }>(sql.snapshots, no)
    this.#snapshots = kept.map(({ idx }) => idx)
  }

  /** Yields how many entries were checked. Throws `DamageFound`. */
  *run(): Generator<number, Sound> {
    for (const run of this.#check.plan) {
      for (let from = run.from; from <= run.to; from += PAGE) {
        this.#checkPage(run, from, Math.min(from + PAGE - 1, run.to))
        yield this.#check.count
      }
    }
    const end = this.#check.end()
    if (end !== null) throw this.#badEntry(end.place, end.hash, end.flaw)
    this.#checkCounts()
    return {
      entries: this.#check.count,
      messages: this.#check.state.positions,
      head: this.#head?.hash ?? null,
      fingerprint: this.#check.fingerprint(),
    }
  }

  #checkPage(run: PlannedRun, from: number, to: number): void {
    const { term } = run
    const no = this.#group.termEnd(term)?.no ?? -1
    const rows = this.#options.database.all<EntryRow>(sql.entries, no, from, to)
    const visible: VisibleItem[] = []
    const entries: SignedEntry[] = []
    for (let seq = from; seq <= to; seq += 1) {
      const row = rows[seq - from]
      if (row === undefined || row.seq !== seq) throw this.#badEntry({ term, seq }, null, 'missing')
      const signed = this.#read(row, { term, seq })
      const taken = this.#check.take(signed, run, row.json)
      if (taken.flaw !== null) throw this.#badEntry({ term, seq }, signed.hash, taken.flaw)
      entries.push(signed)
      for (const item of taken.visible) visible.push(item)
      if (run.index !== null) this.#checkSnapshot()
    }
    if (run.index === null) return
    this.#checkOrder(run, run.index + from - run.from, from, to, no)
    this.#checkMessages(visible, entries)
  }

  #read(row: EntryRow, place: Place): SignedEntry {
    const entry = entryFromArray(parsed(row.json))
    const hash = row.hash as Hash
    if (entry === null) throw this.#badEntry(place, hash, 'unreadable')
    const isTerm = place.seq > 0 || row.hash === place.term
    const isSame = row.kind === entry.kind && row.clock === entry.clock && entry.seq === row.seq
    if (!isTerm || !isSame || row.group_no !== this.#options.no)
      throw this.#badEntry(place, hash, 'out-of-place')
    return { entry, hash, sig: row.sig as Signature | null }
  }

  #checkOrder({ main }: PlannedRun, index: number, from: number, to: number, term: number): void {
    const { database, no } = this.#options
    const rows = database.all<OrderRow>(sql.order, no, index, index + to - from)
    for (let seq = from; seq <= to; seq += 1) {
      const at = index + seq - from
      const row = rows[seq - from]
      const isRight = row !== undefined && row.idx === at && row.term === term && row.seq === seq
      if (!isRight || row.main !== (main ? 1 : 0))
        throw this.#damage('order', `entry ${at} of the order is not what follows from the history`)
    }
  }

  #checkMessages(visible: readonly VisibleItem[], entries: readonly SignedEntry[]): void {
    if (visible.length === 0) return
    const { database, no, words } = this.#options
    const first = this.#check.state.positions - visible.length + 1
    const rows = database.all<MessageRow>(sql.messages, no, first, first + visible.length - 1)
    const finder = new ItemFinder(entries, () => null)
    for (const [offset, message] of visible.entries()) {
      const position = first + offset
      const { index, id, folded, content } = message
      const expected = {
        position,
        idx: index,
        item: finder.find(message),
        folded: Number(folded),
        id,
      }
      if (!isDeepStrictEqual({ ...rows[offset] }, expected))
        throw this.#damage('messages', `message ${position} is not what follows from the history`)
      if (content.text !== '') words.add(no, position, indexedText(content.text))
    }
    this.#checkAmendments(visible, first)
  }

  #checkAmendments(visible: readonly VisibleItem[], first: number): void {
    const { database, no } = this.#options
    const rows = database.all<object>(sql.amendments, no, first, first + visible.length - 1)
    const expected = visible.flatMap((message, offset) => {
      const amends = amendmentOf(message)
      return amends === null ? [] : [{ position: first + offset, ...amends }]
    })
    this.#amendments += expected.length
    const found = rows.map((row) => ({ ...row }))
    if (!isDeepStrictEqual(found, expected))
      throw this.#damage('messages', 'what changes messages is not what follows from the history')
  }

  #checkSnapshot(): void {
    const { length } = this.#check.state
    if (this.#snapshots[0] !== length) return
    this.#snapshots.shift()
    const { database, no } = this.#options
    const row = database.get<{ state: string }>(sql.snapshot, no, length)
    const kept = parsed(row?.state ?? '') as GroupStateData | null
    const expected = parsed(JSON.stringify(stateToData(this.#check.state)))
    if (!isDeepStrictEqual(kept, expected))
      throw this.#damage('snapshot', `the state kept after entry ${length} is not the right one`)
  }

  /** Is there anything that the plan does not have? */
  #checkCounts(): void {
    const { state, count } = this.#check
    const { no } = this.#options
    const counts = [
      ['entry', sql.countEntries, count, 'entries that no history leads to'],
      ['entry', sql.countTerms, this.#group.termEnds().length, 'terms without entries'],
      ['order', sql.countOrder, state.length, 'a place in the order without an entry'],
      ['messages', sql.countMessages, state.positions, 'messages that nobody said'],
      ['messages', sql.countAmendments, this.#amendments, 'changes that nobody made'],
    ] as const
    for (const [part, text, expected, what] of counts) {
      const row = this.#options.database.get<{ count: number }>(text, no)
      if (row?.count !== expected) throw this.#damage(part, `there are ${what}`)
    }
    if (this.#snapshots.length > 0)
      throw this.#damage('snapshot', `a state is kept after entry ${this.#snapshots[0]}`)
  }

  #damage(part: Damage['part'], what: string): DamageFound {
    return new DamageFound({ part, what, group: this.#options.id, entry: null })
  }

  #badEntry(place: Place, hash: Hash | null, flaw: Parameters<typeof flawText>[0]): DamageFound {
    const { term, seq } = place
    const name = hash === null ? '' : ` (${hash})`
    const what = `entry ${seq} of term ${term}${name}: ${flawText(flaw)}`
    const entry = { term, seq, hash, flaw }
    return new DamageFound({ part: 'entry', what, group: this.#options.id, entry })
  }
}
