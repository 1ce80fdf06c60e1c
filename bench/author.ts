/** Somebody who writes a long history: what benchmarks of histories read. */
import { batchText } from '../src/core/entry-codec.ts'
import type { AuthorBatch, Entry, SignedEntry } from '../src/core/entry.ts'
import { genesisOf, groupOf, signEntry } from '../src/core/founding.ts'
import type { GroupId, NodeId, Signature, TermId } from '../src/core/ids.ts'
import { Identity, newInstanceId } from '../src/crypto/identity.ts'
import { messageIds } from '../src/crypto/message-ids.ts'
import { nodeCrypto } from '../src/crypto/node-crypto.ts'

/** As a leader signs under load. */
export const ENTRIES_PER_SIGNATURE = 16

const words = 'the quick brown fox jumps over a lazy dog while wizards boil jugs of ink'.split(' ')

/** One author's messages in one term; one in each entry are as many signatures as there can be. */
export class Author {
  readonly #identity: Identity
  readonly #crypto: ReturnType<typeof nodeCrypto>
  readonly #session = newInstanceId()
  readonly #nextId = messageIds(this.#session)
  readonly genesis: SignedEntry
  readonly group: GroupId
  #tip: SignedEntry
  #term: TermId | null = null
  #batches = 0
  #messages = 0

  constructor(identity = Identity.generate(), name = 'bench') {
    this.#identity = identity
    this.#crypto = nodeCrypto(identity)
    const settings = { policy: 'open', listed: false } as const
    const founding = { name, settings, createdAt: 1, nonce: name }
    this.genesis = genesisOf(this.#crypto, { id: identity.id, name, addresses: [] }, founding)
    this.group = groupOf(this.genesis)
    this.#tip = this.genesis
  }

  #next(): Pick<Entry, 'group' | 'prev' | 'seq' | 'clock'> & { readonly term: TermId | '' } {
    const { hash, entry } = this.#tip
    const seq = this.#term === null ? 0 : entry.seq + 1
    return { group: this.group, prev: hash, term: this.#term ?? '', seq, clock: entry.clock + 1 }
  }

  get id(): NodeId {
    return this.#identity.id
  }

  open(): SignedEntry {
    const { id } = this.#identity
    const change = { gone: [], back: [] }
    const body = { counter: 1, leader: id, instance: this.#session, nonce: 'b', ...change }
    const entry = { ...this.#next(), kind: 'open', body } as Entry
    this.#tip = signEntry(this.#crypto, entry)
    this.#term = this.#tip.hash as string as TermId
    return this.#tip
  }

  #item() {
    this.#messages += 1
    const at = this.#messages
    const text = `${words.slice(at % 7, 4 + (at % 9)).join(' ')} ${at}`
    return { id: this.#nextId(), sentAt: Date.now(), content: { kind: 'text', text, ref: '' } }
  }

  /** So many messages in one entry. */
  say(each = 1): SignedEntry {
    this.#batches += 1
    const batch: AuthorBatch = {
      author: this.#identity.id,
      session: this.#session,
      aseq: this.#messages + 1,
      after: this.#tip.hash,
      items: Array.from({ length: each }, () => this.#item()),
      sig: '' as Signature,
    }
    const sig = this.#crypto.sign(batchText(this.group, 'message', batch))
    const entry = { ...this.#next(), kind: 'message', body: { ...batch, sig } } as Entry
    const signed = signEntry(this.#crypto, entry)
    const isLast = this.#batches % ENTRIES_PER_SIGNATURE === 0
    this.#tip = isLast ? signed : { ...signed, sig: null }
    return this.#tip
  }
}
