/**
 * What the local user has said and the group has not yet stored well enough.
 *
 * Items wait in `queued` (durable, unsigned) until the window has room; then all that wait become
 * one signed batch, so a quiet author sends batches of one and a busy one few large ones. A batch
 * stays until it is in this replica's own history and stored by two members, or by all of a smaller
 * view.
 */
import type { Config } from './config.ts'
import type { Crypto } from './crypto-port.ts'
import type { OutboxChange } from './effect.ts'
import { batchText } from './entry-codec.ts'
import type { AuthorBatch, Item } from './entry.ts'
import type {
  GroupId,
  Hash,
  InstanceId,
  MessageId,
  NodeId,
  Place,
  Signature,
  TermId,
} from './ids.ts'
import { limits } from './limits.ts'
import type { OutboxBatch, QueuedItem } from './log-reader.ts'
import { jsonBytes } from './sizes.ts'

interface Pending {
  readonly kind: OutboxBatch['kind']
  batch: AuthorBatch
  /** Where the history has it, once it does. */
  place: Place | null
  /** The term whose leader it was sent to last. */
  sentIn: TermId | null
  /** Terms whose leaders may have it: 'several' also for one left by an earlier run. */
  sentEver: TermId | 'several' | null
}

export interface BatchContext {
  readonly group: GroupId
  readonly author: NodeId
  readonly after: Hash
  readonly crypto: Crypto
  /** How far the history has a session of this author, and the greatest id of it. */
  readonly markOf: (session: InstanceId) => number
  readonly lastIdOf: (session: InstanceId) => string
  /** The session of this run. */
  readonly session: InstanceId
  /** Is the history as complete as the leader's? Only then is it known how far an old session came. */
  readonly isUpToDate: boolean
}

/** What will not be sent any more. */
export interface GivenUp {
  /** Has no place, and will have none. */
  readonly refused: readonly MessageId[]
  /** May have a place in what this node does not know of. */
  readonly unknown: readonly MessageId[]
}

type RenewContext = Pick<BatchContext, 'session' | 'group' | 'after' | 'crypto'>

export const lastAseq = (batch: AuthorBatch): number => batch.aseq + batch.items.length - 1

export class Outbox {
  readonly #batches: Pending[]
  #queued: QueuedItem[]
  #changes: OutboxChange[] = []
  /** Items of the session that were batched last, and how far: the history may not have them yet. */
  #batched: { session: InstanceId; aseq: number } | null = null

  constructor(stored: { batches: readonly OutboxBatch[]; queued: readonly QueuedItem[] }) {
    this.#batches = stored.batches.map((batch) => ({
      ...batch,
      place: null,
      sentIn: null,
      sentEver: 'several',
    }))
    this.#queued = [...stored.queued]
    const newest = stored.batches.at(-1)?.batch
    if (newest !== undefined) this.#batched = { session: newest.session, aseq: lastAseq(newest) }
  }

  get batches(): readonly Pending[] {
    return this.#batches
  }

  /** Items that are not in the history yet. */
  size(): number {
    const underWay = this.#batches.filter((one) => one.place === null)
    return underWay.reduce((sum, one) => sum + one.batch.items.length, this.#queued.length)
  }

  isEmpty(): boolean {
    return this.#batches.length === 0 && this.#queued.length === 0
  }

  queue(queued: QueuedItem): void {
    this.#queued.push(queued)
    this.#changes.push({ change: 'queue', queued })
  }

  /**
   * Makes batches of what waits, as far as the window allows. What was written in an earlier run of
   * this node goes first, in that run's session: only when the history has it all does the next
   * session begin, so an author's messages never swap.
   */
  fill(config: Config, context: BatchContext): void {
    for (let first = this.#queued[0]; first !== undefined; first = this.#queued[0]) {
      if (!this.#hasRoom(config, first.session)) {
        if (config.planted.has('newest-dropped')) this.#queued.pop()
        return
      }
      if (first.session !== context.session) {
        if (!context.isUpToDate) return
        if (this.#dropKnown(first, context)) continue
      }
      const batch = this.#makeBatch(first, this.#takeItems(first), context)
      this.#batches.push({ kind: first.kind, batch, place: null, sentIn: null, sentEver: null })
      this.#batched = { session: batch.session, aseq: lastAseq(batch) }
      this.#changes.push({ change: 'batch', batch: { kind: first.kind, batch } })
    }
  }

  #hasRoom(config: Config, session: InstanceId): boolean {
    const unsequenced = this.#batches.filter((one) => one.place === null)
    if (unsequenced.some((one) => one.batch.session !== session)) return false
    return (
      unsequenced.length < config.outboxWindow && this.#batches.length < 4 * config.outboxWindow
    )
  }

  /** An item of an earlier run may be in the history already, if the disk was taken back in time. */
  #dropKnown(first: QueuedItem, context: BatchContext): boolean {
    const { id } = first.item
    if (id > context.lastIdOf(first.session)) return false
    this.#queued = this.#queued.slice(1)
    this.#changes.push({ change: 'drop', id })
    return true
  }

  #takeItems(first: QueuedItem): Item[] {
    const items: Item[] = []
    let bytes = 0
    for (const { kind, session, item } of this.#queued) {
      bytes += 160 + jsonBytes(item.content.text) + jsonBytes(item.content.ref)
      const full = items.length >= limits.itemsPerBatch || bytes > limits.batchBytes
      if (kind !== first.kind || session !== first.session || (full && items.length > 0)) break
      items.push(item)
    }
    this.#queued = this.#queued.slice(items.length)
    return items
  }

  #makeBatch(first: QueuedItem, items: readonly Item[], context: BatchContext): AuthorBatch {
    const { group, author, after, crypto } = context
    const { kind, session } = first
    const batched = this.#batched?.session === session ? this.#batched.aseq : 0
    const aseq = Math.max(batched, context.markOf(session)) + 1
    const unsigned = { author, session, aseq, after, items, sig: '' as Signature }
    return { ...unsigned, sig: crypto.sign(batchText(group, kind, unsigned)) }
  }

  /** Signs a batch anew, as written after what the author knows now: its past is lost to the group. */
  renew(aseq: number, { session, group, after, crypto }: RenewContext): void {
    const one = this.#batches.find(
      ({ batch, place }) => place === null && batch.session === session && batch.aseq === aseq,
    )
    if (one === undefined) return
    const unsigned = { ...one.batch, after, sig: '' as Signature }
    one.batch = { ...unsigned, sig: crypto.sign(batchText(group, one.kind, unsigned)) }
    one.sentIn = null
    this.#changes.push({ change: 'batch', batch: { kind: one.kind, batch: one.batch } })
  }

  /** Batches that this term's leader has not been sent, and that the history does not have. */
  takeUnsent(term: TermId): readonly OutboxBatch[] {
    const unsent = this.#batches.filter((one) => one.place === null && one.sentIn !== term)
    for (const one of unsent) {
      one.sentIn = term
      one.sentEver = one.sentEver === null || one.sentEver === term ? term : 'several'
    }
    return unsent.map(({ kind, batch }) => ({ kind, batch }))
  }

  /** From now on everything counts as not sent. */
  forgetSent(): void {
    for (const one of this.#batches) one.sentIn = null
  }

  /** Notes which batches the history has by now; `head` is where it stands. */
  noteSequenced(markOf: (session: InstanceId) => number, head: Place | null): void {
    for (const one of this.#batches)
      if (one.place === null && markOf(one.batch.session) >= lastAseq(one.batch)) one.place = head
  }

  /** Removes batches for which `isSafe` holds. */
  settle(isSafe: (place: Place) => boolean): void {
    const safe = this.#batches.filter((one) => one.place !== null && isSafe(one.place))
    for (const one of safe) this.#remove(one)
  }

  /** Is this batch still waiting for its place? */
  isUnderWay(session: InstanceId, aseq: number): boolean {
    return this.#batches.some(
      (one) => one.place === null && one.batch.session === session && one.batch.aseq === aseq,
    )
  }

  /**
   * Gives up, for good, everything that the history does not have. What only leaders of `known`
   * were sent, whose term the history has to its end, has no place; of what others were sent, or
   * all if that is null, it is not known.
   */
  refuseAll(known: TermId | null): GivenUp {
    const refused: MessageId[] = []
    const unknown: MessageId[] = []
    for (const one of this.#batches.filter(({ place }) => place === null)) {
      const isSure = one.sentEver === null || one.sentEver === known
      for (const { id } of one.batch.items) (isSure ? refused : unknown).push(id)
      this.#remove(one)
    }
    for (const { item } of this.#queued) {
      refused.push(item.id)
      this.#changes.push({ change: 'drop', id: item.id })
    }
    this.#queued = []
    return { refused, unknown }
  }

  #remove(one: Pending): void {
    this.#batches.splice(this.#batches.indexOf(one), 1)
    const { session, aseq } = one.batch
    this.#changes.push({ change: 'remove', session, aseq })
  }

  takeChanges(): readonly OutboxChange[] {
    const changes = this.#changes
    if (changes.length > 0) this.#changes = []
    return changes
  }
}
