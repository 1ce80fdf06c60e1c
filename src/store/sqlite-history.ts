import { assert } from '../core/assert.ts'
import type { MessageId, NodeId } from '../core/ids.ts'
import { itemsOf } from './item-finder.ts'
import { matchQuery } from './search-words.ts'
import { corrupt } from './sqlite-faults.ts'
import { keyOf, lastKeyOf, lowerOf, upperOf } from './sqlite-keys.ts'
import { SqliteLog } from './sqlite-log.ts'
import type { HistoryReader, MessageRange, SearchOptions, StoredMessage } from './store.ts'
import { MAX_AMENDMENTS } from './amendments.ts'

interface MessageRow {
  readonly position: number
  readonly idx: number
  readonly item: number
  readonly folded: number
}

const COLUMNS = `${lowerOf('no')} AS position, idx, item, folded`

const sql = {
  range: `SELECT ${COLUMNS} FROM messages
    WHERE no BETWEEN ${keyOf('?1', '?2')} AND ${keyOf('?1', '?3')} ORDER BY no`,
  byId: `SELECT ${COLUMNS} FROM messages
    WHERE id = ?2 AND ${upperOf('no')} = ?1 ORDER BY no`,
  search: `SELECT ${COLUMNS} FROM messages WHERE no IN
    (SELECT rowid FROM words WHERE words MATCH ?2
      AND rowid BETWEEN ${keyOf('?1', '1')} AND ${keyOf('?1', '?3')}
      ORDER BY rowid DESC LIMIT ?4)
    ORDER BY no`,
  amendments: `SELECT ${COLUMNS} FROM messages WHERE no IN
    (SELECT max(no) AS last FROM amendments
      WHERE target IN (SELECT value FROM json_each(?2))
        AND no BETWEEN ${keyOf('?1', '1')} AND ${lastKeyOf('?1')}
      GROUP BY target, slot ORDER BY last DESC LIMIT ${MAX_AMENDMENTS})
    ORDER BY no`,
}

/** One group's history in the database: what the application reads. */
export class SqliteHistory extends SqliteLog implements HistoryReader {
  messages({ from, limit }: MessageRange): readonly StoredMessage[] {
    const first = Math.max(1, from)
    const last = Math.min(first + limit - 1, this.known.messageCount)
    if (last < first) return []
    return this.#fill(this.database.all<MessageRow>(sql.range, this.no, first, last))
  }

  lastMessages(count: number): readonly StoredMessage[] {
    return this.messages({ from: this.known.messageCount - count + 1, limit: count })
  }

  messageById(id: MessageId, author?: NodeId): StoredMessage | null {
    const found = this.#fill(this.database.all<MessageRow>(sql.byId, this.no, id))
    return found.find((one) => author === undefined || one.author === author) ?? null
  }

  search(query: string, { limit, before }: SearchOptions): readonly StoredMessage[] {
    const match = matchQuery(query)
    const last = Math.min(before ?? Infinity, this.known.messageCount + 1) - 1
    if (match === '' || last < 1 || limit < 1) return []
    return this.#fill(this.database.all<MessageRow>(sql.search, this.no, match, last, limit))
  }

  amendments(targets: readonly string[]): readonly StoredMessage[] {
    if (targets.length === 0) return []
    const names = JSON.stringify(targets)
    return this.#fill(this.database.all<MessageRow>(sql.amendments, this.no, names))
  }

  /** Reads each entry once, however many of its messages are wanted in a row. */
  #fill(rows: readonly MessageRow[]): readonly StoredMessage[] {
    let entry: ReturnType<SqliteLog['ordered']>[number] | undefined
    let at = -1
    return rows.map(({ position, idx, item: number, folded }) => {
      if (idx !== at) entry = this.ordered(idx, idx + 1)[0]
      at = idx
      assert(entry !== undefined, 'a message is of an entry of the order')
      const { item: place, signed } = entry
      const item = itemsOf(signed)[number]
      if (signed.entry.kind !== 'message' || item === undefined) {
        throw corrupt(this.database.path, `message ${position} is not in its entry`)
      }
      const { author, session } = signed.entry.body
      return {
        position,
        id: item.id,
        author,
        session,
        sentAt: item.sentAt,
        content: item.content,
        term: place.term,
        seq: place.seq,
        clock: signed.entry.clock,
        index: idx,
        folded: folded === 1,
      }
    })
  }
}
