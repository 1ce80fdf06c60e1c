/** Made-up histories: real entries, properly chained, timed and signed, each on top of any other. */
import { createHash } from 'node:crypto'

import * as fc from 'fast-check'

import type { Crypto } from './crypto-port.ts'
import type { Persist } from './effect.ts'
import { batchText, cardText, entryText, headText } from './entry-codec.ts'
import {
  termOf,
  type AuthorBatch,
  type Bodies,
  type Content,
  type Entry,
  type EntryKind,
  type GroupSettings,
  type MemberCard,
  type SignedEntry,
} from './entry.ts'
import { History } from './history.ts'
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
import { clockAfter } from './lamport-clock.ts'
import { MemoryGroup } from '../store/memory-group.ts'

const sha = (algorithm: string, text: string): string =>
  createHash(algorithm).update(text).digest('base64url')

export const idOf = (name: string): NodeId => name.padEnd(43, '_') as NodeId
export const hashOf = (name: string): Hash => name.padEnd(43, '-') as Hash
export const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map(idOf) as [
  NodeId,
  NodeId,
  NodeId,
  NodeId,
]

/** Hashes are real; a signature is a hash that anybody could make, but nobody here does. */
export const cryptoOf = (self: NodeId): Crypto => ({
  hash: (text) => sha('sha256', text) as Hash,
  sign: (text) => sha('sha512', `${self} ${text}`) as Signature,
  verify: (key, text, sig) => sig === sha('sha512', `${key} ${text}`),
})

/** An author's run: 32 hex digits, the first 12 of which its messages' ids end with. */
export const sessionOf = (author: NodeId, run = 1): InstanceId =>
  createHash('md5').update(`${author} ${run}`).digest('hex') as InstanceId

export const messageId = (session: InstanceId, count: number): MessageId => {
  const time = count.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${session.slice(0, 12)}` as MessageId
}

export const placeOf = (signed: SignedEntry): Place => ({
  term: termOf(signed),
  seq: signed.entry.seq,
})

export const said = (text: string): Content => ({ kind: 'text', text, ref: '' })

export class Story {
  readonly genesis: SignedEntry
  readonly group: GroupId
  readonly all: SignedEntry[] = []
  readonly byHash = new Map<Hash, SignedEntry>()
  readonly #opens = new Map<TermId, SignedEntry>()
  readonly #aseq = new Map<InstanceId, number>()
  #nonce = 0

  constructor(settings: GroupSettings = { policy: 'open', listed: true }) {
    this.group = '' as GroupId
    const founder = this.card(alice)
    this.genesis = this.#signed(alice, {
      group: '',
      prev: '',
      term: '',
      seq: 0,
      clock: 0,
      kind: 'genesis',
      body: { name: 'lobby', founder, settings, createdAt: 0, nonce: 'n' },
    })
    this.group = this.genesis.hash as string as GroupId
  }

  card(id: NodeId, addresses: readonly string[] = []): MemberCard {
    const card: MemberCard = { id, name: id.replaceAll('_', ''), addresses, sig: '' }
    return { ...card, sig: cryptoOf(id).sign(cardText(this.group, card)) }
  }

  #signed(signer: NodeId, entry: Entry, isSigned = true): SignedEntry {
    const crypto = cryptoOf(signer)
    const hash = crypto.hash(entryText(entry))
    const signed = { entry, hash, sig: isSigned ? crypto.sign(headText(hash)) : null }
    this.all.push(signed)
    this.byHash.set(hash, signed)
    if (entry.seq === 0) this.#opens.set(termOf(signed), signed)
    return signed
  }

  leaderOf(term: TermId): NodeId {
    const entry = this.#opens.get(term)?.entry
    if (entry?.kind === 'open') return entry.body.leader
    return entry?.kind === 'genesis' ? entry.body.founder.id : alice
  }

  open(
    prev: SignedEntry,
    leader: NodeId,
    how: { readonly gone?: readonly NodeId[]; readonly back?: readonly NodeId[] } = {},
  ): SignedEntry {
    const { gone = [], back = [] } = how
    this.#nonce += 1
    const parent = this.#opens.get(termOf(prev))?.entry
    const counter = parent?.kind === 'open' ? parent.body.counter + 1 : 1
    const nonce = `${this.#nonce}`
    return this.#signed(leader, {
      group: this.group,
      prev: prev.hash,
      term: '',
      seq: 0,
      clock: prev.entry.clock + 1,
      kind: 'open',
      body: { counter, leader, instance: sessionOf(leader), nonce, gone, back },
    })
  }

  /** Any entry in the term of `prev`, right after it. */
  add<K extends Exclude<EntryKind, 'genesis' | 'open'>>(
    prev: SignedEntry,
    kind: K,
    body: Bodies[K],
    how: { readonly signed?: boolean; readonly clock?: number } = {},
  ): SignedEntry {
    const term = termOf(prev)
    const tips = kind === 'merge' ? (body as Bodies['merge']).tips : []
    const clocks = tips.map((tip) => this.byHash.get(tip)?.entry.clock ?? 0)
    const entry = {
      group: this.group,
      prev: prev.hash,
      term,
      seq: prev.entry.seq + 1,
      clock: how.clock ?? clockAfter([prev.entry.clock, ...clocks]),
      kind,
      body,
    } as unknown as Entry
    return this.#signed(this.leaderOf(term), entry, how.signed ?? true)
  }

  /** The author's next items, signed. */
  batch(
    author: NodeId,
    after: SignedEntry,
    contents: readonly Content[],
    how: { readonly kind?: 'message' | 'roster'; readonly run?: number } = {},
  ): AuthorBatch {
    const session = sessionOf(author, how.run)
    const aseq = this.#aseq.get(session) ?? 1
    this.#aseq.set(session, aseq + contents.length)
    const items = contents.map((content, at) => ({
      id: messageId(session, aseq + at),
      sentAt: 0,
      content,
    }))
    const unsigned = { author, session, aseq, after: after.hash, items, sig: '' as Signature }
    const text = batchText(this.group, how.kind ?? 'message', unsigned)
    return { ...unsigned, sig: cryptoOf(author).sign(text) }
  }

  say(prev: SignedEntry, author: NodeId, text: string): SignedEntry {
    return this.add(prev, 'message', this.batch(author, prev, [said(text)]))
  }

  operate(prev: SignedEntry, author: NodeId, content: Content): SignedEntry {
    return this.add(prev, 'roster', this.batch(author, prev, [content], { kind: 'roster' }))
  }

  activate(prev: SignedEntry, ...ids: readonly NodeId[]): SignedEntry {
    return this.add(prev, 'activate', {
      members: ids.map((id) => ({ card: this.card(id), proof: null })),
    })
  }

  merge(
    prev: SignedEntry,
    tips: readonly SignedEntry[],
    members: readonly NodeId[] = [],
  ): SignedEntry {
    return this.add(prev, 'merge', { tips: tips.map((tip) => tip.hash), members })
  }

  chain(prev: SignedEntry, author: NodeId, texts: readonly string[]): readonly SignedEntry[] {
    let tip = prev
    return texts.map((text) => {
      tip = this.say(tip, author, text)
      return tip
    })
  }
}

export const textsUpTo = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `m${index}`)

/** Two of the founder's entries, and everybody active. */
export const begun = (story: Story): SignedEntry =>
  story.activate(story.open(story.genesis, alice), bob, carol, dave)

/** Numbers that decide what happens next, in order; all 0 once they run out. */
export class Dice {
  readonly #throws: readonly number[]
  #next = 0

  constructor(throws: readonly number[]) {
    this.#throws = throws
  }

  upTo(count: number): number {
    const value = this.#throws[this.#next] ?? 0
    this.#next += 1
    return value % count
  }

  of<T>(list: readonly T[]): T {
    return list[this.upTo(list.length)] as T
  }
}

export const diceArbitrary = (maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.nat({ max: 1_000_000 }), { minLength: maxLength / 2, maxLength })

const people = [alice, bob, carol, dave]

/** A random history: terms that fork anywhere, messages, roster operations, merges of anything. */
export const tangle = (dice: Dice, steps: number, text: () => string = () => 'hi'): Story => {
  const story = new Story()
  begun(story)
  const batches: AuthorBatch[] = []
  for (let step = 0; step < steps; step += 1) {
    const end = dice.of(endsOf(story))
    const author = dice.of(people)
    const action = dice.upTo(10)
    if (action < 2) {
      const some = (): NodeId[] => people.slice(0, dice.upTo(5)).filter((id) => id !== author)
      story.open(dice.of(story.all.slice(2)), author, { gone: some(), back: some() })
    } else if (action < 5) {
      const batch = story.batch(
        author,
        end,
        Array.from({ length: 1 + dice.upTo(3) }, () => said(text())),
      )
      batches.push(batch)
      story.add(end, 'message', batch)
    } else if (action < 6 && batches.length > 0) story.add(end, 'message', dice.of(batches))
    else if (action < 7) {
      const kind = dice.of(['kick', 'role', 'ban', 'unban'])
      story.operate(end, author, { kind, text: dice.of(['admin', 'member']), ref: dice.of(people) })
    } else if (action < 8) story.activate(end, author)
    else if (action < 9) mergeSome(story, dice, end)
    else story.add(end, 'deactivate', { cause: 'silent', members: [author] })
  }
  return story
}

/** Last entries of the terms that may still grow (the genesis entry's own never does). */
export const endsOf = (story: Story): readonly SignedEntry[] => {
  const ends = new Map<TermId, SignedEntry>()
  for (const signed of story.all) ends.set(termOf(signed), signed)
  ends.delete(termOf(story.genesis))
  return [...ends.values()]
}

const mergeSome = (story: Story, dice: Dice, end: SignedEntry): void => {
  const tips = new Set<SignedEntry>()
  for (let count = 1 + dice.upTo(3); count > 0; count -= 1)
    tips.add(dice.upTo(4) === 0 ? dice.of(story.all) : dice.of(endsOf(story)))
  tips.delete(end)
  if (tips.size > 0) story.merge(end, [...tips], people.slice(0, dice.upTo(5)))
}

/** The order exactly as it is defined: recursion over the whole history, no shortcuts. */
export const orderByDefinition = (story: Story, head: SignedEntry): readonly Hash[] => {
  const known = new Map<Hash, readonly Hash[]>()
  const order = (hash: Hash): readonly Hash[] => {
    const found = known.get(hash)
    if (found !== undefined) return found
    const { entry } = story.byHash.get(hash) as SignedEntry
    const list = new Set<Hash>(entry.prev === '' ? [] : order(entry.prev))
    if (entry.kind === 'merge')
      for (const tip of entry.body.tips) for (const one of order(tip)) list.add(one)
    list.add(hash)
    const result = [...list]
    known.set(hash, result)
    return result
  }
  return order(head.hash)
}

/** The thread: the head, its predecessor, and so on to the first entry. */
export const threadByDefinition = (story: Story, head: SignedEntry): ReadonlySet<Hash> => {
  const thread = new Set<Hash>()
  for (
    let hash: Hash | '' = head.hash;
    hash !== '';
    hash = story.byHash.get(hash)?.entry.prev ?? ''
  )
    thread.add(hash)
  return thread
}

/** A history with its disk. */
export interface Kept {
  readonly disk: MemoryGroup
  readonly history: History
}

export const emptyKept = (story: Story): Kept => {
  const disk = new MemoryGroup(story.group)
  return { disk, history: new History(disk) }
}

/** Puts on the disk what has changed since the last time. */
export const keep = ({ disk, history }: Kept): Persist | null => {
  const changes = history.takeChanges()
  if (changes === null) return null
  const persist: Persist = { type: 'persist', ...changes, outbox: [] }
  disk.apply(persist)
  return persist
}

/** A history of all entries of the story that `which` lets in, parents first; follows nothing yet. */
export const keptOf = (
  story: Story,
  which: (signed: SignedEntry) => boolean = () => true,
): Kept => {
  const kept = emptyKept(story)
  for (const signed of story.all) if (which(signed)) kept.history.add(signed)
  keep(kept)
  return kept
}
