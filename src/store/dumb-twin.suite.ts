/** A store as simple as can be, to hold the others against: it works everything out anew. */
import type { Persist } from '../core/effect.ts'
import type { SignedEntry } from '../core/entry.ts'
import { termOf } from '../core/entry.ts'
import type { VisibleItem } from '../core/group-state.ts'
import { placeKey } from '../core/ids.ts'
import type { OrderItem, OutboxBatch, QueuedItem } from '../core/log-reader.ts'
import { searchWords } from './search-words.ts'
import type { GroupStore, StoredMessage } from './store.ts'

const keyOf = (signed: SignedEntry): string =>
  placeKey({ term: termOf(signed), seq: signed.entry.seq })

const byClock = (a: SignedEntry, b: SignedEntry): number =>
  a.entry.clock - b.entry.clock || (a.hash < b.hash ? -1 : 1)

export class DumbTwin {
  entries: SignedEntry[] = []
  order: OrderItem[] = []
  visible: VisibleItem[] = []
  queued: QueuedItem[] = []
  batches: OutboxBatch[] = []

  apply({ entries, order, outbox }: Persist): void {
    const known = new Set(this.entries.map(keyOf))
    this.entries.push(...entries.filter((one) => !known.has(keyOf(one))))
    if (order !== null) {
      this.order = [...this.order.slice(0, order.from), ...order.items]
      this.visible = [...this.visible.slice(0, order.fromPosition - 1), ...order.visible]
    }
    for (const change of outbox) {
      if (change.change === 'queue') this.queued.push(change.queued)
      else if (change.change === 'drop') {
        this.queued = this.queued.filter((one) => one.item.id !== change.id)
      } else if (change.change === 'batch') {
        const ids = change.batch.batch.items.map((item) => item.id)
        this.queued = this.queued.filter((one) => !ids.includes(one.item.id))
        this.batches.push(change.batch)
      } else this.batches = this.batches.filter((one) => one.batch.aseq !== change.aseq)
    }
  }

  search(query: string, limit: number): readonly number[] {
    const words = searchWords(query)
    const hits = this.visible.flatMap(({ content }, at) =>
      words.every((word, nth) =>
        searchWords(content.text).some((one) =>
          nth === words.length - 1 ? one.startsWith(word) : one === word,
        ),
      )
        ? [at + 1]
        : [],
    )
    return hits.slice(-limit)
  }

  /** Everything that a store tells, in the form in which `tellingOf` puts it. */
  telling() {
    const messages: StoredMessage[] = this.visible.map((item, at) => ({
      ...item,
      position: at + 1,
    }))
    const terms = [...new Set(this.entries.map(termOf))]
    const ofTerm = (term: string) =>
      this.entries
        .filter((one) => termOf(one) === term)
        .toSorted((a, b) => a.entry.seq - b.entry.seq)
    const places = this.order.map(placeKey)
    return {
      order: this.order.map((item) => ({
        item,
        signed: this.entries.find((one) => keyOf(one) === placeKey(item)),
      })),
      indices: this.entries.map((one) => {
        const index = places.indexOf(keyOf(one))
        return index === -1 ? null : index
      }),
      messages,
      last: messages.slice(-3),
      skeleton: this.entries
        .filter((one) => ['genesis', 'open', 'merge'].includes(one.entry.kind))
        .toSorted(byClock),
      ends: terms.flatMap((term) => ofTerm(term).slice(-1)).toSorted(byClock),
      terms: terms.map((term) => ofTerm(term).slice(1, 4)),
      outbox: { batches: this.batches, queued: this.queued },
      count: this.entries.length,
      hits: this.search('wo', 3),
    }
  }
}

/** The same of a store. */
export const tellingOf = (group: GroupStore, twin: DumbTwin): ReturnType<DumbTwin['telling']> => ({
  order: group.ordered(0, group.orderLength()).map(({ item, signed }) => ({ item, signed })),
  indices: twin.entries.map((one) => group.orderIndexOf({ term: termOf(one), seq: one.entry.seq })),
  messages: [...group.messages({ from: 1, limit: 10_000 })],
  last: [...group.lastMessages(3)],
  skeleton: [...group.skeleton()],
  ends: [...group.termEnds()],
  terms: [...new Set(twin.entries.map(termOf))].map((term) => [...group.entriesOfTerm(term, 1, 3)]),
  outbox: { batches: [...group.outbox().batches], queued: [...group.outbox().queued] },
  count: group.entryCount(),
  hits: group.search('wo', { limit: 3 }).map((hit) => hit.position),
})
