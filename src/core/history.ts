/**
 * What this replica has and shows: the log, the head that it follows, the order and the state
 * there.
 *
 * The head only ever moves to an entry whose history contains the old head, so nothing that was
 * shown is ever unsaid: on the thread that goes on the order grows at its end; where a merge took
 * the other side's thread, the block after the fork is put in its new place.
 */
import { assert } from './assert.ts'
import type { OrderChange } from './effect.ts'
import { termOf, type EntryKind, type SignedEntry } from './entry.ts'
import {
  emptyState,
  foldEntry,
  stateFromData,
  stateToData,
  type GroupState,
  type VoidOperation,
  type VisibleItem,
} from './group-state.ts'
import {
  samePlace,
  type GroupId,
  type Hash,
  type NodeId,
  type Place,
  type TermId,
  type Tip,
} from './ids.ts'
import { limits } from './limits.ts'
import { covers, Log, type Coverage } from './log.ts'
import type { LogReader, OrderItem, Snapshot } from './log-reader.ts'
import { forkOf, runsAfter, type Run } from './order.ts'
import type { Summary } from './packet.ts'

/** Entries between two snapshots of the state. */
const snapshotEvery = 1_024

interface Patch {
  readonly from: number
  readonly fromPosition: number
  readonly items: OrderItem[]
  readonly visible: VisibleItem[]
}

/** How the order changed when the head moved. */
export interface Advance {
  /** True if the old order is a prefix of the new one. */
  readonly appended: boolean
  /** True if it brought entries that may have changed roster, name or topic. */
  readonly rosterTouched: boolean
  /** Messages that merges brought in: their authors, first and last position. */
  readonly spliced: Spliced | null
  /** Operations on the roster that change nothing where they stand now. */
  readonly voided: readonly VoidOperation[]
}

/** What moving the head brings to light on its way. */
interface Told {
  rosterTouched: boolean
  readonly authors: Set<NodeId>
  from: number
  to: number
  readonly voided: VoidOperation[]
}

interface Spliced {
  readonly authors: readonly NodeId[]
  readonly fromPosition: number
  readonly toPosition: number
}

const rosterKinds: ReadonlySet<EntryKind> = new Set(['genesis', 'activate', 'roster', 'merge'])

export class History {
  readonly log: Log
  readonly #reader: LogReader
  #head: Tip | null = null
  #coverage: Coverage = new Map()
  #state: GroupState
  #patch: Patch | null = null
  #snapshot: Snapshot | null = null
  #outside: readonly Tip[] | null = null
  /** Leaders of all stored terms: each was let in where its first term begins. */
  readonly #leaders = new Set<NodeId>()

  constructor(reader: LogReader, planted?: ReadonlySet<string>) {
    this.#reader = reader
    this.#state = emptyState(planted)
    this.log = new Log(reader)
    const length = reader.orderLength()
    if (length > 0) this.#resume(reader, length)
    for (const { leader } of this.log.terms.values()) this.#leaders.add(leader)
  }

  /** Takes up the head that the disk has. */
  #resume(reader: LogReader, length: number): void {
    this.#state = this.#stateAfter(length)
    const [last] = reader.ordered(length - 1, length)
    assert(last !== undefined && last.item.main, 'the order ends with the head')
    this.#head = { term: last.item.term, seq: last.item.seq, hash: last.signed.hash }
    this.#coverage = this.log.coverageOf(this.#head)
  }

  get head(): Tip | null {
    return this.#head
  }

  get state(): GroupState {
    return this.#state
  }

  get group(): GroupId | null {
    return this.#state.group
  }

  /** Is the place part of the history that is followed? */
  contains(place: Place): boolean {
    return covers(this.#coverage, place)
  }

  containsHash(hash: Hash): boolean {
    const place = this.log.placeOf(hash)
    return place !== null && this.contains(place)
  }

  clock(): number {
    return this.#head === null ? -1 : this.log.clockAt(this.#head)
  }

  /** Heads of stored branches outside the history that is followed. */
  tips(): readonly Tip[] {
    this.#outside ??= this.log.endsOutside(this.#coverage)
    return this.#outside
  }

  /** Stored branch heads that a term's stored part does not contain, the followed head among them. */
  tipsOutsideTerm(term: TermId): readonly Tip[] {
    if (this.#head !== null && this.#head.term === term) return this.tips()
    return this.log.endsOutside(this.log.coverageOf(this.log.endOf(term)))
  }

  add(signed: SignedEntry): void {
    this.log.add(signed)
    const { entry } = signed
    if (entry.kind === 'open') this.#leaders.add(entry.body.leader)
    if (entry.kind === 'genesis') this.#leaders.add(entry.body.founder.id)
    this.#outside = null
  }

  /** Does the history of a stored place contain all that is followed now? */
  canAdvanceTo(place: Place): boolean {
    if (this.#head === null) return true
    if (place.term === this.#head.term) return place.seq >= this.#head.seq
    return covers(this.log.coverageOf(place), this.#head)
  }

  /** Moves the head to a place that `canAdvanceTo`. */
  advance(target: Place): Advance {
    const old = this.#head
    if (samePlace(old, target))
      return { appended: true, rosterTouched: false, spliced: null, voided: [] }
    const told: Told = { rosterTouched: false, authors: new Set(), from: 0, to: 0, voided: [] }
    assert(this.canAdvanceTo(target), 'the new head contains the old one')
    const fork = forkOf(this.log, old, target)
    const appended = samePlace(fork, old)
    if (!appended) this.#rewind(fork)
    for (const run of runsAfter(this.log, this.#coverage, target)) {
      const from = this.#next()
      const visible = this.#emit(run, told)
      if (run.main || visible.length === 0) continue
      for (const item of visible) told.authors.add(item.author)
      if (told.from === 0) told.from = from
      told.to = from + visible.length - 1
    }
    this.#head = { ...target, hash: this.log.hashAt(target) }
    this.#outside = null
    const { rosterTouched, authors, from, to, voided } = told
    if (to === 0) return { appended, rosterTouched, spliced: null, voided }
    const spliced = { authors: [...authors], fromPosition: from, toPosition: to }
    return { appended, rosterTouched, spliced, voided }
  }

  /** Position that the next visible message gets. */
  #next(): number {
    return this.#state.positions + 1
  }

  #emit(run: Run, told: Told): readonly VisibleItem[] {
    this.#patch ??= {
      from: this.#state.length,
      fromPosition: this.#next(),
      items: [],
      visible: [],
    }
    const visible: VisibleItem[] = []
    for (const signed of this.log.range(run.term, run.from, run.to)) {
      const seen = foldEntry(this.#state, signed, run.main, (one) => told.voided.push(one))
      this.#patch.items.push({ term: run.term, seq: signed.entry.seq, main: run.main })
      for (const item of seen) visible.push(item)
      if (rosterKinds.has(signed.entry.kind)) told.rosterTouched = true
      if (this.#state.length % snapshotEvery === 0)
        this.#snapshot = { index: this.#state.length, state: stateToData(this.#state) }
    }
    for (const item of visible) this.#patch.visible.push(item)
    return visible
  }

  /** Takes the order back to right after `fork`, to be continued from there. */
  #rewind(fork: Place | null): void {
    const index = fork === null ? 0 : this.#indexOf(fork) + 1
    const kept = this.#patch
    this.#state = this.#stateAfter(index)
    this.#coverage = this.log.coverageOf(fork)
    if (this.#snapshot !== null && this.#snapshot.index > index) this.#snapshot = null
    const from = kept === null ? index : Math.min(kept.from, index)
    const still = kept === null ? 0 : Math.max(0, index - kept.from)
    const items = kept === null ? [] : kept.items.slice(0, still)
    const visible = kept === null ? [] : kept.visible.filter((item) => item.index < index)
    const fromPosition =
      kept !== null && kept.from < index ? kept.fromPosition : this.#state.positions + 1
    this.#patch = { from, fromPosition, items, visible }
  }

  #indexOf(place: Place): number {
    const patch = this.#patch
    const inPatch = patch?.items.findIndex((item) => samePlace(item, place)) ?? -1
    if (patch !== null && inPatch >= 0) return patch.from + inPatch
    const index = this.#reader.orderIndexOf(place)
    assert(index !== null, 'a place on the thread has an index')
    return index
  }

  /** The state after `index` entries of the order: the nearest snapshot, then folded on. */
  #stateAfter(index: number): GroupState {
    const base =
      this.#snapshot !== null && this.#snapshot.index <= index
        ? this.#snapshot
        : this.#reader.snapshotAt(Math.min(index, this.#patch?.from ?? index))
    const { planted } = this.#state
    const state = base === null ? emptyState(planted) : stateFromData(base.state, planted)
    const patch = this.#patch
    const stored = patch === null ? index : Math.min(index, patch.from)
    for (let at = state.length; at < stored; at += snapshotEvery)
      for (const { item, signed } of this.#reader.ordered(at, Math.min(stored, at + snapshotEvery)))
        foldEntry(state, signed, item.main)
    if (patch !== null)
      for (const item of patch.items.slice(state.length - patch.from, index - patch.from))
        foldEntry(state, this.log.at(item), item.main)
    assert(state.length === index, 'the fold reaches the index')
    return state
  }

  /** What this replica has, for another to compare. */
  summary(): Summary {
    const newest = [...this.log.terms.values()].toReversed()
    const terms: Tip[] = []
    for (
      let at = 0, step = 1;
      at < newest.length && terms.length < limits.summaryTerms;
      at += step
    ) {
      const info = newest[at]
      if (info !== undefined) terms.push({ term: info.id, seq: info.last, hash: info.lastHash })
      if (terms.length > limits.summaryTerms / 2) step *= 2
    }
    return { head: this.#head, tips: this.tips().slice(0, limits.tips), terms }
  }

  /** All that was changed since the last call, for one transaction; null if nothing was. */
  takeChanges(): {
    readonly entries: readonly SignedEntry[]
    readonly order: OrderChange | null
    readonly snapshot: Snapshot | null
  } | null {
    const entries = this.log.takeFresh()
    const order = this.#patch
    const snapshot = this.#snapshot
    this.#patch = null
    this.#snapshot = null
    return entries.length === 0 && order === null ? null : { entries, order, snapshot }
  }

  /** The term that the head belongs to. */
  headTerm(): TermId | null {
    return this.#head?.term ?? null
  }

  /** Was it ever let in: in the history that is followed, or where it opened a stored term? */
  mayLead(id: NodeId): boolean {
    return this.#state.roster.known.has(id) || this.#leaders.has(id)
  }

  /**
   * May this node open a term after a stored place? Whoever `mayLead`; else it is judged there, by
   * the invites of that branch: a leader can name anybody as let in.
   */
  mayOpenAfter(place: Place, id: NodeId): boolean {
    return this.mayLead(id) || this.#stateAt(place).roster.known.has(id)
  }

  /** The state at a stored place, followed or not. */
  #stateAt(place: Place): GroupState {
    const fork = forkOf(this.log, this.#head, place)
    const state = this.#stateAfter(fork === null ? 0 : this.#indexOf(fork) + 1)
    for (const { term, from, to, main } of runsAfter(this.log, this.log.coverageOf(fork), place))
      for (const signed of this.log.range(term, from, to)) foldEntry(state, signed, main)
    return state
  }

  isStored(signed: SignedEntry): boolean {
    return this.log.has({ term: termOf(signed), seq: signed.entry.seq })
  }
}
