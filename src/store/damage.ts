/** What a check of the stored data can find. */
import type { Flaw } from '../core/auditor.ts'
import type { GroupId, Hash, Place } from '../core/ids.ts'

/** Where the damage lies, which is also how far it reaches. */
export type DamagedPart =
  /** The file as such: what SQLite itself finds. */
  | 'file'
  /** An entry: history itself. */
  | 'entry'
  /** What follows from the entries, and can be made again from them. */
  | 'order'
  | 'messages'
  | 'search'
  | 'snapshot'
  /** What nothing else vouches for. */
  | 'outbox'
  | 'notes'

export interface Damage {
  readonly part: DamagedPart
  /** In words. */
  readonly what: string
  readonly group: GroupId | null
  /** The first bad entry, where it is one. */
  readonly entry:
    | ({ readonly flaw: Flaw | 'unreadable' | 'missing' } & Place & {
          readonly hash: Hash | null
        })
    | null
}

/** Ends a check. */
export class DamageFound extends Error {
  readonly damage: Damage

  constructor(damage: Damage) {
    super(damage.what)
    this.damage = damage
  }
}

/** What a sound history comes to. */
export interface Sound {
  readonly entries: number
  readonly messages: number
  readonly head: Hash | null
  readonly fingerprint: string | null
}

const words: Readonly<Record<Flaw | 'unreadable' | 'missing', string>> = {
  'bad-hash': 'its hash is not that of its content',
  'bad-clock': 'its clock does not follow from its parents',
  'bad-counter': 'its term does not count on from the one before',
  'bad-signature': 'a signature in it is false',
  'not-a-member': 'its leader was never let in',
  'wrong-group': 'it is of another group',
  'out-of-place': 'it does not follow the entry before it',
  'no-parent': 'what it continues is not there',
  'bad-card': 'a member’s card in it is false',
  unsigned: 'its leader has not signed it',
  unreadable: 'it cannot be read',
  missing: 'it is not there',
}

export const flawText = (flaw: Flaw | 'unreadable' | 'missing'): string => words[flaw]
