/**
 * Checks a history against its own rules: which entries there must be, in which order, each of them
 * right (`auditor.ts`), and what follows from them. Reads nothing by itself: whoever has the
 * entries, on a disk or in a file, hands them over as `plan` says.
 */
import { Auditor, namedParents, type Checker, type Flaw, type FlawFound } from './auditor.ts'
import type { SignedEntry } from './entry.ts'
import { emptyState, foldEntry, type GroupState, type VisibleItem } from './group-state.ts'
import type { GroupId, Place } from './ids.ts'
import type { LogReader } from './log-reader.ts'
import { Log, type Coverage } from './log.ts'
import { runsAfter, type Run } from './order.ts'

/** Entries to hand over, one after the other. */
export interface PlannedRun extends Run {
  /** Index of the run's first entry in the order; null for branches outside it. */
  readonly index: number | null
}

/** All stored entries, parents first: those of the order, then those of branches outside it. */
export const planOf = (log: Log, head: Place | null): readonly PlannedRun[] => {
  const present: Coverage = new Map()
  const plan: PlannedRun[] = []
  let index = 0
  for (const run of head === null ? [] : runsAfter(log, present, head)) {
    plan.push({ ...run, index })
    index += run.to - run.from + 1
  }
  for (const tip of log.endsOutside(present).toReversed())
    for (const run of runsAfter(log, present, tip)) plan.push({ ...run, index: null })
  return plan
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** 96 bits of a hash as six groups of four hexadecimal digits. */
const shortCode = (hash: string): string => {
  let hex = ''
  for (let at = 0; at < 16; at += 2) {
    const bits = digits.indexOf(hash.charAt(at)) * 64 + digits.indexOf(hash.charAt(at + 1))
    hex += bits.toString(16).padStart(3, '0')
  }
  return hex.replaceAll(/.{4}(?=.)/g, '$& ')
}

export interface HistoryCheckOptions {
  readonly crypto: Checker
  readonly group: GroupId | null
  readonly reader: LogReader
  readonly head: Place | null
  /** Position of the last message that the fingerprint covers; without it, it covers all. */
  readonly upTo?: number | undefined
}

const none: readonly VisibleItem[] = []

export class HistoryCheck {
  readonly plan: readonly PlannedRun[]
  /** After all entries of the order that were taken so far. */
  readonly state: GroupState = emptyState()
  readonly #auditor: Auditor
  readonly #crypto: Checker
  readonly #upTo: number
  #prefix = ''

  /** Throws an assertion if skeleton and ends do not fit together. */
  constructor({ crypto, group, reader, head, upTo }: HistoryCheckOptions) {
    const parents = new Set(reader.skeleton().flatMap(namedParents))
    this.plan = planOf(new Log(reader), head)
    this.#auditor = new Auditor({ crypto, group, parents })
    this.#crypto = crypto
    this.#upTo = upTo ?? Infinity
  }

  get group(): GroupId | null {
    return this.#auditor.group
  }

  /** Entries that were found right. */
  get count(): number {
    return this.#auditor.count
  }

  /** The next entry of the plan; `text` as for the auditor. */
  take(
    signed: SignedEntry,
    run: PlannedRun,
    text?: string,
  ): { readonly flaw: Flaw | null; readonly visible: readonly VisibleItem[] } {
    const flaw = this.#auditor.add(signed, text)
    if (flaw !== null || run.index === null) return { flaw, visible: none }
    if (this.state.positions < this.#upTo)
      this.#prefix = this.#crypto.hash(this.#prefix + signed.hash)
    return { flaw, visible: foldEntry(this.state, signed, run.main) }
  }

  /** What is wrong once all entries were taken. */
  end(): FlawFound | null {
    return this.#auditor.end()
  }

  /**
   * Short enough to compare by voice: equal fingerprints mean the same entries in the same order up
   * to that message. Null if there are not so many messages.
   */
  fingerprint(): string | null {
    if (this.#prefix === '') return null
    const isShort = this.#upTo !== Infinity && this.state.positions < this.#upTo
    return isShort ? null : shortCode(this.#prefix)
  }
}
