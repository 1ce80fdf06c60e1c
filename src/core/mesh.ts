/**
 * Routing below everything else: a packet for a member that cannot be reached directly travels
 * through members that can. Election and replication do not know of it.
 *
 * In a healthy group nobody pays for it. A node that misses a beat, or seeks a leader, wakes the
 * mesh: everybody then tells everybody every H whom it hears, as far as it knows (link state), and
 * whoever has a packet to send finds the shortest path, names it in the packet, and every hop
 * follows the list: no loops, a bounded number of hops. Once all hear all again, the mesh falls
 * asleep.
 *
 * A link u → v is known to work because v says that it hears u, so one-way links are no problem.
 */
import { millis, type InstanceId, type Millis, type NodeId } from './ids.ts'
import { limits } from './limits.ts'

/** Whom a node hears, as it said at its `stamp`-th announcement, `ageMs` ago. */
export interface Reach {
  readonly id: NodeId
  readonly instance: InstanceId
  readonly stamp: number
  /** Hearsay grows old: what is told on does not keep a dead node alive. */
  readonly ageMs: number
  readonly hears: readonly NodeId[]
}

interface Known extends Reach {
  readonly at: Millis
}

/** A node is heard if something came from it directly within this many H. */
const heardBeats = 3
/** An announcement is forgotten after this many H. */
const keptBeats = 12
/** The mesh stays awake for this many H after its last reason. */
const awakeBeats = 16
/** Ways back that are remembered. */
const keptTrails = 1_024

export class Mesh {
  readonly #heardAt = new Map<NodeId, Millis>()
  readonly #known = new Map<NodeId, Known>()
  readonly #routes = new Map<NodeId, readonly NodeId[] | null>()
  /** The way that something came from a node which no announcement tells of: the way back to it. */
  readonly #trails = new Map<NodeId, { readonly path: readonly NodeId[]; readonly at: Millis }>()
  #stamp = 0
  /** When there was last a reason of this node's own to be awake. */
  #troubledAt = -Infinity
  #awakeUntil = -Infinity
  /** Packets that took a way around, for those who watch. */
  relayed = 0

  isAwake(now: Millis): boolean {
    return now < this.#awakeUntil
  }

  /** Something came from a member directly. */
  noteHeard(from: NodeId, now: Millis): void {
    this.#heardAt.set(from, now)
    this.#trails.delete(from)
  }

  /** Nobody listens there any more: no way leads through it. */
  forget(gone: NodeId): void {
    this.#heardAt.delete(gone)
    this.#known.delete(gone)
    this.#trails.clear()
    this.#routes.clear()
  }

  wake(now: Millis, h: number, ownReason: boolean): boolean {
    const slept = !this.isAwake(now)
    if (slept) {
      // What was told before the sleep may not be so any more.
      this.#known.clear()
      this.#routes.clear()
    }
    if (ownReason) this.#troubledAt = now
    this.#awakeUntil = Math.max(this.#awakeUntil, now + awakeBeats * h)
    return slept
  }

  /** Whom this node hears directly. */
  hears(now: Millis, h: number): readonly NodeId[] {
    return [...this.#heardAt].filter(([, at]) => now - at <= heardBeats * h).map(([id]) => id)
  }

  /**
   * What this node tells of itself and of others, itself first; of those it hears the leader first,
   * whom others look for, in case that there are too many to name.
   */
  announce(
    self: NodeId,
    instance: InstanceId,
    leader: NodeId | null,
    now: Millis,
    h: number,
  ): readonly Reach[] {
    this.#stamp += 1
    for (const [id, known] of this.#known)
      if (now - known.at > keptBeats * h) this.#known.delete(id)
    this.#routes.clear()
    const heard = this.hears(now, h)
    const named = leader !== null && heard.includes(leader) ? [leader] : []
    const hears = [...new Set([...named, ...heard])].slice(0, limits.meshNodes)
    const own = { id: self, instance, stamp: this.#stamp, ageMs: 0, hears }
    const others = [...this.#known.values()].slice(0, limits.meshNodes - 1)
    return [own, ...others.map(({ at, ...told }) => ({ ...told, ageMs: Math.round(now - at) }))]
  }

  /** Takes in what another tells; true if it is news. */
  learn(self: NodeId, from: NodeId, told: readonly Reach[], now: Millis, h: number): boolean {
    let isNews = false
    for (const reach of told) {
      const at = millis(now - reach.ageMs)
      if (reach.id === self || reach.ageMs > keptBeats * h) continue
      const known = this.#known.get(reach.id)
      const sameRun = known?.instance === reach.instance
      const isNewer = known === undefined || (sameRun ? reach.stamp > known.stamp : at > known.at)
      if (!(reach.id === from && reach.ageMs === 0) && !isNewer) continue
      if (known === undefined && this.#known.size >= limits.meshNodes) continue
      if (known === undefined || !sameIds(known.hears, reach.hears)) isNews = true
      this.#known.set(reach.id, { ...reach, at })
    }
    if (isNews) this.#routes.clear()
    return isNews
  }

  /** Is there a pair, among those that announce themselves, that does not hear each other? */
  hasGap(self: NodeId, now: Millis, h: number): boolean {
    const own = new Set(this.hears(now, h))
    for (const a of this.#known.values()) {
      if (!own.has(a.id)) return true
      if (a.hears.length < limits.meshNodes && !a.hears.includes(self)) return true
      if (a.hears.length >= limits.meshNodes) continue
      for (const b of this.#known.values()) if (a !== b && !a.hears.includes(b.id)) return true
    }
    return false
  }

  isTroubled(self: NodeId, now: Millis, h: number): boolean {
    return now - this.#troubledAt <= awakeBeats * h || this.hasGap(self, now, h)
  }

  knownNodes(): readonly NodeId[] {
    return [...this.#known.keys()]
  }

  /** Something from `origin` came over these hops, in this order. */
  noteTrail(origin: NodeId, hops: readonly NodeId[], now: Millis): void {
    this.#trails.delete(origin)
    this.#trails.set(origin, { path: [...hops.toReversed(), origin], at: now })
    if (this.#trails.size <= keptTrails) return
    for (const oldest of this.#trails.keys()) {
      this.#trails.delete(oldest)
      return
    }
  }

  /** Is any way around known? If not, everything goes directly. */
  hasWays(now: Millis): boolean {
    return this.isAwake(now) || this.#trails.size > 0
  }

  /**
   * The nodes on the way to `to`, itself last; null if it is best tried directly. In a large group
   * not all are told of: then the way that something came, or a guess, is better than none.
   */
  routeTo(
    self: NodeId,
    to: NodeId,
    now: Millis,
    h: number,
    isLarge = false,
  ): readonly NodeId[] | null {
    const told = this.isAwake(now) ? this.#known.get(to) : undefined
    const route = told === undefined ? null : this.#linkRoute(self, to, now, h)
    // Where all are told of all, what is told is the whole truth.
    if (route !== null || (told !== undefined && !isLarge)) return route
    if (told?.hears.includes(self) === true) return null
    const trail = this.#trails.get(to)
    if (trail !== undefined && now - trail.at <= keptBeats * h) return trail.path
    this.#trails.delete(to)
    const isLost = isLarge && this.isAwake(now) && !this.hasHeard(to, now, h)
    return isLost ? this.#guess(to, now, h) : null
  }

  hasHeard(id: NodeId, now: Millis, h: number): boolean {
    const at = this.#heardAt.get(id)
    return at !== undefined && now - at <= heardBeats * h
  }

  /** A node that tells nothing itself, in a large group: through one that hears it, if both ways. */
  #guess(to: NodeId, now: Millis, h: number): readonly NodeId[] | null {
    for (const { id, hears } of this.#known.values())
      if (id !== to && hears.includes(to) && this.hasHeard(id, now, h)) return [id, to]
    return null
  }

  #linkRoute(self: NodeId, to: NodeId, now: Millis, h: number): readonly NodeId[] | null {
    const cached = this.#routes.get(to)
    if (cached !== undefined) return cached
    const route = this.#search(self, to, now, h)
    this.#routes.set(to, route)
    return route
  }

  /**
   * Breadth first, backwards from the target: v's announcement says which u → v work. Who hears
   * more than it can name is taken to hear this node if this node hears it.
   */
  #search(self: NodeId, to: NodeId, now: Millis, h: number): readonly NodeId[] | null {
    if (this.#known.get(to)?.hears.includes(self) ?? true) return null
    const next = new Map<NodeId, NodeId | null>([[to, null]])
    for (const at of next.keys()) {
      if (at === self) return pathFrom(next, self)
      const hears = this.#known.get(at)?.hears ?? []
      for (const source of hears) if (!next.has(source)) next.set(source, at)
      const namesAll = hears.length < limits.meshNodes
      if (!namesAll && !next.has(self) && this.hasHeard(at, now, h)) next.set(self, at)
    }
    return null
  }
}

const pathFrom = (
  next: ReadonlyMap<NodeId, NodeId | null>,
  self: NodeId,
): readonly NodeId[] | null => {
  const path: NodeId[] = []
  for (let at = next.get(self) ?? null; at !== null; at = next.get(at) ?? null) path.push(at)
  return path.length < 2 || path.length > limits.hops ? null : path
}

const sameIds = (a: readonly NodeId[], b: readonly NodeId[]): boolean =>
  a.length === b.length && a.every((id) => b.includes(id))
