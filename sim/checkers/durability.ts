/**
 * S9, S11, S22: what is said to be stored is on that many disks, what was acknowledged is
 * everywhere in the end, and an author hears of every message exactly once whether it failed.
 */
import type { Effect } from '../../src/core/effect.ts'
import type { SignedEntry } from '../../src/core/entry.ts'
import type { Hash, InstanceId, MessageId, Place } from '../../src/core/ids.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'
import type { Checker } from './checker.ts'

/** How many of a node's newest messages are asked about each time that marks move. */
const asked = 3

export class DurabilityChecker implements Checker {
  readonly name = 'S9 S11 S22 durability'
  #world: World | null = null
  readonly #placed = new Map<SimNode, { readonly id: MessageId; readonly place: Place }[]>()
  /** Said to be stored by two, or by all of a smaller view. */
  readonly #acknowledged = new Set<MessageId>()
  readonly #handedIn = new Map<MessageId, SimNode>()
  readonly #refused = new Set<MessageId>()
  /** Entries that carry a batch, by author, session and first number. */
  readonly #entriesOf = new Map<string, Set<Hash>>()
  readonly #entryOf = new Map<MessageId, Set<Hash>>()

  begin(world: World): void {
    this.#world = world
  }

  afterEffect(node: SimNode, replica: Replica, effect: Effect): void {
    if (effect.type === 'persist') this.#onPersist(node, effect)
    if (effect.type !== 'event') return
    const { event } = effect
    if (event.event === 'delivered') {
      const recent = event.order.visible.slice(-asked)
      this.#placed.set(
        node,
        recent.map(({ id, term, seq }) => ({ id, place: { term, seq } })),
      )
    }
    if (event.event === 'marks') this.#checkMarks(node, replica)
    if (event.event === 'refused') for (const id of event.ids) this.#refuse(id)
  }

  #refuse(id: MessageId): void {
    if (this.#refused.has(id)) this.#world?.fail(`S22 ${id} was refused twice`)
    this.#refused.add(id)
  }

  #checkMarks(node: SimNode, replica: Replica): void {
    for (const { id, place } of this.#placed.get(node) ?? []) {
      const { by, missing } = replica.storedBy(place)
      for (const member of by) {
        const disk = this.#world?.node(member).disk ?? null
        if (disk === null || disk.entryAt(place) === null)
          this.#world?.fail(`S9 ${node.id} says that ${member} has stored ${id}`)
      }
      if (by.length >= 2 || missing.length === 0) this.#acknowledged.add(id)
    }
  }

  #onPersist(node: SimNode, effect: Extract<Effect, { type: 'persist' }>): void {
    for (const signed of effect.entries) this.#noteBatch(signed)
    for (const change of effect.outbox) {
      // From here on it is safe on the author's disk, and its author has been promised its fate.
      if (change.change === 'queue' && change.queued.kind === 'message')
        this.#handedIn.set(change.queued.item.id, node)
      if (change.change === 'remove') this.#checkRemoval(node, change.session, change.aseq)
    }
  }

  #noteBatch({ entry, hash }: SignedEntry): void {
    if (entry.kind !== 'message' && entry.kind !== 'roster') return
    const { author, session, aseq } = entry.body
    const key = `${author} ${session} ${aseq}`
    const hashes = this.#entriesOf.get(key) ?? new Set()
    this.#entriesOf.set(key, hashes.add(hash))
    for (const { id } of entry.body.items) this.#entryOf.set(id, hashes)
  }

  /** An item goes only when two disks have it, or all of a smaller view, or it was refused. */
  #checkRemoval(node: SimNode, session: InstanceId, aseq: number): void {
    const world = this.#world
    const { replica } = node
    if (world === null || replica === null || replica.ownMark(session) < aseq) return
    const hashes = [...(this.#entriesOf.get(`${node.id} ${session} ${aseq}`) ?? [])]
    const holders = world.nodes.filter(({ disk }) =>
      hashes.some((hash) => disk !== null && disk.placeOf(hash) !== null),
    )
    if (holders.length < Math.min(2, replica.viewSize()))
      world.fail(`S11 ${node.id} lets go of ${session} ${aseq}, a lone copy`)
  }

  /** Does somebody who still belongs have it? What only the removed have is gone with them. */
  #isHeld(world: World, id: MessageId): boolean {
    const hashes = [...(this.#entryOf.get(id) ?? [])]
    return world.nodes.some(
      ({ disk, left }) => !left && hashes.some((hash) => disk?.placeOf(hash) !== null),
    )
  }

  atEnd(world: World): void {
    for (const node of world.nodes) {
      if (node.replica === null || node.left) continue
      const count = node.disk?.messageCount() ?? 0
      const shown = new Set(node.disk?.messages({ from: 1, limit: count }).map((one) => one.id))
      for (const id of this.#acknowledged)
        if (!shown.has(id) && this.#isHeld(world, id))
          world.fail(`S9 ${id} was acknowledged and ${node.id} does not have it`)
      for (const [id, author] of this.#handedIn)
        if (!shown.has(id) && !this.#refused.has(id) && !isLost(author))
          world.fail(`S22 ${id} of ${author.id} is neither shown at ${node.id} nor refused`)
    }
  }
}

/** A node that crashed in the very step that took a message in never promised anything. */
const isLost = (author: SimNode): boolean => author.replica === null || author.left
