/**
 * Makes a new database of what is still sound in a damaged one: of every term the entries that its
 * leader's signature vouches for, the order that follows from them, and the rows whose sums are
 * right. The rest comes back from the other members.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { Auditor, namedParents, type Checker } from '../core/auditor.ts'
import type { SignedEntry } from '../core/entry.ts'
import { planOf } from '../core/history-check.ts'
import { History } from '../core/history.ts'
import type { GroupId, Place } from '../core/ids.ts'
import { DamagedTerm, readable, termNumbers } from './damaged-terms.ts'
import { contactsIn, copyNodeNotes, copyNotes, copyOutbox, groupRows } from './damaged-rows.ts'
import { databasePath } from './open-folder.ts'
import { readRemembered, type RememberedGroup } from './remembered.ts'
import { Database } from './sqlite-database.ts'
import { lowerOf, upperOf } from './sqlite-keys.ts'
import { SqliteStore } from './sqlite-store.ts'
import type { GroupStore } from './store.ts'

/** Key of a group's note of whom to ask for its history: ids with addresses. */
export const CONTACTS = 'contacts'

export interface SalvagedGroup {
  readonly id: GroupId
  readonly entries: number
  /** Messages that waited to be sent and cannot be read any more. */
  readonly lostWaiting: number
}

export interface Salvaged {
  /** Path of the new database, closed, in a folder of its own beside the damaged one. */
  readonly fresh: string
  readonly groups: readonly SalvagedGroup[]
}

/** Of folders for new databases; one that a crash left behind is of no use. */
const PREFIX = 'repair-'

/** Entries in one transaction. */
const BATCH = 256

const sql = {
  head: `SELECT ${upperOf('entry')} AS term, ${lowerOf('entry')} AS seq FROM ordering
    WHERE ${upperOf('no')} = ? ORDER BY no DESC LIMIT 1`,
  term: 'SELECT id FROM terms WHERE no = ?',
}

/** One group on its way into the new database. */
class Rescue {
  readonly #history: History
  readonly #group: GroupStore
  readonly #auditor: Auditor
  /** Entries of a term that no signature vouches for yet. */
  readonly #pending = new Map<DamagedTerm, SignedEntry[]>()
  #unsaved = 0

  constructor(group: GroupStore, crypto: Checker) {
    this.#group = group
    this.#history = new History(group)
    // Authors signed what the hashes cover, and the hashes lead to the group's id.
    this.#auditor = new Auditor({ crypto, group: group.id, parents: null, authors: false })
  }

  /** Takes of the term what fits now; true if that was anything. */
  take(term: DamagedTerm): boolean {
    const pending = this.#pending.get(term) ?? []
    this.#pending.set(term, pending)
    let isMore = false
    for (let next = term.peek(); next !== null; next = term.peek()) {
      const signed = this.#checked(next)
      if (signed === null) break
      term.take()
      pending.push(signed)
      if (signed.sig === null) continue
      for (const one of pending.splice(0)) this.#add(one)
      isMore = true
    }
    return isMore
  }

  /** The entry if it fits and is right; without its signature if only that is false. */
  #checked(signed: SignedEntry): SignedEntry | null {
    const { log } = this.#history
    if (!namedParents(signed).every((hash) => log.placeOf(hash) !== null)) return null
    const flaw = this.#auditor.add(signed)
    if (flaw === null) return signed
    const bare = { ...signed, sig: null }
    return flaw === 'bad-signature' && this.#auditor.add(bare) === null ? bare : null
  }

  #add(signed: SignedEntry): void {
    this.#history.add(signed)
    this.#unsaved += 1
    if (this.#unsaved >= BATCH) this.save()
  }

  save(): void {
    this.#unsaved = 0
    const changes = this.#history.takeChanges()
    if (changes !== null) this.#group.apply({ type: 'persist', ...changes, outbox: [] })
  }

  /** Orders everything up to the head that was followed, or else up to the newest entry. */
  follow(wanted: Place | null): void {
    const { log } = this.#history
    const [newest] = log.endsOutside(new Map())
    const head = wanted !== null && log.has(wanted) ? wanted : (newest ?? null)
    for (const { term, from, to, main } of planOf(log, head)) {
      if (!main) continue
      for (let at = from; at <= to; at += BATCH) {
        const seq = Math.min(at + BATCH - 1, to)
        if (!this.#history.canAdvanceTo({ term, seq })) continue
        this.#history.advance({ term, seq })
        this.save()
      }
    }
  }
}

const groupOf = ({ entry, hash }: SignedEntry): GroupId =>
  entry.group === '' ? (hash as string as GroupId) : entry.group

/** Groups that entries speak of, with their terms in the order of their clocks. */
const termsByGroup = (
  database: Database,
  crypto: Checker,
): ReadonlyMap<GroupId, readonly DamagedTerm[]> => {
  const groups = new Map<GroupId, DamagedTerm[]>()
  for (const no of termNumbers(database)) {
    const term = new DamagedTerm(database, no, crypto)
    const first = term.peek()
    if (first === null) continue
    const id = groupOf(first)
    groups.set(id, [...(groups.get(id) ?? []), term])
  }
  return groups
}

const headOf = (database: Database, group: number | null): Place | null => {
  if (group === null) return null
  const [last] = readable<{ term: number; seq: number }>(database, sql.head, group)
  if (last === undefined) return null
  const [term] = readable<{ id: string }>(database, sql.term, last.term)
  return term === undefined ? null : ({ term: term.id, seq: last.seq } as Place)
}

/** Reads what can be read of all groups into `store`. */
const rescueAll = (
  database: Database,
  store: SqliteStore,
  crypto: Checker,
  remembered: ReadonlyMap<GroupId, RememberedGroup>,
): readonly SalvagedGroup[] => {
  const terms = termsByGroup(database, crypto)
  const rows = groupRows(database)
  const contacts = contactsIn(database)
  copyNodeNotes(database, store)
  const ids = new Set([...rows.keys(), ...terms.keys(), ...remembered.keys()])
  return [...ids].map((id) => {
    const row = rows.get(id) ?? null
    const noted = row ?? remembered.get(id) ?? null
    const group = store.createGroup(id, noted?.name ?? '')
    if (noted?.left === true) store.updateGroup(id, { left: true })
    const rescue = new Rescue(group, crypto)
    const own = terms.get(id) ?? []
    // Terms merge one another, so that some can go on only after others did.
    let isMore = true
    while (isMore) isMore = own.filter((term) => rescue.take(term)).length > 0
    rescue.save()
    rescue.follow(headOf(database, row?.no ?? null))
    const known = { ...remembered.get(id)?.contacts, ...contacts.get(id) }
    store.setGroupMeta(id, CONTACTS, known)
    if (row !== null) copyNotes(database, row.no, store, id)
    const lostWaiting = row === null ? 0 : copyOutbox(database, row.no, group)
    return { id, entries: group.entryCount(), lostWaiting }
  })
}

/** The folder's own database is only read. Throws StoreError if there is no room for a new one. */
export const salvage = (folder: string, crypto: Checker): Salvaged => {
  for (const name of readdirSync(folder))
    if (name.startsWith(PREFIX)) rmSync(join(folder, name), { recursive: true, force: true })
  const beside = mkdtempSync(join(folder, PREFIX))
  const store = new SqliteStore(beside)
  let database: Database | null = null
  try {
    database = new Database(databasePath(folder), 'read')
    const remembered = new Map(readRemembered(folder).map((group) => [group.id, group]))
    const groups = rescueAll(database, store, crypto, remembered)
    return { fresh: databasePath(beside), groups }
  } finally {
    database?.close()
    store.close()
  }
}
