/** Reads what can still be read of the entries in a damaged database, each term until it breaks. */
import { entryFromArray } from '../core/entry-codec.ts'
import type { SignedEntry } from '../core/entry.ts'
import type { Checker } from '../core/auditor.ts'
import { isSignature } from '../core/entry-codec.ts'
import type { Database } from './sqlite-database.ts'
import { keyOf, upperOf } from './sqlite-keys.ts'

const sql = {
  next: `SELECT ${upperOf('min(no)')} AS no FROM entries WHERE no >= ${keyOf('?1', '0')}`,
  page: `SELECT sig, json FROM entries
    WHERE no BETWEEN ${keyOf('?1', '?2')} AND ${keyOf('?1', '?3')} ORDER BY no`,
  known: 'SELECT no FROM terms ORDER BY no',
}

interface Row {
  readonly sig: string | null
  readonly json: string
}

/** Entries read at once; where that fails, one at a time. */
const PAGE = 64

/** The rows up to the first that cannot be read. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a cast
export const readable = <R>(
  database: Database,
  text: string,
  ...values: number[]
): readonly R[] => {
  const rows: R[] = []
  try {
    for (const row of database.each<R>(text, ...values)) rows.push(row)
  } catch {
    // What comes after it is out of reach.
  }
  return rows
}

/** Numbers of terms, from wherever they can still be learnt. */
export const termNumbers = (database: Database): readonly number[] => {
  const numbers = new Set(readable<{ no: number }>(database, sql.known).map(({ no }) => no))
  for (let no = 0; ; no += 1) {
    const [found] = readable<{ no: number | null }>(database, sql.next, no)
    if (found === undefined || found.no === null || found.no < no) break
    numbers.add(found.no)
    no = found.no
  }
  return [...numbers].toSorted((a, b) => a - b)
}

/** One term's entries in order; their hashes are computed, not believed. */
export class DamagedTerm {
  readonly #database: Database
  readonly #no: number
  readonly #crypto: Checker
  #seq = 0
  #page: readonly SignedEntry[] = []

  constructor(database: Database, no: number, crypto: Checker) {
    this.#database = database
    this.#no = no
    this.#crypto = crypto
  }

  /** The next entry, again and again until `take` is called; null at the end, wherever that is. */
  peek(): SignedEntry | null {
    if (this.#page.length === 0) {
      this.#page = this.#read(PAGE)
      if (this.#page.length === 0) this.#page = this.#read(1)
    }
    return this.#page[0] ?? null
  }

  take(): void {
    this.#page = this.#page.slice(1)
    this.#seq += 1
  }

  #read(count: number): readonly SignedEntry[] {
    const last = this.#seq + count - 1
    const rows = readable<Row>(this.#database, sql.page, this.#no, this.#seq, last)
    const entries: SignedEntry[] = []
    for (const { sig, json } of rows) {
      const entry = entryOf(json)
      if (entry === null || entry.seq !== this.#seq + entries.length) break
      const hash = this.#crypto.hash(json)
      entries.push({ entry, hash, sig: isSignature(sig) ? sig : null })
    }
    return entries
  }
}

const entryOf = (json: string): SignedEntry['entry'] | null => {
  try {
    return entryFromArray(JSON.parse(json))
  } catch {
    return null
  }
}
