/**
 * Taking in entries from elsewhere: each is verified before it is stored, and stored only after its
 * parents. What does not fit yet is left out and asked for later; what is false is reported.
 */
import type { Crypto } from './crypto-port.ts'
import { batchText, cardText, entryText, headText, inviteText } from './entry-codec.ts'
import { termOf, type Admission, type Entry, type MemberCard, type SignedEntry } from './entry.ts'
import type { History } from './history.ts'
import type { GroupId, Hash, NodeId, Place, Signature, TermId } from './ids.ts'
import { clockAfter } from './lamport-clock.ts'
import { limits } from './limits.ts'
import { entryBytes } from './sizes.ts'

export type Fault =
  | 'bad-hash'
  | 'bad-clock'
  | 'bad-counter'
  | 'bad-signature'
  | 'bad-size'
  | 'not-a-member'
  | 'wrong-group'
  | 'two-stories'

export interface Admitted {
  /** How many were new. */
  readonly stored: number
  /** True if something could not be stored because what comes before it is missing. */
  readonly gap: boolean
  readonly faults: readonly { readonly fault: Fault; readonly signed: SignedEntry }[]
}

interface Context {
  readonly history: History
  readonly crypto: Crypto
  readonly group: GroupId
}

type Verdict = 'stored' | 'gap' | Fault

/** Signatures tried for one stretch: the last one, or the one before if a packet was cut. */
const signaturesTried = 2

/** A signature that taking in entries will have to check. */
export interface Claim {
  readonly key: NodeId
  readonly text: string
  readonly sig: Signature
}

/**
 * What of a page is signed by leaders and authors, so that it can be checked beforehand. `leaderOf`
 * knows the leaders of terms that begin before the page.
 */
export const claimsOf = (
  group: GroupId,
  entries: readonly SignedEntry[],
  leaderOf: (term: TermId) => NodeId | undefined,
): readonly Claim[] => {
  const opened = new Map<TermId, NodeId>()
  const claims: Claim[] = []
  for (const signed of entries) {
    const { entry, hash, sig } = signed
    const term = termOf(signed)
    if (entry.kind === 'open') opened.set(term, entry.body.leader)
    if (entry.kind === 'genesis') opened.set(term, entry.body.founder.id)
    const leader = opened.get(term) ?? leaderOf(term)
    if (sig !== null && leader !== undefined)
      claims.push({ key: leader, text: headText(hash), sig })
    if (entry.kind !== 'message' && entry.kind !== 'roster') continue
    const { body, kind } = entry
    claims.push({ key: body.author, text: batchText(group, kind, body), sig: body.sig })
  }
  return claims
}

/** Stores what is new, valid and connected. */
export const admitEntries = (
  history: History,
  crypto: Crypto,
  group: GroupId,
  entries: readonly SignedEntry[],
): Admitted => {
  const context = { history, crypto, group }
  const faults: { fault: Fault; signed: SignedEntry }[] = []
  let stored = 0
  let gap = false
  for (const run of chainsOf(entries)) {
    const fresh = withoutStored(context, run, faults)
    const [first] = fresh
    if (first === undefined) continue
    const vouched = vouchedPart(context, fresh, faults)
    if (vouched.length < fresh.length) gap = true
    for (const signed of vouched) {
      const verdict = admitOne(context, signed)
      if (verdict === 'stored') stored += 1
      else if (verdict === 'gap') gap = true
      else faults.push({ fault: verdict, signed })
      if (verdict !== 'stored') break
    }
  }
  return { stored, gap, faults }
}

/** Splits a page into chains: each entry of one follows the entry before it, in the same term. */
const chainsOf = (entries: readonly SignedEntry[]): readonly (readonly SignedEntry[])[] => {
  const chains: SignedEntry[][] = []
  let before: SignedEntry | null = null
  for (const signed of entries) {
    if (before === null || !follows(signed, before)) chains.push([])
    chains.at(-1)?.push(signed)
    before = signed
  }
  return chains
}

const follows = (signed: SignedEntry, before: SignedEntry): boolean =>
  signed.entry.prev === before.hash &&
  signed.entry.seq === before.entry.seq + 1 &&
  termOf(signed) === termOf(before)

/**
 * Leaves out what is stored. Another entry at a stored place is proof against the leader, if
 * signed.
 */
const withoutStored = (
  context: Context,
  chain: readonly SignedEntry[],
  faults: { fault: Fault; signed: SignedEntry }[],
): readonly SignedEntry[] => {
  const { log } = context.history
  const start = chain.findIndex(
    (signed) => !log.has({ term: termOf(signed), seq: signed.entry.seq }),
  )
  const known = start < 0 ? chain.length : start
  const last = chain[known - 1]
  if (last !== undefined) {
    const place = { term: termOf(last), seq: last.entry.seq }
    if (log.hashAt(place) !== last.hash && isSignedStory(context, last))
      faults.push({ fault: 'two-stories', signed: last })
  }
  return chain.slice(known)
}

const isSignedStory = ({ history, crypto }: Context, signed: SignedEntry): boolean => {
  const leader = leaderOf(history, signed)
  if (leader === null || signed.sig === null) return false
  if (crypto.hash(entryText(signed.entry)) !== signed.hash) return false
  return crypto.verify(leader, headText(signed.hash), signed.sig)
}

/**
 * The part of a chain that ends with its leader's valid signature. The signature covers what is
 * before it by the chain of hashes, so every hash of that part is computed before any of it is
 * believed.
 */
const vouchedPart = (
  context: Context,
  chain: readonly SignedEntry[],
  faults: { fault: Fault; signed: SignedEntry }[],
): readonly SignedEntry[] => {
  const { history, crypto } = context
  const [first] = chain
  const leader = first === undefined ? null : leaderOf(history, first)
  if (first === undefined || leader === null || !isConnected(history, first)) return []
  const broken = chain.findIndex(({ entry, hash }) => crypto.hash(entryText(entry)) !== hash)
  const sound = broken < 0 ? chain.length : broken
  const bad = chain[sound]
  if (bad !== undefined) faults.push({ fault: 'bad-hash', signed: bad })
  let tried = 0
  for (let end = sound; end > 0 && tried < signaturesTried; end -= 1) {
    const last = chain[end - 1]
    if (last === undefined || last.sig === null) continue
    if (crypto.verify(leader, headText(last.hash), last.sig))
      return withCheckedSignatures(context, leader, chain.slice(0, end), faults)
    faults.push({ fault: 'bad-signature', signed: last })
    tried += 1
  }
  return []
}

/**
 * A part that its last signature vouches for, ready to be stored. Any signed entry may be where
 * another term forks off, and so the end of a page to others: all signatures are checked, false
 * ones left out.
 */
const withCheckedSignatures = (
  { crypto }: Context,
  leader: NodeId,
  part: readonly SignedEntry[],
  faults: { fault: Fault; signed: SignedEntry }[],
): readonly SignedEntry[] => {
  const kept: SignedEntry[] = []
  let stretch = { entries: 0, bytes: 0 }
  let lastEnd = 0
  for (const [index, signed] of part.entries()) {
    const bytes = stretch.bytes + entryBytes(signed.entry)
    stretch = { entries: stretch.entries + 1, bytes }
    if (stretch.entries > limits.stretchEntries || bytes > limits.stretchBytes) {
      faults.push({ fault: 'bad-size', signed })
      return kept.slice(0, lastEnd)
    }
    const isLast = index === part.length - 1
    const isGood = isLast || isSignedBy(crypto, leader, signed)
    kept.push(isGood || signed.sig === null ? signed : { ...signed, sig: null })
    if (!isGood) continue
    stretch = { entries: 0, bytes: 0 }
    lastEnd = kept.length
  }
  return kept
}

const isSignedBy = (crypto: Crypto, leader: NodeId, { hash, sig }: SignedEntry): boolean =>
  sig !== null && crypto.verify(leader, headText(hash), sig)

/** Does it continue what is stored? (A genesis entry continues nothing.) */
const isConnected = (history: History, { entry, hash }: SignedEntry): boolean => {
  if (entry.kind === 'genesis') return true
  if (entry.kind === 'open') return history.log.placeOf(entry.prev as Hash) !== null
  const end = history.log.endOf(entry.term as TermId)
  return end !== null && end.seq === entry.seq - 1 && end.hash === entry.prev && hash !== end.hash
}

const leaderOf = (history: History, signed: SignedEntry): NodeId | null => {
  const { entry } = signed
  if (entry.kind === 'open') return entry.body.leader
  if (entry.kind === 'genesis') return entry.body.founder.id
  return history.log.terms.get(termOf(signed))?.leader ?? null
}

/** The entry's hash is right and its leader has signed for it; is it right in itself? */
const admitOne = ({ history, crypto, group }: Context, signed: SignedEntry): Verdict => {
  const { entry, hash } = signed
  const place: Place = { term: termOf(signed), seq: entry.seq }
  if (entry.kind === 'genesis') {
    if ((hash as string) !== group || entry.clock !== 0) return 'wrong-group'
    if (!isOwnCard(crypto, '', entry.body.founder)) return 'bad-signature'
    history.add(signed)
    return 'stored'
  }
  if (entry.group !== group) return 'wrong-group'
  const parents = parentsOf(history, place, entry)
  if (parents === null) return 'gap'
  const clocks = parents.map((parent) => history.log.clockAt(parent))
  if (entry.clock !== clockAfter(clocks)) return 'bad-clock'
  const [prev] = parents
  if (entry.kind === 'open' && prev !== undefined) {
    if (entry.body.counter !== history.log.term(prev.term).counter + 1) return 'bad-counter'
    if (!history.mayOpenAfter(prev, entry.body.leader)) return 'not-a-member'
  }
  const founder = history.log.term(group as string as TermId).leader
  if (!isAuthentic(crypto, group, founder, entry)) return 'bad-signature'
  history.add(signed)
  return 'stored'
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

const isAuthentic = (crypto: Crypto, group: GroupId, founder: NodeId, entry: Entry): boolean => {
  if (entry.kind === 'activate')
    return entry.body.members.every((one) => isVouchedFor(crypto, group, founder, one))
  if (entry.kind !== 'message' && entry.kind !== 'roster') return true
  const { body } = entry
  return crypto.verify(body.author, batchText(group, entry.kind, body), body.sig)
}

/**
 * Has the node itself signed its card, and the invite that it came in with its key? (The founder's
 * first card is older than the group's id.)
 */
export const isVouchedFor = (
  crypto: Pick<Crypto, 'verify'>,
  group: GroupId,
  founder: NodeId,
  { card, proof }: Admission,
): boolean => {
  const isOwn =
    isOwnCard(crypto, group, card) || (card.id === founder && isOwnCard(crypto, '', card))
  if (!isOwn || proof === null) return isOwn
  return crypto.verify(proof.invite as NodeId, inviteText(group, card.id), proof.sig)
}

const isOwnCard = (
  crypto: Pick<Crypto, 'verify'>,
  group: GroupId | '',
  card: MemberCard,
): boolean => crypto.verify(card.id, cardText(group, card), card.sig)
