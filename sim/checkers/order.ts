/**
 * S4 to S8: what the application of each node has been shown. Equal heads show the same; a message
 * is shown once, after its causes and its author's earlier ones; nothing shown is ever unsaid.
 */
import type { Effect, OrderChange } from '../../src/core/effect.ts'
import { stateToData, type VisibleItem } from '../../src/core/group-state.ts'
import type { Hash, MessageId, NodeId } from '../../src/core/ids.ts'
import type { Replica } from '../../src/core/replica.ts'
import { cheapHash } from '../sim-crypto.ts'
import type { SimNode, World } from '../world.ts'
import { keyOf, type Checker, type Key } from './checker.ts'

/** What one application shows: message ids in order, with the place each was sequenced at. */
interface Shown {
  readonly keys: Key[]
  readonly places: string[]
  readonly at: Map<Key, number>
  /** Digest of the first n messages. */
  readonly digests: string[]
}

const emptyShown = (): Shown => ({ keys: [], places: [], at: new Map(), digests: [] })

interface Submitted {
  readonly author: SimNode
  /** The author's message before it, and the last that it had seen. */
  readonly causes: readonly Key[]
  /** Refused for good, or only on disks that were lost: need not be shown before what follows it. */
  fate: 'open' | 'refused' | 'lost'
}

export class OrderChecker implements Checker {
  readonly name = 'S4 S5 S6 S7 S8 order'
  #world: World | null = null
  readonly #shown = new Map<SimNode, Shown>()
  readonly #submitted = new Map<Key, Submitted>()
  readonly #lastOf = new Map<SimNode, Key>()
  readonly #digestByHead = new Map<Hash, string>()

  begin(world: World): void {
    this.#world = world
  }

  shownBy(node: SimNode): readonly Key[] {
    return this.#shown.get(node)?.keys ?? []
  }

  onSubmit(node: SimNode, _replica: Replica, id: MessageId, kind: 'message' | 'roster'): void {
    if (kind !== 'message') return
    const causes: Key[] = []
    const own = this.#lastOf.get(node)
    const seen = this.shownBy(node).at(-1)
    if (own !== undefined) causes.push(own)
    if (seen !== undefined && seen !== own) causes.push(seen)
    const key = keyOf(node.id, id)
    this.#submitted.set(key, { author: node, causes, fate: 'open' })
    this.#lastOf.set(node, key)
  }

  afterEffect(node: SimNode, replica: Replica, effect: Effect): void {
    if (effect.type === 'persist' && effect.order !== null) this.#checkParents(node, effect.order)
    if (effect.type !== 'event') return
    // What will never be shown is no cause of anything. (A banned author is not served any more and
    // cannot find out whether another leader had sequenced it before.)
    if (effect.event.event === 'refused')
      for (const id of effect.event.ids) {
        const submitted = this.#submitted.get(keyOf(node.id, id))
        if (submitted === undefined) continue
        submitted.fate = effect.event.code === 'OUTCOME_UNKNOWN' ? 'lost' : 'refused'
      }
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
    if (keep > shown.keys.length) this.#fail(node, 'S8 a hole in the positions')
    const moved = shown.keys.splice(keep)
    const movedPlaces = shown.places.splice(keep)
    shown.digests.length = keep
    for (const key of moved) shown.at.delete(key)
    for (const item of order.visible) {
      this.#checkItem(node, shown, item)
      showOne(shown, item)
    }
    this.#checkMoved(node, shown, moved, movedPlaces)
  }

  #checkItem(node: SimNode, shown: Shown, item: VisibleItem): void {
    const key = keyOf(item.author, item.id)
    if (shown.at.has(key)) this.#fail(node, `S6 ${key} is shown twice`)
    const submitted = this.#submitted.get(key)
    if (submitted === undefined) {
      if (item.author === this.#world?.hostile?.id) return
      this.#fail(node, `S6 ${key} was never written`)
    }
    if (submitted.fate === 'refused') this.#fail(node, `S22 ${key} was refused and is shown`)
    for (const cause of submitted.causes)
      if (this.#submitted.get(cause)?.fate === 'open' && !shown.at.has(cause))
        this.#fail(node, `S7 ${key} is shown before its cause ${cause}`)
  }

  /** What moved is still there, and what one leader sequenced has kept its order. */
  #checkMoved(node: SimNode, shown: Shown, moved: Key[], places: string[]): void {
    const lastOfTerm = new Map<string, number>()
    for (const [index, key] of moved.entries()) {
      const at = shown.at.get(key)
      const place = places[index] ?? ''
      if (at === undefined) this.#fail(node, `S8 ${key} was shown and is gone`)
      if (shown.places[at] !== place) continue
      const term = place.slice(0, place.indexOf('/'))
      if (at < (lastOfTerm.get(term) ?? -1))
        this.#fail(node, `S8 ${key} changed places in its term`)
      lastOfTerm.set(term, at)
    }
  }

  #compare(node: SimNode, replica: Replica): void {
    const head = replica.history.head
    const shown = this.#shown.get(node)
    if (head === null || shown === undefined) return
    const view = replica.history.state.view.members
    const last = shown.digests.at(-1) ?? ''
    const digest = `${shown.keys.length} ${last} ${JSON.stringify(view)}`
    const known = this.#digestByHead.get(head.hash)
    if (known === undefined) this.#digestByHead.set(head.hash, digest)
    else if (known !== digest) this.#fail(node, `S5 same head, other history: ${known} / ${digest}`)
    for (const [index, member] of view.entries())
      if (index > 0 && member.number <= (view[index - 1]?.number ?? -1))
        this.#fail(node, 'S17 member numbers do not ascend')
  }

  /** What a crash keeps is what the disk has: the application of the next run starts from it. */
  onCrash(node: SimNode): void {
    if (node.disk === null) return
    const before = this.#shown.get(node)
    const shown = this.#startFromDisk(node)
    if (before !== undefined)
      for (const key of before.keys)
        if (!shown.at.has(key)) this.#fail(node, `S4 ${key} was shown but is not on the disk`)
  }

  /** What was on that disk alone is gone, and what it caused does not wait for it. */
  onDiskLost(node: SimNode): void {
    this.#startFromDisk(node)
    const nodes = this.#world?.nodes ?? []
    for (const [key, submitted] of this.#submitted) {
      const { author } = submitted
      if (submitted.fate === 'refused' && author === node) submitted.fate = 'lost'
      if (nodes.some((one) => this.#shown.get(one)?.at.has(key))) continue
      const waits = author.disk !== null && isWaiting(author.disk.outbox(), author.id, key)
      if (submitted.fate === 'open' && !waits) submitted.fate = 'lost'
    }
  }

  /** What a restart keeps is what the disk has: the application of the next run starts from it. */
  #startFromDisk(node: SimNode): Shown {
    const { disk } = node
    const shown = emptyShown()
    const all = { from: 1, limit: Number.MAX_SAFE_INTEGER }
    for (const item of disk?.messages(all) ?? []) showOne(shown, item)
    this.#shown.set(node, shown)
    const last = this.#lastOf.get(node)
    if (last === undefined || shown.at.has(last)) return shown
    if (disk === null || !isWaiting(disk.outbox(), node.id, last)) this.#lastOf.delete(node)
    return shown
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

const isWaiting = (outbox: OutboxView, author: NodeId, key: Key): boolean =>
  outbox.queued.some((one) => keyOf(author, one.item.id) === key) ||
  outbox.batches.some((one) => one.batch.items.some((item) => keyOf(author, item.id) === key))

const showOne = (shown: Shown, item: VisibleItem): void => {
  const key = keyOf(item.author, item.id)
  shown.at.set(key, shown.keys.length)
  shown.digests.push(cheapHash((shown.digests.at(-1) ?? '') + key))
  shown.keys.push(key)
  shown.places.push(`${item.term}/${item.seq}`)
}

/** The state with its maps sorted: how they were filled is not part of it. */
const canonical = (replica: Replica): unknown => {
  const data = stateToData(replica.history.state)
  const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
    a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
  return {
    ...data,
    members: data.members.toSorted(byKey),
    banned: data.banned.toSorted(),
    known: data.known.toSorted(),
    removals: data.removals.toSorted(byKey),
    invites: data.invites.toSorted(byKey),
    sessions: data.sessions.toSorted(byKey),
  }
}
