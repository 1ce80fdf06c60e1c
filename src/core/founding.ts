/**
 * The first entry of a group. Its hash is the group's id, so the id can be known before anything
 * is.
 */
import type { Crypto } from './crypto-port.ts'
import { cardText, entryText, headText } from './entry-codec.ts'
import type { Entry, GroupSettings, MemberCard, SignedEntry } from './entry.ts'
import type { GroupId, NodeId } from './ids.ts'

export interface Founding {
  readonly name: string
  readonly settings: GroupSettings
  /** Founder's wall clock, ms since 1970; shown only. */
  readonly createdAt: number
  readonly nonce: string
}

export interface Self {
  readonly id: NodeId
  readonly name: string
  readonly addresses: readonly string[]
}

/** A node's card, signed for a group ('' in the genesis entry, which makes the group). */
export const cardOf = (crypto: Crypto, self: Self, group: GroupId | ''): MemberCard => {
  const card: MemberCard = { ...self, sig: '' }
  return { ...card, sig: crypto.sign(cardText(group, card)) }
}

/** Hashes and signs an entry. */
export const signEntry = (crypto: Crypto, entry: Entry): SignedEntry => {
  const hash = crypto.hash(entryText(entry))
  return { entry, hash, sig: crypto.sign(headText(hash)) }
}

export const genesisOf = (crypto: Crypto, self: Self, founding: Founding): SignedEntry => {
  const { name, settings, createdAt, nonce } = founding
  const founder = cardOf(crypto, self, '')
  const body = { name, founder, settings, createdAt, nonce }
  return signEntry(crypto, {
    group: '',
    prev: '',
    term: '',
    seq: 0,
    clock: 0,
    kind: 'genesis',
    body,
  })
}

export const groupOf = (genesis: SignedEntry): GroupId => genesis.hash as string as GroupId
