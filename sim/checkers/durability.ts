/**
 * S9, S10, S11, S22: what is said to be stored is on that many disks, what was acknowledged is
 * everywhere in the end, and an author hears of every message exactly once whether it failed.
 */
import type { Effect } from '../../src/core/effect.ts'
import type { SignedEntry } from '../../src/core/entry.ts'
import type { Hash, InstanceId, NodeId, Place, TermId } from '../../src/core/ids.ts'
import type { Input } from '../../src/core/input.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'
import { isConnected, leaderOf, members } from './liveness.ts'
import { keyOf, payloadOf, type Checker, type Key } from './checker.ts'

/** How many of a node's newest messages are asked about each time that marks move. */
const asked = 3

const termLedBy = ({ replica }: SimNode): TermId | null =>
  replica?.role.name === 'leader' ? replica.role.term : null

export class DurabilityChecker implements Checker {
  readonly name = 'S9 S10 S11 S22 durability'
  #world: World | null = null
  readonly #placed = new Map<SimNode, { readonly key: Key; readonly place: Place }[]>()
  /** Said to be stored by two, or by all of a smaller view. */
  readonly #acknowledged = new Set<Key>()
  readonly #handedIn = new Map<Key, SimNode>()
  readonly #refused = new Set<Key>()
  /** Nodes whose disk was rolled back or emptied, ever. */
  readonly #lost = new Set<NodeId>()
  /** The present run of a peer, as far as a node has heard of it. */
  readonly #heard = new Map<SimNode, Map<NodeId, InstanceId>>()
  /**
   * Entries that carry a batch, by author, session and first number; a disk that went back in time
   * may make another batch of the same number, so those that carry an item are told apart.
   */
  readonly #entriesOf = new Map<string, Set<Hash>>()
  readonly #entryOf = new Map<Key, Set<Hash>>()

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
        recent.map(({ id, author, term, seq }) => ({
          key: keyOf(author, id),
          place: { term, seq },
        })),
      )
    }
    if (event.event === 'marks') this.#checkMarks(node, replica)
    if (event.event === 'refused') for (const id of event.ids) this.#refuse(keyOf(node.id, id))
  }

  afterStep(node: SimNode, replica: Replica, inputs: readonly Input[]): void {
    if (this.#lost.size === 0) return
    this.#noteHeard(node, inputs)
    if (replica.role.name === 'leader') this.#checkMarks(node, replica)
  }

  /** Which run of a peer has told a node how far it has stored. */
  #noteHeard(node: SimNode, inputs: readonly Input[]): void {
    for (const input of inputs) {
      if (input.type !== 'packet') continue
      const { from, instance, packet } = payloadOf(input)
      if (packet.kind !== 'pulse' && packet.kind !== 'ack') continue
      if (packet.term !== termLedBy(node)) continue
      if (this.#world?.node(from).instance !== instance) continue
      const heard = this.#heard.get(node) ?? new Map()
      this.#heard.set(node, heard.set(from, instance))
    }
  }

  onCrash(node: SimNode): void {
    this.#heard.delete(node)
  }

  /** What was promised to an author whose disk is lost, nobody remembers. */
  onDiskLost(node: SimNode): void {
    this.#lost.add(node.id)
    for (const key of this.#refused) if (key.startsWith(`${node.id} `)) this.#refused.delete(key)
    for (const [key, author] of this.#handedIn)
      if (author === node) {
        this.#handedIn.delete(key)
        this.#refused.delete(key)
      }
  }

  #refuse(key: Key): void {
    if (this.#refused.has(key)) this.#world?.fail(`S22 ${key} was refused twice`)
    this.#refused.add(key)
  }

  #checkMarks(node: SimNode, replica: Replica): void {
    const world = this.#world
    if (world === null) return
    for (const { key, place } of this.#placed.get(node) ?? []) {
      const { by, missing } = replica.storedBy(place)
      for (const id of by) {
        const member = world.node(id)
        // Whatever it says that it has: an honest leader can only believe it.
        if (member === world.hostile) continue
        if (member.disk !== null && member.disk.entryAt(place) !== null) continue
        if (!this.#lost.has(id)) world.fail(`S9 ${node.id} says that ${id} has stored ${key}`)
        const knows = this.#heard.get(node)?.get(id) === member.instance
        if (knows && replica.role.name === 'leader')
          world.fail(`S10 ${node.id} counts on a disk that ${id} has lost, for ${key}`)
      }
      if (by.length >= 2 || missing.length === 0) this.#acknowledged.add(key)
    }
  }

  #onPersist(node: SimNode, effect: Extract<Effect, { type: 'persist' }>): void {
    for (const signed of effect.entries) this.#noteBatch(signed)
    for (const change of effect.outbox) {
      // From here on it is safe on the author's disk, and its author has been promised its fate.
      if (change.change === 'queue' && change.queued.kind === 'message')
        this.#handedIn.set(keyOf(node.id, change.queued.item.id), node)
      if (change.change === 'remove') this.#checkRemoval(node, change.session, change.aseq)
    }
  }

  #noteBatch({ entry, hash }: SignedEntry): void {
    if (entry.kind !== 'message' && entry.kind !== 'roster') return
    const { author, session, aseq } = entry.body
    const key = `${author} ${session} ${aseq}`
    const hashes = this.#entriesOf.get(key) ?? new Set()
    this.#entriesOf.set(key, hashes.add(hash))
    for (const { id } of entry.body.items) {
      const ofItem = this.#entryOf.get(keyOf(author, id)) ?? new Set()
      this.#entryOf.set(keyOf(author, id), ofItem.add(hash))
    }
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
    const others = replica.history.state.view.members.filter(({ id }) => this.#lost.has(id))
    if (holders.length + others.length < Math.min(2, replica.viewSize()))
      world.fail(`S11 ${node.id} lets go of ${session} ${aseq}, a lone copy`)
  }

  /** Does somebody who still belongs have it? What only the removed have is gone with them. */
  #isHeld(world: World, key: Key): boolean {
    const hashes = [...(this.#entryOf.get(key) ?? [])]
    const roster = leaderOf(world)?.replica.history.state.roster.members
    return world.nodes.some(
      ({ id, disk }) =>
        roster?.has(id) === true &&
        disk !== null &&
        hashes.some((hash) => disk.placeOf(hash) !== null),
    )
  }

  atEnd(world: World): void {
    if (!isConnected(world, members(world))) return
    for (const node of members(world)) {
      const count = node.disk?.messageCount() ?? 0
      const stored = node.disk?.messages({ from: 1, limit: count }) ?? []
      const shown = new Set(stored.map(({ author, id }) => keyOf(author, id)))
      for (const key of this.#acknowledged)
        if (!shown.has(key) && this.#isHeld(world, key))
          world.fail(`S9 ${key} was acknowledged and ${node.id} does not have it`)
      const up = new Set<SimNode>(members(world))
      for (const [key, author] of this.#handedIn)
        if (!shown.has(key) && !this.#refused.has(key) && up.has(author))
          world.fail(`S22 ${key} is neither shown at ${node.id} nor refused`)
    }
  }
}
