/**
 * Taking in entries from elsewhere: each is verified before it is stored, and stored only after its
 * parents. What does not fit yet is left out and asked for later; what is false is reported.
 */
import type { Crypto } from './crypto-port.ts'
import { batchText, entryText, headText } from './entry-codec.ts'
import { termOf, type Entry, type SignedEntry } from './entry.ts'
import type { History } from './history.ts'
import type { GroupId, Hash, NodeId, Place, TermId } from './ids.ts'
import { clockAfter } from './lamport-clock.ts'

export type Fault = 'bad-hash' | 'bad-clock' | 'bad-signature' | 'wrong-group' | 'two-stories'

export interface Admitted {
  /** How many were new. */
  readonly stored: number
  /** True if something could not be stored because what comes before it is missing. */
  readonly gap: boolean
  readonly faults: readonly { readonly fault: Fault; readonly signed: SignedEntry }[]
}

type Verdict = 'stored' | 'known' | 'gap' | Fault

/** Stores what is new, valid and connected. */
export const admitEntries = (
  history: History,
  crypto: Crypto,
  group: GroupId,
  entries: readonly SignedEntry[],
): Admitted => {
  const faults: { fault: Fault; signed: SignedEntry }[] = []
  let stored = 0
  let gap = false
  for (const run of runsOfTerms(entries)) {
    const vouched = vouchedPart(history, crypto, run)
    const last = run.at(-1)
    if (vouched.length === 0 && last !== undefined && !history.isStored(last)) gap = true
    for (const signed of vouched) {
      const verdict = admitOne(history, crypto, group, signed)
      if (verdict === 'stored') stored += 1
      else if (verdict === 'gap') gap = true
      else if (verdict !== 'known') faults.push({ fault: verdict, signed })
      if (verdict !== 'stored' && verdict !== 'known') break
    }
  }
  return { stored, gap, faults }
}

/** Splits a page into stretches of one term each. */
const runsOfTerms = (entries: readonly SignedEntry[]): readonly (readonly SignedEntry[])[] => {
  const runs: SignedEntry[][] = []
  let term: TermId | null = null
  for (const signed of entries) {
    if (termOf(signed) !== term) runs.push([])
    term = termOf(signed)
    runs.at(-1)?.push(signed)
  }
  return runs
}

/** The part of a run that ends with a leader's valid signature: the chain of hashes covers the rest. */
const vouchedPart = (
  history: History,
  crypto: Crypto,
  run: readonly SignedEntry[],
): readonly SignedEntry[] => {
  const first = run[0]
  if (first === undefined) return run
  const leader = leaderOf(history, first)
  if (leader === null) return []
  for (let end = run.length; end > 0; end -= 1) {
    const last = run[end - 1]
    if (last === undefined || last.sig === null) continue
    if (history.isStored(last)) return run.slice(0, end)
    if (crypto.verify(leader, headText(last.hash), last.sig)) return run.slice(0, end)
  }
  return []
}

const leaderOf = (history: History, signed: SignedEntry): NodeId | null => {
  const { entry } = signed
  if (entry.kind === 'open') return entry.body.leader
  if (entry.kind === 'genesis') return entry.body.founder.id
  return history.log.terms.get(termOf(signed))?.leader ?? null
}

const admitOne = (
  history: History,
  crypto: Crypto,
  group: GroupId,
  signed: SignedEntry,
): Verdict => {
  const { entry, hash } = signed
  const place: Place = { term: termOf(signed), seq: entry.seq }
  if (history.log.has(place)) return knownOrForked(history, place, hash)
  if (crypto.hash(entryText(entry)) !== hash) return 'bad-hash'
  if (entry.kind === 'genesis') {
    if ((hash as string) !== group) return 'wrong-group'
    history.add(signed)
    return 'stored'
  }
  if (entry.group !== group) return 'wrong-group'
  const parents = parentsOf(history, place, entry)
  if (parents === null) return 'gap'
  const clocks = parents.map((parent) => history.log.clockAt(parent))
  if (entry.clock !== clockAfter(clocks)) return 'bad-clock'
  if (!isAuthentic(crypto, group, entry)) return 'bad-signature'
  history.add(signed)
  return 'stored'
}

/** Only the end of a term is compared for free; older places were compared when they were the end. */
const knownOrForked = (history: History, place: Place, hash: Hash): Verdict => {
  const end = history.log.endOf(place.term)
  if (end === null || end.seq !== place.seq) return 'known'
  return end.hash === hash ? 'known' : 'two-stories'
}

/** Places of all parents; null if one is not stored. */
const parentsOf = (history: History, place: Place, entry: Entry): readonly Place[] | null => {
  const prev = prevOf(history, place, entry)
  if (prev === null) return null
  if (entry.kind !== 'merge') return [prev]
  const parents = [prev]
  for (const tip of entry.body.tips) {
    const parent = history.log.placeOf(tip)
    if (parent === null) return null
    parents.push(parent)
  }
  return parents
}

const prevOf = (history: History, place: Place, entry: Entry): Place | null => {
  if (entry.kind === 'open') return history.log.placeOf(entry.prev as Hash)
  const end = history.log.endOf(place.term)
  return end !== null && end.seq === place.seq - 1 && end.hash === entry.prev ? end : null
}

const isAuthentic = (crypto: Crypto, group: GroupId, entry: Entry): boolean => {
  if (entry.kind !== 'message' && entry.kind !== 'roster') return true
  const { body } = entry
  return crypto.verify(body.author, batchText(group, entry.kind, body), body.sig)
}
