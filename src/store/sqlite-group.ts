import { amendmentOf } from '../core/content.ts'
import type { OrderChange, OutboxChange, Persist } from '../core/effect.ts'
import type { SignedEntry } from '../core/entry.ts'
import { termOf } from '../core/entry.ts'
import { entryText } from '../core/entry-codec.ts'
import type { TermId } from '../core/ids.ts'
import type { Snapshot } from '../core/log-reader.ts'
import { assert } from '../core/assert.ts'
import { checkPersist } from './persist-rules.ts'
import { ItemFinder } from './item-finder.ts'
import { sumOf } from './row-sums.ts'
import { indexedText } from './search-words.ts'
import { snapshotsToDrop } from './snapshot-thinning.ts'
import { keyOf, lastKeyOf } from './sqlite-keys.ts'
import { SqliteHistory } from './sqlite-history.ts'
import type { GroupStore } from './store.ts'

const fromKey = (table: string, key: string): string =>
  `DELETE FROM ${table} WHERE ${key} BETWEEN ${keyOf('?1', '?2')} AND ${lastKeyOf('?1')}`

const sql = {
  addTerm: 'INSERT INTO terms (group_no, id) VALUES (?, ?) RETURNING no',
  addEntry: `INSERT INTO entries (no, group_no, kind, clock, hash, sig, json)
    VALUES (${keyOf('?1', '?2')}, ?3, ?4, ?5, ?6, ?7, ?8)`,
  signEntry: `UPDATE entries SET sig = ?3 WHERE no = ${keyOf('?1', '?2')} AND sig IS NULL`,
  cutOrder: fromKey('ordering', 'no'),
  cutMessages: fromKey('messages', 'no'),
  cutWords: fromKey('words', 'rowid'),
  cutAmendments: fromKey('amendments', 'no'),
  cutSnapshots: 'DELETE FROM snapshots WHERE group_no = ? AND idx > ?',
  addOrder: `INSERT INTO ordering (no, entry, main)
    VALUES (${keyOf('?1', '?2')}, ${keyOf('?3', '?4')}, ?5)`,
  addMessage: `INSERT INTO messages (no, idx, item, folded, id)
    VALUES (${keyOf('?1', '?2')}, ?3, ?4, ?5, ?6)`,
  addWords: `INSERT INTO words (rowid, text) VALUES (${keyOf('?1', '?2')}, ?3)`,
  addAmendment: `INSERT INTO amendments (no, target, slot)
    VALUES (${keyOf('?1', '?2')}, ?3, ?4)`,
  addSnapshot: 'INSERT OR REPLACE INTO snapshots (group_no, idx, state) VALUES (?, ?, ?)',
  snapshots: 'SELECT idx FROM snapshots WHERE group_no = ? ORDER BY idx',
  dropSnapshot: 'DELETE FROM snapshots WHERE group_no = ? AND idx = ?',
  queue: `INSERT INTO outbox_queued (group_no, id, json, sum) VALUES (?, ?, ?, ?)
    ON CONFLICT DO NOTHING`,
  unqueue: 'DELETE FROM outbox_queued WHERE group_no = ? AND id = ?',
  addBatch: `INSERT INTO outbox_batches (group_no, session, aseq, json, sum)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (group_no, session, aseq)
    DO UPDATE SET json = excluded.json, sum = excluded.sum`,
  dropBatch: 'DELETE FROM outbox_batches WHERE group_no = ? AND session = ? AND aseq = ?',
}

/** What is queued and put into a batch within one transaction: it need not be written twice. */
const batchedAtOnce = (changes: readonly OutboxChange[]): ReadonlySet<string> => {
  const queued = new Set<string>()
  const batched = new Set<string>()
  for (const one of changes) {
    if (one.change === 'queue') queued.add(one.queued.item.id)
    else if (one.change === 'batch')
      for (const { id } of one.batch.batch.items) if (queued.has(id)) batched.add(id)
  }
  return batched
}

/** One group's history in the database: what is written. `SqliteStore` opens the transactions. */
export class SqliteGroup extends SqliteHistory implements GroupStore {
  apply(persist: Persist): void {
    try {
      this.database.transaction(() => this.write(persist))
    } catch (fault) {
      this.forget()
      throw fault
    }
  }

  /** Does it within a transaction of the caller's, who calls `forget` if that fails. */
  write(persist: Persist): void {
    checkPersist(persist, this)
    for (const signed of persist.entries) this.#addEntry(signed)
    if (persist.order !== null) this.#replaceOrder(persist.order, persist.entries)
    const direct = batchedAtOnce(persist.outbox)
    for (const change of persist.outbox) this.#changeOutbox(change, direct)
    if (persist.snapshot !== null) this.#addSnapshot(persist.snapshot)
  }

  #addEntry(signed: SignedEntry): void {
    const { entry, hash, sig } = signed
    const term = termOf(signed)
    const end = this.termEnd(term)
    if (end !== null && entry.seq < end.length) {
      if (sig !== null) this.database.run(sql.signEntry, end.no, entry.seq, sig)
      return
    }
    const no = end?.no ?? this.#addTerm(term)
    const { kind, clock, seq } = entry
    this.database.run(sql.addEntry, no, seq, this.no, kind, clock, hash, sig, entryText(entry))
    if (end === null) this.known.terms.set(term, { no, length: 1, lastHash: hash })
    else {
      end.length = seq + 1
      end.lastHash = hash
    }
  }

  #addTerm(term: TermId): number {
    const row = this.database.get<{ no: number }>(sql.addTerm, this.no, term)
    assert(row !== undefined, 'an added term has a number')
    this.known.termIds.set(row.no, term)
    return row.no
  }

  #replaceOrder(order: OrderChange, fresh: readonly SignedEntry[]): void {
    const { from, fromPosition, items, visible } = order
    const { known } = this
    if (from < known.orderLength) {
      this.database.run(sql.cutOrder, this.no, from)
      this.database.run(sql.cutSnapshots, this.no, from)
    }
    if (fromPosition <= known.messageCount) {
      this.database.run(sql.cutMessages, this.no, fromPosition)
      this.database.run(sql.cutWords, this.no, fromPosition)
      this.database.run(sql.cutAmendments, this.no, fromPosition)
    }
    let index = from
    for (const { term, seq, main } of items) {
      const end = this.termEnd(term)
      assert(end !== null && seq < end.length, 'the order speaks of stored entries only')
      this.database.run(sql.addOrder, this.no, index, end.no, seq, main ? 1 : 0)
      index += 1
    }
    const finder = new ItemFinder(fresh, (place) => this.entryAt(place))
    let position = fromPosition
    for (const message of visible) {
      const { index: at, id, folded, content } = message
      const item = finder.find(message)
      this.database.run(sql.addMessage, this.no, position, at, item, folded ? 1 : 0, id)
      if (content.text !== '') {
        this.database.run(sql.addWords, this.no, position, indexedText(content.text))
      }
      const amends = amendmentOf(message)
      if (amends !== null)
        this.database.run(sql.addAmendment, this.no, position, amends.target, amends.slot)
      position += 1
    }
    known.orderLength = index
    known.messageCount = position - 1
  }

  #changeOutbox(change: OutboxChange, direct: ReadonlySet<string>): void {
    switch (change.change) {
      case 'queue': {
        const { id } = change.queued.item
        if (direct.has(id)) return
        const json = JSON.stringify(change.queued)
        this.database.run(sql.queue, this.no, id, json, sumOf('outbox_queued', this.no, id, json))
        return
      }
      case 'batch': {
        const { session, aseq, items } = change.batch.batch
        for (const { id } of items) if (!direct.has(id)) this.database.run(sql.unqueue, this.no, id)
        const json = JSON.stringify(change.batch)
        const sum = sumOf('outbox_batches', this.no, session, aseq, json)
        this.database.run(sql.addBatch, this.no, session, aseq, json, sum)
        return
      }
      case 'drop':
        this.database.run(sql.unqueue, this.no, change.id)
        return
      case 'remove':
        this.database.run(sql.dropBatch, this.no, change.session, change.aseq)
    }
  }

  #addSnapshot({ index, state }: Snapshot): void {
    this.database.run(sql.addSnapshot, this.no, index, JSON.stringify(state))
    const kept = this.database.all<{ idx: number }>(sql.snapshots, this.no)
    for (const drop of snapshotsToDrop(kept.map((row) => row.idx))) {
      this.database.run(sql.dropSnapshot, this.no, drop)
    }
  }
}
