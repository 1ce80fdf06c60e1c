/**
 * Finding and filling gaps: from the summary of what another replica has, what it lacks.
 *
 * A summary names branch heads and, for the newest terms (then ever fewer of the older ones), how
 * far they go. Whatever of that is stored here tells, with everything before it, what the other
 * has.
 */
import type { SignedEntry } from './entry.ts'
import type { History } from './history.ts'
import type { Place, Tip } from './ids.ts'
import { limits } from './limits.ts'
import type { Coverage } from './log.ts'
import { runsAfter } from './order.ts'
import type { Summary } from './packet.ts'
import { entryBytes } from './sizes.ts'

/** What this replica stores of what the summary's owner has. */
export const knownOf = (history: History, summary: Summary): Coverage => {
  const known: Coverage = new Map()
  const named = [...summary.terms, ...summary.tips]
  if (summary.head !== null) named.push(summary.head)
  for (const tip of named) {
    const end = history.log.endOf(tip.term)
    if (end === null) continue
    const common = tip.seq >= end.seq ? end : tip
    history.log.cover(known, common)
  }
  return known
}

/** Branch heads named by the summary that are not stored here. */
export const unknownTips = (history: History, summary: Summary): readonly Tip[] =>
  tipsOf(summary).filter((tip) => !isKnown(history, tip))

/** All branch heads that a summary names. */
export const tipsOf = ({ head, tips }: Summary): readonly Tip[] =>
  head === null ? tips : [head, ...tips]

/** Is the head of a branch stored here? Terms have ids, so that a number in one says it. */
export const isKnown = (history: History, tip: Tip): boolean =>
  history.log.has(tip) ||
  (history.state.planted.has('counts-without-hashes') && hasAsMany(history, tip))

const hasAsMany = ({ log }: History, tip: Tip): boolean =>
  [...log.terms.values()].some(({ last }) => last >= tip.seq)

export interface Page {
  /** Parents first; each run of a term ends with an entry that its leader signed. */
  readonly entries: readonly SignedEntry[]
  readonly more: boolean
}

/** Entries read at a time. */
const sliceEntries = 32

/** The next page of what the summary's owner lacks, of all that is stored or of what leads there. */
export const pageFor = (history: History, summary: Summary, upTo: Place | null = null): Page => {
  const known = knownOf(history, summary)
  const heads = history.head === null ? [] : [history.head]
  const targets = upTo === null ? [...heads, ...history.tips()] : [upTo]
  const entries: SignedEntry[] = []
  let bytes = 0
  for (const target of targets)
    for (const run of runsAfter(history.log, known, target)) {
      for (let from = run.from; from <= run.to; from += sliceEntries) {
        const to = Math.min(run.to, from + sliceEntries - 1)
        for (const signed of history.log.range(run.term, from, to)) {
          bytes += entryBytes(signed.entry)
          const isFull = entries.length >= limits.pageEntries || bytes > limits.pageBytes
          if (isFull && entries.length > 0) return cutAtSigned(entries)
          entries.push(signed)
        }
      }
    }
  return { entries, more: false }
}

const cutAtSigned = (entries: SignedEntry[]): Page => {
  while (entries.length > 0 && entries.at(-1)?.sig === null) entries.pop()
  return { entries, more: true }
}
