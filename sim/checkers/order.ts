/**
 * S4 to S8: what the application of each node has been shown. Equal heads show the same; a message
 * is shown once, after its causes and its author's earlier ones; nothing shown is ever unsaid.
 */
import type { Effect, OrderChange } from '../../src/core/effect.ts'
import { stateToData } from '../../src/core/group-state.ts'
import type { Hash, MessageId } from '../../src/core/ids.ts'
import type { Replica } from '../../src/core/replica.ts'
import { cheapHash } from '../sim-crypto.ts'
import type { SimNode, World } from '../world.ts'
import type { Checker } from './checker.ts'

/** What one application shows: message ids in order, with the place each was sequenced at. */
interface Shown {
  readonly ids: MessageId[]
  readonly places: string[]
  readonly at: Map<MessageId, number>
  /** Digest of the first n messages. */
  readonly digests: string[]
}

const emptyShown = (): Shown => ({ ids: [], places: [], at: new Map(), digests: [] })

interface Submitted {
  readonly author: SimNode
  /** The author's message before it, and the last that it had seen. */
  readonly causes: readonly MessageId[]
}

export class OrderChecker implements Checker {
  readonly name = 'S4 S5 S6 S7 S8 order'
  #world: World | null = null
  readonly #shown = new Map<SimNode, Shown>()
  readonly #submitted = new Map<MessageId, Submitted>()
  readonly #lastOf = new Map<SimNode, MessageId>()
  readonly #digestByHead = new Map<Hash, string>()

  begin(world: World): void {
    this.#world = world
  }

  shownBy(node: SimNode): readonly MessageId[] {
    return this.#shown.get(node)?.ids ?? []
  }

  onSubmit(node: SimNode, _replica: Replica, id: MessageId, kind: 'message' | 'roster'): void {
    if (kind !== 'message') return
    const causes: MessageId[] = []
    const own = this.#lastOf.get(node)
    const seen = this.shownBy(node).at(-1)
    if (own !== undefined) causes.push(own)
    if (seen !== undefined && seen !== own) causes.push(seen)
    this.#submitted.set(id, { author: node, causes })
    this.#lastOf.set(node, id)
  }

  afterEffect(node: SimNode, replica: Replica, effect: Effect): void {
    if (effect.type === 'persist' && effect.order !== null) this.#checkParents(node, effect.order)
    if (effect.type !== 'event') return
    // What will never be shown is no cause of anything.
    if (effect.event.event === 'refused')
      for (const id of effect.event.ids) this.#submitted.delete(id)
    if (effect.event.event !== 'delivered') return
    this.#show(node, effect.event.order)
    this.#compare(node, replica)
  }

  #fail(node: SimNode, what: string): never {
    if (this.#world === null) throw new Error(what)
    return this.#world.fail(`${what}, at ${node.id}`)
  }

  #checkParents(node: SimNode, order: OrderChange): void {
    for (const item of order.items) {
      const signed = node.disk?.entryAt(item) ?? null
      if (signed === null) this.#fail(node, 'S4 ordered but not stored')
      const { prev } = signed.entry
      if (prev !== '' && node.disk?.placeOf(prev) === null)
        this.#fail(node, 'S4 shown before its predecessor is stored')
    }
  }

  #show(node: SimNode, order: OrderChange): void {
    const shown = this.#shown.get(node) ?? emptyShown()
    this.#shown.set(node, shown)
    const keep = order.fromPosition - 1
    if (keep > shown.ids.length) this.#fail(node, 'S8 a hole in the positions')
    const moved = shown.ids.splice(keep)
    const movedPlaces = shown.places.splice(keep)
    shown.digests.length = keep
    for (const id of moved) shown.at.delete(id)
    for (const item of order.visible) {
      if (shown.at.has(item.id)) this.#fail(node, `S6 ${item.id} is shown twice`)
      const submitted = this.#submitted.get(item.id)
      if (submitted === undefined || submitted.author.id !== item.author)
        this.#fail(node, `S6 ${item.id} was never written by ${item.author}`)
      for (const cause of submitted.causes)
        if (this.#submitted.get(cause) !== undefined && !shown.at.has(cause))
          this.#fail(node, `S7 ${item.id} is shown before its cause ${cause}`)
      shown.at.set(item.id, shown.ids.length)
      shown.digests.push(cheapHash((shown.digests.at(-1) ?? '') + item.author + item.id))
      shown.ids.push(item.id)
      shown.places.push(`${item.term}/${item.seq}`)
    }
    this.#checkMoved(node, shown, moved, movedPlaces)
  }

  /** What moved is still there, and what one leader sequenced has kept its order. */
  #checkMoved(node: SimNode, shown: Shown, moved: MessageId[], places: string[]): void {
    const lastOfTerm = new Map<string, number>()
    for (const [index, id] of moved.entries()) {
      const at = shown.at.get(id)
      const place = places[index] ?? ''
      if (at === undefined) this.#fail(node, `S8 ${id} was shown and is gone`)
      if (shown.places[at] !== place) continue
      const term = place.slice(0, place.indexOf('/'))
      if (at < (lastOfTerm.get(term) ?? -1)) this.#fail(node, `S8 ${id} changed places in its term`)
      lastOfTerm.set(term, at)
    }
  }

  #compare(node: SimNode, replica: Replica): void {
    const head = replica.history.head
    const shown = this.#shown.get(node)
    if (head === null || shown === undefined) return
    const { view, nextNumber } = { view: replica.history.state.view.members, nextNumber: 0 }
    const digest = `${shown.ids.length} ${shown.digests.at(-1) ?? ''} ${JSON.stringify(view)} ${nextNumber}`
    const known = this.#digestByHead.get(head.hash)
    if (known === undefined) this.#digestByHead.set(head.hash, digest)
    else if (known !== digest) this.#fail(node, `S5 same head, other history: ${known} / ${digest}`)
    for (const [index, member] of view.entries())
      if (index > 0 && member.number <= (view[index - 1]?.number ?? -1))
        this.#fail(node, 'S17 member numbers do not ascend')
  }

  /** What a crash keeps is what the disk has: the application of the next run starts from it. */
  onCrash(node: SimNode): void {
    const { disk } = node
    if (disk === null) return
    const stored = disk.messages({ from: 1, limit: Number.MAX_SAFE_INTEGER })
    const shown = emptyShown()
    for (const item of stored) {
      shown.at.set(item.id, shown.ids.length)
      shown.digests.push(cheapHash((shown.digests.at(-1) ?? '') + item.author + item.id))
      shown.ids.push(item.id)
      shown.places.push(`${item.term}/${item.seq}`)
    }
    const before = this.#shown.get(node)
    if (before !== undefined)
      for (const id of before.ids)
        if (!shown.at.has(id)) this.#fail(node, `S4 ${id} was shown but is not on the disk`)
    this.#shown.set(node, shown)
    const last = this.#lastOf.get(node)
    const outbox = disk.outbox()
    if (last !== undefined && !shown.at.has(last) && !isWaiting(outbox, last))
      this.#lastOf.delete(node)
  }

  atEnd(world: World): void {
    const states = new Map<Hash, string>()
    for (const { replica, id } of world.nodes) {
      const head = replica?.history.head ?? null
      if (replica === null || head === null) continue
      const state = JSON.stringify(canonical(replica))
      const known = states.get(head.hash)
      if (known !== undefined && known !== state) world.fail(`S5 ${id}: same head, other state`)
      states.set(head.hash, state)
    }
  }
}

type OutboxView = ReturnType<NonNullable<SimNode['disk']>['outbox']>

const isWaiting = (outbox: OutboxView, id: MessageId): boolean =>
  outbox.queued.some((one) => one.item.id === id) ||
  outbox.batches.some((one) => one.batch.items.some((item) => item.id === id))

/** The state with its maps sorted: how they were filled is not part of it. */
const canonical = (replica: Replica): unknown => {
  const data = stateToData(replica.history.state)
  const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
    a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
  return {
    ...data,
    members: data.members.toSorted(byKey),
    banned: data.banned.toSorted(),
    former: data.former.toSorted(),
    invites: data.invites.toSorted(byKey),
    sessions: data.sessions.toSorted(byKey),
  }
}
