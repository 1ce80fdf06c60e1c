/**
 * One member's replica of one group: the whole protocol as a state machine without a world.
 *
 * step(now, inputs) → effects deadline() → when to step next
 *
 * Inputs change state; then one `settle` decides what is owed now. Effects come out as one
 * `persist`, then packets, then events: nobody is told anything that a crash could take back.
 */
import { assert } from './assert.ts'
import type { Fault } from './admission.ts'
import type { Config } from './config.ts'
import { suspectMs } from './config.ts'
import type { Crypto } from './crypto-port.ts'
import type { Effect, GroupEvent, Persist } from './effect.ts'
import type { AdmissionProof, MemberCard } from './entry.ts'
import { cardOf, genesisOf, groupOf, type Founding, type Self } from './founding.ts'
import { sessionMark } from './group-state.ts'
import { History } from './history.ts'
import {
  millis,
  type GroupId,
  type Hash,
  type InstanceId,
  type Millis,
  type NodeId,
  type Place,
  type TermId,
} from './ids.ts'
import type { Input } from './input.ts'
import type { LogReader } from './log-reader.ts'
import { Mesh } from './mesh.ts'
import { wayTo } from './reaching.ts'
import { Outbox } from './outbox.ts'
import type { Packet } from './packet.ts'
import { createPrng, type Prng } from './prng.ts'
import { relay } from './relaying.ts'
import type { MarkTable, Role } from './role.ts'
import { onInput, settle, start } from './protocol.ts'
import { stallOf } from './stall.ts'
import { Timers } from './timers.ts'
import type { Branch } from './tree.ts'
import type { View } from './view.ts'
import { storedBy, type StoredBy } from './watermarks.ts'

export type TimerName =
  | 'beat'
  | 'suspect'
  | 'gap'
  | 'join'
  | 'resend'
  | 'probe'
  | 'candidacy'
  | 'round'
  | 'fetch'
  | 'hello'
  | 'sure'
  | 'leave'
  | 'more'
  | 'mesh'
  | 'uneasy'
  | 'check'

/** How a replica comes into being. */
export type Start =
  | ({ readonly how: 'found' } & Founding)
  | {
      readonly how: 'join'
      readonly group: GroupId
      readonly via: readonly NodeId[]
      readonly proof: AdmissionProof | null
    }
  | { readonly how: 'resume'; readonly group: GroupId }

export interface ReplicaOptions {
  readonly config: Config
  readonly crypto: Crypto
  readonly self: Self
  /** A nonce of this run. */
  readonly instance: InstanceId
  /** Makes the next session's nonce, should this one have to be given up. */
  readonly seed: number
  readonly reader: LogReader
  readonly start: Start
  readonly now: Millis
}

/** What went wrong with what others sent, for logs and tests; never grows without bound. */
export interface Counters {
  faults: Map<Fault, number>
  ignored: number
}

/** What the application was told last of this replica's place in the group. */
interface Told {
  role: Role['name'] | null
  leader: NodeId | null
  term: TermId | null
  view: View | null
}

export class Replica {
  readonly config: Config
  readonly crypto: Crypto
  readonly card: MemberCard
  readonly instance: InstanceId
  readonly history: History
  readonly outbox: Outbox
  readonly prng: Prng
  readonly timers = new Timers<TimerName>()
  readonly mesh = new Mesh()
  readonly counters: Counters = { faults: new Map(), ignored: 0 }
  /** Peers that a page of history was asked of, and until when it is waited for. */
  readonly fetching = new Map<NodeId, Millis>()
  group: GroupId
  role: Role = { name: 'left' }
  marks: MarkTable | null = null
  now: Millis
  rounds = 0
  /** When this node last asked to lead. */
  roundAt = -Infinity
  /** How this node asks to be let in, should it have to (again). */
  admission: { readonly via: readonly NodeId[]; readonly proof: AdmissionProof | null }
  /** Was it asked for in this run, and not yet granted? */
  asksAnew: boolean
  session: InstanceId
  /** Nodes that may know the group, learnt from outside. */
  hints: readonly NodeId[] = []
  /** The leader that others hear and this node could not reach. */
  unreachable: NodeId | null = null
  /** A leader that was removed and would not say so: not followed until then. */
  deposed: { readonly leader: NodeId; readonly until: Millis } | null = null
  /** How far the clock on the wall was ahead of `now` when it was last told. */
  wallAheadMs: number | null = null
  /** A term that is part of this history and goes on being led, and since when that is seen. */
  superseded: { readonly term: TermId; readonly since: Millis } | null = null
  gapTries = 0
  /** Terms whose leader has told two stories. */
  readonly caught = new Set<TermId>()
  /** Its place in the tree of a large group, for the view that it was worked out for: `branchOf`. */
  branch: { readonly view: View; readonly place: Branch | null } | null = null
  /** When another leader was last reported or asked. */
  sightedAt = -Infinity
  /** When this replica is gone at the latest, once it has begun to leave. */
  leaveBy: Millis | null = null
  #lateFrom: number | null = null
  #told: Told = { role: null, leader: null, term: null, view: null }
  #out: Effect[] = []
  #due: Millis | null = null

  constructor(options: ReplicaOptions) {
    const { self, start: how } = options
    this.config = options.config
    this.crypto = options.crypto
    this.instance = options.instance
    this.session = options.instance
    this.now = options.now
    this.prng = createPrng(options.seed)
    this.history = new History(options.reader, options.config.planted)
    this.outbox = new Outbox(options.reader.outbox())
    this.admission = how.how === 'join' ? how : { via: [], proof: null }
    this.asksAnew = how.how === 'join'
    this.group = how.how === 'found' ? groupOf(genesisOf(this.crypto, self, how)) : how.group
    this.card = cardOf(this.crypto, self, this.group)
    start(this, how, self)
  }

  get id(): NodeId {
    return this.card.id
  }

  /** Takes what happened, in order, and returns what to do about it, in order. */
  step(now: Millis, inputs: readonly Input[]): readonly Effect[] {
    assert(now >= this.now, 'time does not run backwards')
    const stalled = stallOf(this.#due, now, suspectMs(this.config, this.viewSize()))
    this.now = now
    if (stalled) onInput(this, { type: 'stall' })
    for (const input of inputs) onInput(this, input)
    for (const name of this.timers.takeDue(now)) onInput(this, { type: 'timer', name })
    settle(this)
    const effects = this.#takeEffects()
    this.#due = this.timers.next()
    return effects
  }

  /** When `step` has to be called at the latest, if nothing happens before. */
  deadline(): Millis | null {
    return this.timers.next()
  }

  #takeEffects(): readonly Effect[] {
    const changes = this.history.takeChanges()
    const outbox = this.outbox.takeChanges()
    this.#tellChanges()
    const order = changes?.order ?? null
    const rest = this.#out
    if (rest.length > 0) this.#out = []
    if (changes === null && outbox.length === 0) return rest
    const persist: Persist = {
      type: 'persist',
      entries: changes?.entries ?? [],
      order,
      outbox,
      snapshot: changes?.snapshot ?? null,
    }
    const effects: Effect[] = [persist]
    if (order !== null) {
      const clock = this.history.clock()
      effects.push({ type: 'event', event: { event: 'delivered', order, clock } })
    }
    const isHasty = this.config.planted.has('acknowledged-before-durable')
    const hasty = isHasty ? rest.filter((effect) => effect.type === 'send') : []
    return [...hasty, ...effects, ...rest.filter((effect) => !hasty.includes(effect as never))]
  }

  /** Tells role and view if they are other than told last. */
  #tellChanges(): void {
    const { role } = this
    const { view } = this.history.state
    if (view !== this.#told.view) {
      this.#told.view = view
      this.emit({ event: 'view', view: view.members })
    }
    const term = role.name === 'leader' || role.name === 'follower' ? role.term : null
    const leader = this.leader()
    const told = this.#told
    if (told.role === role.name && told.leader === leader && told.term === term) return
    this.#told = { role: role.name, leader, term, view }
    this.emit({ event: 'role', role: role.name, leader, term })
  }

  /** Moves the head, and tells what that changed for the reader. */
  advance(target: Place): void {
    const change = this.history.advance(target)
    if (change.rosterTouched) this.emit({ event: 'roster' })
    const { spliced, appended, voided } = change
    for (const { author, item } of voided)
      if (author === this.id) this.emit({ event: 'no-effect', id: item.id, content: item.content })
    if (!appended) this.#lateFrom = null
    if (spliced !== null) this.emit({ event: 'merged', moved: !appended, ...spliced })
  }

  /** From here on what arrives was missed: remembered until this replica is up to date. */
  noteLate(): void {
    this.#lateFrom ??= this.history.state.positions + 1
  }

  tellCaughtUp(): void {
    const fromPosition = this.#lateFrom
    if (fromPosition === null) return
    this.#lateFrom = null
    const toPosition = this.history.state.positions
    if (toPosition >= fromPosition) this.emit({ event: 'caught-up', fromPosition, toPosition })
  }

  /** Sends a packet, directly or by a way around. */
  send(to: NodeId | readonly NodeId[], packet: Packet): void {
    const all = typeof to === 'string' ? [to] : to
    if (!this.mesh.hasWays(this.now)) {
      this.sendDirect(all, packet)
      return
    }
    const direct: NodeId[] = []
    for (const id of all) {
      if (wayTo(this, id) === null) direct.push(id)
      else relay(this, id, packet)
    }
    this.sendDirect(direct, packet)
  }

  sendDirect(to: readonly NodeId[], packet: Packet): void {
    const others = to.filter((id) => id !== this.id)
    if (others.length > 0) this.#out.push({ type: 'send', to: others, packet })
  }

  emit(event: GroupEvent): void {
    this.#out.push({ type: 'event', event })
  }

  fault(fault: Fault): void {
    this.counters.faults.set(fault, (this.counters.faults.get(fault) ?? 0) + 1)
  }

  /** Milliseconds from now, as a time. */
  after(ms: number): Millis {
    return millis(this.now + ms)
  }

  viewSize(): number {
    return this.history.state.view.members.length
  }

  inView(id: NodeId): boolean {
    return this.history.state.view.members.some((member) => member.id === id)
  }

  onRoster(id: NodeId): boolean {
    return this.history.state.roster.members.has(id)
  }

  headHash(): Hash | null {
    return this.history.head?.hash ?? null
  }

  /**
   * Was this node put off the roster? Not being on it proves nothing while the history is
   * incomplete: only an operation that removed it does.
   */
  wasRemoved(): boolean {
    const { members, known, banned } = this.history.state.roster
    return !members.has(this.id) && (known.has(this.id) || banned.has(this.id))
  }

  /** How far the history has a session of this node. */
  ownMark(session: InstanceId): number {
    return sessionMark(this.history.state, this.id, session)
  }

  /** Whom this node believes to lead: itself, the leader that it follows, or nobody. */
  leader(): NodeId | null {
    if (this.role.name === 'leader') return this.id
    return this.role.name === 'follower' ? this.role.leader : null
  }

  /** Which members of the view are known to have an entry of this history on disk. */
  storedBy(place: Place): StoredBy {
    return storedBy(this, place)
  }
}
