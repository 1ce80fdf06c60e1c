/**
 * A second opinion on a whole history: every entry is checked again, parents first, by somebody who
 * trusts nothing but the group's id. For `verify` and for exported files; `admission.ts` is what
 * members go by when entries come in.
 */
import { isVouchedFor, type Fault } from './admission.ts'
import type { Crypto } from './crypto-port.ts'
import { batchText, cardText, entryText, headText } from './entry-codec.ts'
import { termOf, type Admission, type SignedEntry } from './entry.ts'
import type { GroupId, Hash, NodeId, Place, TermId } from './ids.ts'
import { clockAfter } from './lamport-clock.ts'

/** What is wrong with an entry. */
export type Flaw =
  | Exclude<Fault, 'two-stories' | 'bad-size'>
  /** It does not come right after the entry before it in its term, or its term is not known. */
  | 'out-of-place'
  /** An entry that it names as a parent is not among those before it. */
  | 'no-parent'
  /** A member's card in it is not signed by that member, or the proof of an invite is false. */
  | 'bad-card'
  /** The last stored entry of a term, and its leader has not signed it. */
  | 'unsigned'

export interface FlawFound {
  readonly flaw: Flaw
  readonly place: Place
  readonly hash: Hash
}

export type Checker = Pick<Crypto, 'hash' | 'verify'>

interface Term {
  readonly counter: number
  readonly leader: NodeId
  seq: number
  hash: Hash
  clock: number
  isSigned: boolean
}

interface Known extends Place {
  readonly clock: number
}

export interface AuditorOptions {
  readonly crypto: Checker
  /** Null takes the group of the first entry. */
  readonly group: GroupId | null
  /**
   * Hashes that `open` and `merge` entries name as parents, if they are known beforehand: then only
   * these are kept in memory. Null keeps all.
   */
  readonly parents: ReadonlySet<Hash> | null
  /** False leaves out the authors' signatures, which take most of the time. */
  readonly authors?: boolean
}

/** The entries that this one names by their hash, apart from its predecessor in the term. */
export const namedParents = ({ entry }: SignedEntry): readonly Hash[] => {
  if (entry.kind === 'open') return [entry.prev as Hash]
  return entry.kind === 'merge' ? entry.body.tips : []
}

export class Auditor {
  readonly #options: AuditorOptions
  readonly #terms = new Map<TermId, Term>()
  readonly #known = new Map<Hash, Known>()
  readonly #letIn = new Set<NodeId>()
  #group: GroupId | null
  #founder: NodeId | null = null
  #count = 0

  constructor(options: AuditorOptions) {
    this.#options = options
    this.#group = options.group
  }

  get group(): GroupId | null {
    return this.#group
  }

  /** Entries that were found right. */
  get count(): number {
    return this.#count
  }

  /**
   * The next entry; null if it is right. `text` is what it was read from, where that is at hand: it
   * must be the very text that was hashed. What is wrong changes nothing here.
   */
  add(signed: SignedEntry, text = entryText(signed.entry)): Flaw | null {
    const { hash, sig } = signed
    const { crypto } = this.#options
    if (crypto.hash(text) !== hash) return 'bad-hash'
    const term = this.#termAfter(signed)
    if (typeof term === 'string') return term
    const isVouched = sig !== null && crypto.verify(term.leader, headText(hash), sig)
    if (sig !== null && !isVouched) return 'bad-signature'
    const flaw = this.#checkBody(signed)
    if (flaw !== null) return flaw
    this.#keep(signed, { ...term, isSigned: isVouched })
    return null
  }

  /** What is still wrong after the last entry: a term that ends without its leader's word. */
  end(): FlawFound | null {
    for (const [term, { seq, hash, isSigned }] of this.#terms)
      if (!isSigned) return { flaw: 'unsigned', place: { term, seq }, hash }
    return null
  }

  /** The entry's term as it is with this entry at its end, or what is wrong with its place. */
  #termAfter(signed: SignedEntry): Term | Flaw {
    const { entry, hash } = signed
    const { seq, clock } = entry
    if (entry.kind === 'genesis') {
      const id = hash as string as GroupId
      if (this.#terms.size > 0 || clock !== 0 || (this.#group ?? id) !== id) return 'wrong-group'
      const leader = entry.body.founder.id
      return { counter: 0, leader, seq, hash, clock, isSigned: false }
    }
    if (entry.group !== this.#group) return 'wrong-group'
    if (entry.kind === 'open') return this.#newTerm(signed, entry.prev as Hash)
    const before = this.#terms.get(termOf(signed))
    if (before === undefined || before.seq !== seq - 1 || before.hash !== entry.prev)
      return 'out-of-place'
    const clocks = [before.clock]
    for (const tip of namedParents(signed)) {
      const parent = this.#known.get(tip)
      if (parent === undefined) return 'no-parent'
      clocks.push(parent.clock)
    }
    return clock === clockAfter(clocks) ? { ...before, seq, hash, clock } : 'bad-clock'
  }

  #newTerm({ entry, hash }: SignedEntry, prev: Hash): Term | Flaw {
    if (entry.kind !== 'open') return 'out-of-place'
    const parent = this.#known.get(prev)
    const before = parent === undefined ? undefined : this.#terms.get(parent.term)
    if (parent === undefined || before === undefined) return 'no-parent'
    const { counter, leader } = entry.body
    const { seq, clock } = entry
    if (clock !== clockAfter([parent.clock])) return 'bad-clock'
    if (counter !== before.counter + 1) return 'bad-counter'
    if (!this.#letIn.has(leader)) return 'not-a-member'
    return { counter, leader, seq, hash, clock, isSigned: false }
  }

  #checkBody({ entry }: SignedEntry): Flaw | null {
    const { crypto, authors = true } = this.#options
    switch (entry.kind) {
      case 'genesis': {
        const { founder } = entry.body
        return crypto.verify(founder.id, cardText('', founder), founder.sig) ? null : 'bad-card'
      }
      case 'activate':
        return entry.body.members.every((one) => this.#isVouchedFor(one)) ? null : 'bad-card'
      case 'message':
      case 'roster': {
        if (!authors || this.#group === null) return null
        const { author, sig } = entry.body
        const text = batchText(this.#group, entry.kind, entry.body)
        return crypto.verify(author, text, sig) ? null : 'bad-signature'
      }
      default:
        return null
    }
  }

  #isVouchedFor(admission: Admission): boolean {
    if (this.#group === null || this.#founder === null) return false
    return isVouchedFor(this.#options.crypto, this.#group, this.#founder, admission)
  }

  #keep(signed: SignedEntry, after: Term): void {
    const { entry, hash } = signed
    const term = termOf(signed)
    this.#terms.set(term, after)
    this.#count += 1
    const { parents } = this.#options
    if (parents === null || parents.has(hash))
      this.#known.set(hash, { term, seq: entry.seq, clock: entry.clock })
    if (entry.kind === 'genesis') {
      this.#group = hash as string as GroupId
      this.#founder = entry.body.founder.id
      this.#letIn.add(entry.body.founder.id)
    }
    if (entry.kind === 'activate')
      for (const { card } of entry.body.members) this.#letIn.add(card.id)
  }
}
