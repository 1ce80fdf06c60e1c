/**
 * What a head means, straight from the definitions in docs/protocol.md and as slowly as they read:
 * the order by recursion, the members and messages by going through it. Shares no code with the
 * core.
 */
import type { AuthorBatch, Entry, SignedEntry } from '../../src/core/entry.ts'
import type { Hash, NodeId } from '../../src/core/ids.ts'
import { keyOf } from './checker.ts'

export type EntryOf = (hash: Hash) => SignedEntry

/** One step of the order: an entry, and whether it is on the thread of the head. */
export interface DumbStep {
  readonly signed: SignedEntry
  readonly main: boolean
}

/** `order(h)` = `order(prev(h))`, then what is new of `order(tip)` for each merged tip, then `h`. */
export const dumbOrder = (head: Hash, entryOf: EntryOf): readonly DumbStep[] => {
  const there = new Set<Hash>()
  const order: SignedEntry[] = []
  const emit = (hash: Hash): void => {
    // The chain of predecessors is walked, not recursed into: it is longer than a stack is deep.
    const chain: SignedEntry[] = []
    for (let at: Hash | '' = hash; at !== '' && !there.has(at); at = chain.at(-1)?.entry.prev ?? '')
      chain.push(entryOf(at))
    for (const signed of chain.toReversed()) {
      if (signed.entry.kind === 'merge') for (const tip of signed.entry.body.tips) emit(tip)
      if (there.has(signed.hash)) continue
      there.add(signed.hash)
      order.push(signed)
    }
  }
  emit(head)
  const thread = new Set<Hash>()
  for (let at: Hash | '' = head; at !== ''; at = entryOf(at).entry.prev) thread.add(at)
  return order.map((signed) => ({ signed, main: thread.has(signed.hash) }))
}

type Rank = 'owner' | 'admin' | 'member'
const height = { owner: 3, admin: 2, member: 1 }
const powers = ['rename', 'invite', 'revoke', 'unban', 'kick', 'ban']

export class DumbGroup {
  readonly rank = new Map<NodeId, Rank>()
  readonly banned = new Set<NodeId>()
  /** How many an invite was good for, and how many came in with it. */
  readonly invites = new Map<string, { readonly uses: number; used: number }>()
  /** Batches that stand before an earlier one of their author's: none, if leaders keep to the rules. */
  readonly gaps: string[] = []
  /** Messages in order: author, id and whether the author was a member there. */
  readonly shown: string[] = []
  view: { readonly id: NodeId; readonly number: number }[] = []
  #policy = 'open'
  #next = 0
  readonly #numbers = new Map<string, { count: number; lastId: string }>()

  add({ signed, main }: DumbStep): void {
    const { entry } = signed
    if (entry.kind === 'genesis') {
      this.#policy = entry.body.settings.policy
      this.rank.set(entry.body.founder.id, 'owner')
      this.#comeIn([entry.body.founder.id])
    }
    if (entry.kind === 'activate') this.#activate(entry.body.members, main)
    if (entry.kind === 'roster') for (const item of this.#fresh(entry.body)) this.#operate(item)
    if (entry.kind === 'message') this.#show(entry.body)
    if (main) this.#changeView(entry)
  }

  #changeView(entry: Entry): void {
    if (entry.kind === 'deactivate') this.#goOut(entry.body.members)
    if (entry.kind === 'merge') this.#comeIn(entry.body.members.filter((id) => this.rank.has(id)))
    if (entry.kind !== 'open') return
    const old = new Map(this.view.map(({ id, number }) => [id, number]))
    const { leader, gone, back } = entry.body
    const stay = this.view.map(({ id }) => id).filter((id) => !gone.includes(id))
    this.view = []
    for (const id of [leader, ...stay, ...back]) {
      if (!this.rank.has(id) || this.view.some((one) => one.id === id)) continue
      const kept = old.get(id) ?? -1
      const isNext = kept > (this.view.at(-1)?.number ?? -1)
      this.view.push({ id, number: isNext ? kept : this.#next })
      if (!isNext) this.#next += 1
    }
  }

  #comeIn(ids: readonly NodeId[]): void {
    for (const id of ids) {
      if (this.view.some((one) => one.id === id)) continue
      this.view.push({ id, number: this.#next })
      this.#next += 1
    }
  }

  #goOut(ids: readonly NodeId[]): void {
    this.view = this.view.filter(({ id }) => !ids.includes(id))
  }

  #activate(members: Extract<Entry, { kind: 'activate' }>['body']['members'], main: boolean): void {
    for (const { card, proof } of members) {
      if (this.banned.has(card.id)) continue
      if (!this.rank.has(card.id) && !this.#admits(proof?.invite ?? null)) continue
      if (!this.rank.has(card.id)) this.rank.set(card.id, 'member')
      if (main) this.#comeIn([card.id])
    }
  }

  #admits(key: string | null): boolean {
    const invite = key === null ? undefined : this.invites.get(key)
    if (this.#policy === 'open' && invite === undefined) return true
    if (invite === undefined) return false
    if (this.#policy !== 'open' && invite.used >= invite.uses) return false
    invite.used += 1
    return true
  }

  /** Items whose number is the next of their session, each id above the last. */
  #fresh(batch: AuthorBatch): readonly { by: NodeId; id: string; what: readonly string[] }[] {
    const session = `${batch.author} ${batch.session.slice(0, 12)}`
    const far = this.#numbers.get(session) ?? { count: 0, lastId: '' }
    this.#numbers.set(session, far)
    if (batch.aseq > far.count + 1) this.gaps.push(`${session} ${batch.aseq}`)
    const fresh: { by: NodeId; id: string; what: readonly string[] }[] = []
    for (const [offset, { id, content }] of batch.items.entries()) {
      if (batch.aseq + offset !== far.count + 1 || id <= far.lastId) continue
      far.count += 1
      far.lastId = id
      fresh.push({ by: batch.author, id, what: [content.kind, content.ref, content.text] })
    }
    return fresh
  }

  #show(batch: AuthorBatch): void {
    for (const { by, id } of this.#fresh(batch))
      this.shown.push(`${keyOf(by, id as never)}${this.rank.has(by) ? '' : ' folded'}`)
  }

  #operate({ by, what }: { readonly by: NodeId; readonly what: readonly string[] }): void {
    const [kind = '', ref = '', text = ''] = what
    const target = ref as NodeId
    const own = this.rank.get(by)
    const theirs = this.rank.get(target)
    if (own === undefined) return
    if (powers.includes(kind) && own === 'member') return
    if (kind === 'role') {
      const owners = [...this.rank.values()].filter((rank) => rank === 'owner').length
      if (theirs === 'owner' && text !== 'owner' && owners === 1) return
      if (own === 'owner' && theirs !== undefined && text in height)
        this.rank.set(target, text as Rank)
    } else if (kind === 'kick' || kind === 'ban') {
      if (kind === 'kick' && theirs === undefined) return
      if (height[own] <= (theirs === undefined ? 0 : height[theirs])) return
      this.rank.delete(target)
      if (kind === 'ban') this.banned.add(target)
      this.#goOut([target])
    } else if (kind === 'unban') this.banned.delete(target)
    else if (kind === 'invite' && !this.invites.has(ref))
      this.invites.set(ref, { uses: Number(text.split(' ')[0]), used: 0 })
    else if (kind === 'revoke') this.invites.delete(ref)
  }
}
