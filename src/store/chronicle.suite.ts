/** Made-up histories for tests and benchmarks: right in every way but the signatures. */
import { createHash } from 'node:crypto'

import type { OrderChange, Persist } from '../core/effect.ts'
import type { AuthorBatch, Entry, MergeBody, SignedEntry } from '../core/entry.ts'
import { termOf } from '../core/entry.ts'
import { entryText } from '../core/entry-codec.ts'
import { emptyState, foldEntry, type GroupState, type VisibleItem } from '../core/group-state.ts'
import type { GroupId, Hash, InstanceId, MessageId, NodeId, Signature } from '../core/ids.ts'
import type { OrderItem, QueuedItem } from '../core/log-reader.ts'

const padded = (text: string): string => text.padEnd(43, '_')

export const alice = padded('alice') as NodeId
export const bob = padded('bob') as NodeId
export const signature = 'S'.repeat(86) as Signature

/** One run of one author. */
export const sessionOf = (number: number): InstanceId =>
  number.toString(16).padStart(32, '0').split('').toReversed().join('') as InstanceId

const idOf = (count: number, session: InstanceId): MessageId => {
  const digits = count.toString(16).padStart(12, '0')
  const time = `${digits.slice(0, 8)}-${digits.slice(8)}`
  return `${time}-7000-8000-${session.slice(0, 12)}` as MessageId
}

const signed = (entry: Entry, sig: Signature | null = null): SignedEntry => {
  const hash = createHash('sha256').update(entryText(entry)).digest('base64url') as Hash
  return { entry, hash, sig }
}

const cardOf = (id: NodeId) => ({ id, name: id.replaceAll('_', ''), addresses: [], sig: signature })

export interface Said {
  readonly author?: NodeId
  readonly session?: InstanceId
  /** Puts the texts where no search looks. */
  readonly hidden?: boolean
  /** What the texts are, and about which message. */
  readonly kind?: string
  readonly ref?: string
}

/** Makes entries, each on top of any other. */
export class Chronicle {
  readonly genesis: SignedEntry
  readonly group: GroupId
  #count = 0
  readonly #aseq = new Map<string, number>()

  constructor(name = 'lobby') {
    this.genesis = signed({
      group: '',
      prev: '',
      term: '',
      seq: 0,
      clock: 0,
      kind: 'genesis',
      body: {
        name,
        founder: cardOf(alice),
        settings: { policy: 'open', listed: true },
        createdAt: 1,
        nonce: name,
      },
    })
    this.group = this.genesis.hash as string as GroupId
  }

  open(prev: SignedEntry, leader = alice): SignedEntry {
    this.#count += 1
    const nonce = String(this.#count)
    const change = { gone: [], back: [] }
    const body = { counter: this.#count, leader, instance: sessionOf(1), nonce, ...change }
    return signed({
      group: this.group,
      prev: prev.hash,
      term: '',
      seq: 0,
      clock: prev.entry.clock + 1,
      kind: 'open',
      body,
    })
  }

  #next(prev: SignedEntry) {
    const { hash, entry } = prev
    const { seq, clock } = entry
    return {
      group: this.group,
      prev: hash,
      term: termOf(prev),
      seq: seq + 1,
      clock: clock + 1,
    }
  }

  /** A batch with these texts. */
  say(prev: SignedEntry, texts: readonly string[], said: Said = {}): SignedEntry {
    const body = this.batch(prev.hash, texts, said)
    return signed({ ...this.#next(prev), kind: 'message', body })
  }

  batch(after: Hash, texts: readonly string[], said: Said = {}): AuthorBatch {
    const { author = alice, session = sessionOf(1) } = said
    const aseq = this.#aseq.get(session) ?? 1
    this.#aseq.set(session, aseq + texts.length)
    const items = texts.map((text) => this.item(text, session, said))
    return { author, session, aseq, after, items, sig: signature }
  }

  item(text: string, session = sessionOf(1), { hidden, kind = 'text', ref = '' }: Said = {}) {
    this.#count += 1
    const id = idOf(this.#count, session)
    const content = hidden === true ? { kind, text: '', ref: text } : { kind, text, ref }
    return { id, sentAt: 1_700_000_000_000, content }
  }

  queued(text: string, session = sessionOf(1)): QueuedItem {
    return { kind: 'message', session, item: this.item(text, session) }
  }

  merge(prev: SignedEntry, tips: readonly SignedEntry[]): SignedEntry {
    const body: MergeBody = { tips: tips.map((tip) => tip.hash), members: [] }
    const clock = 1 + Math.max(...[prev, ...tips].map((parent) => parent.entry.clock))
    return signed({ ...this.#next(prev), clock, kind: 'merge', body })
  }

  /** A chain of batches on top of `prev`, one for each text. */
  chain(prev: SignedEntry, texts: readonly string[], said: Said = {}): readonly SignedEntry[] {
    let tip = prev
    return texts.map((text) => {
      tip = this.say(tip, [text], said)
      return tip
    })
  }
}

export const itemOf = (entry: SignedEntry, main = true): OrderItem => ({
  term: termOf(entry),
  seq: entry.entry.seq,
  main,
})

/** Tells an order that grows at its end: folds each entry once. */
export class Teller {
  readonly state: GroupState = emptyState()

  tell(entries: readonly SignedEntry[]): OrderChange {
    const from = this.state.length
    const fromPosition = this.state.positions + 1
    const visible: VisibleItem[] = []
    for (const entry of entries) visible.push(...foldEntry(this.state, entry, true))
    return { from, fromPosition, items: entries.map((entry) => itemOf(entry)), visible }
  }
}

/** The change after which the order is `entries`, given that it is the same before `from`. */
export const retold = (entries: readonly SignedEntry[], from: number): OrderChange => {
  const teller = new Teller()
  teller.tell(entries.slice(0, from))
  return teller.tell(entries.slice(from))
}

export const nothing: Persist = {
  type: 'persist',
  entries: [],
  order: null,
  outbox: [],
  snapshot: null,
}

export const persistOf = (parts: Partial<Omit<Persist, 'type'>>): Persist => ({
  ...nothing,
  ...parts,
})

/** New entries at the end of the order, which had `before`. */
export const appended = (
  before: readonly SignedEntry[],
  entries: readonly SignedEntry[],
): Persist => persistOf({ entries, order: retold([...before, ...entries], before.length) })
