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
import { beatMs } from './config.ts'
import { beat } from './leader.ts'
import { millis, type InstanceId, type Millis, type NodeId } from './ids.ts'
import { limits } from './limits.ts'
import type { Packet } from './packet.ts'
import type { Replica } from './replica.ts'

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
/** Peers that are told at a time; in larger groups a random choice. */
const toldAtOnce = 16

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

  /** What this node tells of itself and of others, itself first. */
  announce(self: NodeId, instance: InstanceId, now: Millis, h: number): readonly Reach[] {
    this.#stamp += 1
    for (const [id, known] of this.#known)
      if (now - known.at > keptBeats * h) this.#known.delete(id)
    this.#routes.clear()
    const hears = this.hears(now, h).slice(0, limits.meshNodes)
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
    if (this.#trails.size <= limits.meshNodes) return
    for (const oldest of this.#trails.keys()) {
      this.#trails.delete(oldest)
      return
    }
  }

  /** Is any way around known? If not, everything goes directly. */
  hasWays(now: Millis): boolean {
    return this.isAwake(now) || this.#trails.size > 0
  }

  /** The nodes on the way to `to`, itself last; null if it is best tried directly. */
  routeTo(self: NodeId, to: NodeId, now: Millis, h: number): readonly NodeId[] | null {
    if (this.isAwake(now) && this.#known.has(to)) return this.#linkRoute(self, to)
    const trail = this.#trails.get(to)
    if (trail === undefined) return null
    if (now - trail.at <= keptBeats * h) return trail.path
    this.#trails.delete(to)
    return null
  }

  #linkRoute(self: NodeId, to: NodeId): readonly NodeId[] | null {
    const cached = this.#routes.get(to)
    if (cached !== undefined) return cached
    const route = this.#search(self, to)
    this.#routes.set(to, route)
    return route
  }

  /** Breadth first, backwards from the target: v's announcement says which u → v work. */
  #search(self: NodeId, to: NodeId): readonly NodeId[] | null {
    if (this.#known.get(to)?.hears.includes(self) ?? true) return null
    const next = new Map<NodeId, NodeId | null>([[to, null]])
    for (const at of next.keys()) {
      if (at === self) return pathFrom(next, self)
      for (const source of this.#known.get(at)?.hears ?? [])
        if (!next.has(source)) next.set(source, at)
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

/** The way to a node from here, itself last; null if it is best tried directly. */
export const wayTo = (replica: Replica, to: NodeId): readonly NodeId[] | null =>
  replica.mesh.routeTo(replica.id, to, replica.now, beatOf(replica))

const beatOf = (replica: Replica): number => beatMs(replica.config, replica.viewSize())

/**
 * Up to this size a beat missed by anybody wakes everybody; beyond, only whoever needs a way
 * around. No more than are told at a time: whoever is told now and then only seems to come and go,
 * and the mesh would never sleep again.
 */
const smallGroup = toldAtOnce + 1

export const isSmallGroup = (replica: Replica): boolean => replica.viewSize() <= smallGroup

/** A beat is overdue: in a small group it costs little to find out at once. */
export const onUneasy = (replica: Replica): void => {
  if (isSmallGroup(replica)) wakeMesh(replica)
}

/** Something is amiss here: look for ways around. */
export const wakeMesh = (replica: Replica): void => {
  if (replica.history.state.roster.members.size < 3) return
  if (replica.mesh.wake(replica.now, beatOf(replica), true))
    replica.timers.atLatest('mesh', replica.now)
}

/** Time to tell whom this node hears. */
export const onMeshTimer = (replica: Replica): void => {
  const { mesh, now, timers, card, instance, role } = replica
  const h = beatOf(replica)
  if (!mesh.isAwake(now) || role.name === 'left' || role.name === 'joining') return
  const table = mesh.announce(card.id, instance, now, h)
  const troubled = mesh.isTroubled(card.id, now, h)
  if (troubled) mesh.wake(now, h, false)
  replica.sendDirect(audience(replica), { kind: 'reach', table, troubled })
  timers.set('mesh', now + h)
}

/** The view and whoever else shows itself. */
const audience = (replica: Replica): readonly NodeId[] => {
  const view = replica.history.state.view.members.map((member) => member.id)
  const heard = replica.mesh.hears(replica.now, beatOf(replica))
  const all = new Set([...replica.mesh.knownNodes(), ...heard, ...view])
  all.delete(replica.id)
  const list = [...all]
  while (list.length > toldAtOnce) list.splice(Math.floor(replica.prng.next() * list.length), 1)
  return list
}

export const onReach = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'reach' }>,
): void => {
  const { mesh, now, role } = replica
  if (role.name === 'left' || role.name === 'joining') return
  const h = beatOf(replica)
  const isNews = mesh.learn(replica.id, from, onlyMembers(replica, packet.table), now, h)
  const slept = packet.troubled && isSmallGroup(replica) && mesh.wake(now, h, false)
  if (packet.troubled && !mesh.isAwake(now)) answerReach(replica, from)
  if (slept) replica.timers.atLatest('mesh', now)
  else if (isNews && mesh.isAwake(now)) replica.timers.atLatest('mesh', now + h / 4)
  if (isNews && role.name === 'leader') beatAround(replica)
}

/** Strangers are no way to anybody. */
const onlyMembers = (replica: Replica, table: readonly Reach[]): readonly Reach[] =>
  table.filter(({ id }) => replica.onRoster(id))

/** In a large group those who are not concerned answer, and sleep on. */
const answerReach = (replica: Replica, from: NodeId): void => {
  const { mesh, card, instance, now } = replica
  const table = mesh.announce(card.id, instance, now, beatOf(replica))
  replica.sendDirect([from], { kind: 'reach', table, troubled: false })
}

/** A way to a silent member has shown itself: it should not have to wait for the next beat. */
const beatAround = (replica: Replica): void => {
  const { role } = replica
  if (role.name !== 'leader') return
  const silent = [...role.peers].some(
    ([id, peer]) => replica.now - peer.seenAt > beatOf(replica) && wayTo(replica, id) !== null,
  )
  if (silent) beat(replica, role)
}
