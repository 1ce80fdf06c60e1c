/** One group of this node: its driver, and what the node knows and tells of it beyond the protocol. */
import type { GroupEvent, OrderChange, Persist } from '../core/effect.ts'
import { termOf, type AuthorBatch, type Content } from '../core/entry.ts'
import type { MessageId, NodeId } from '../core/ids.ts'
import type { Packet } from '../core/packet.ts'
import type { Replica } from '../core/replica.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { GroupStore, StoredMessage } from '../store/store.ts'
import type { Removed, SentMessage, Wait } from './api.ts'
import type { NodeContext } from './context.ts'
import { GroupDriver } from './driver.ts'
import { GroupReading } from './group-reading.ts'
import { JoinWaiters } from './join-waiters.ts'
import { mergeSummary } from './merge-summary.ts'
import { NetworkRecords } from './network-records.ts'
import { authorOfRemoval, leftError, putOutError, refusalOf } from './put-out.ts'
import { SendWaiters } from './send-waiter.ts'
import { StoredTracker } from './stored-tracker.ts'
import { messageViewer } from './message-views.ts'
import { whoOf } from './views.ts'

export interface NetworkOptions {
  readonly context: NodeContext
  readonly store: GroupStore
  readonly name: string
  /** Told when the leader, its term or its claim may have changed, or the group has ended here. */
  readonly onLeadership: () => void
  /** This node was put out. */
  readonly onRemoved: (code: string) => void
  /** The group does not run at the moment. */
  readonly onTrouble: (code: string) => void
}

/** How a group's replica comes into being; `first` is one that exists already. */
export interface Launch {
  readonly first: Replica | null
  readonly revive: () => Replica
  /** This node asks to be let in with an invite. */
  readonly isInvited: boolean
}

const LEAVE_MS = 2_000

export class Network extends GroupReading {
  readonly context: NodeContext
  readonly records: NetworkRecords
  readonly #options: NetworkOptions
  readonly #waiters: SendWaiters
  readonly #joins = new JoinWaiters(() => this.isCurrent())
  readonly #tracker = new StoredTracker()
  readonly #leaving: (() => void)[] = []
  #driver: GroupDriver | null = null
  #count: number
  /** Messages that a merge is about to move: they were told before. */
  #moving = new Set<string>()
  /** How the order changed in this step. */
  #delivered: OrderChange | null = null
  #toldLeader = ''
  #hasBeenCurrent = false
  #marksMoved = false
  #isInvited = false
  #sharedUpTo = 0
  /** What was shown last to prove that this node was put out. */
  #shown: AuthorBatch | null = null

  constructor(options: NetworkOptions) {
    const { context, store } = options
    super(store, context.id)
    this.context = context
    this.#options = options
    this.records = new NetworkRecords(this.id, options.name, context)
    this.#count = store.messageCount()
    this.#waiters = new SendWaiters({
      nameOf: (id) => this.nameOf(id),
      others: () => this.state.view.members.map(({ id }) => id).filter((id) => id !== context.id),
      storedBy: (place) => (this.history().contains(place) ? this.storedBy(place) : null),
    })
    this.records.onRoster(this.state)
  }

  /** Runs the group, from now until it is left or stopped. */
  launch({ first, revive, isInvited }: Launch): void {
    const { context } = this
    this.#shown = null
    this.#isInvited = isInvited
    this.#driver = new GroupDriver({
      replica: first,
      revive,
      apply: (persist) => this.#apply(persist),
      probe: () => context.store.probe(),
      send: context.send,
      isLinked: context.isLinked,
      onPersisted: (persist) => this.#onPersisted(persist),
      onEvent: (event) => this.#onEvent(event),
      onEffect: (replica, effect, tookMs) => context.witness.onEffect?.(replica, effect, tookMs),
      wallClock: context.wallClock,
      onStepped: () => this.#onStepped(),
      onFault: (error, thrown) => this.#onFault(error, thrown),
      onRecovered: () => this.context.emit({ event: 'recovered', network: this.id }),
    })
    this.#driver.start()
    this.#onRoster()
  }

  /** Goes on with what the disk has now, whatever it had before. */
  reload(): void {
    this.forgetDisk()
    this.#count = this.store.messageCount()
    this.#hasBeenCurrent = false
    this.#driver?.resume()
    this.#onRoster()
  }

  get driver(): GroupDriver | null {
    return this.#driver
  }

  override get replica(): Replica | null {
    return this.#driver?.replica ?? null
  }

  /** Does this node take part in it? */
  get isJoined(): boolean {
    return this.#driver !== null
  }

  get fault(): ParleyError | null {
    return this.#driver?.fault ?? null
  }

  get name(): string {
    return this.records.name
  }

  /** Messages in the history. */
  get count(): number {
    return this.#count
  }

  get splitSince(): string | null {
    return this.records.splitSince
  }

  nameOf(id: NodeId): string {
    return this.records.nameOf(id)
  }

  /** Up to this position all has been stored by others too, as far as known in this run; or 0. */
  get sharedUpTo(): number {
    return this.#sharedUpTo
  }

  /** How this node was put out, unless it has come back or left since. */
  get removed(): Removed | null {
    const { putOut } = this.records
    if (putOut === null) return null
    return { code: putOut.code, by: putOut.by === null ? null : whoOf(this, putOut.by) }
  }

  /** Why nothing new comes any more; null while this node takes part. */
  get gone(): ParleyError | null {
    const { putOut } = this.records
    if (putOut !== null)
      return putOutError(this.name, putOut, putOut.by === null ? null : this.nameOf(putOut.by))
    return this.isJoined ? null : leftError(this.name)
  }

  /** Notes a packet before the group gets it. */
  onPacket(packet: Packet): void {
    if (packet.kind === 'turned_away' && packet.proof !== null) this.#shown = packet.proof
  }

  /** Resolves when the group is current. Rejects with TIMEOUT, or why this node is not let in. */
  whenCurrent(timeoutMs: number): Promise<void> {
    return this.#joins.wait(timeoutMs)
  }

  /** Sends a message or an operation on the roster, and waits as told. */
  send(
    kind: 'message' | 'roster',
    content: Content,
    wait: Wait,
    timeoutMs: number,
  ): Promise<SentMessage> {
    const driver = this.#driver
    const { gone } = this
    if (driver === null || gone !== null) throw gone ?? leftError(this.name)
    if (typeof wait === 'number') this.#checkEnough(wait)
    const { submission, sent } = this.#waiters.open(kind, content, wait, timeoutMs)
    driver.submit(submission)
    return sent
  }

  /** Nobody waits for more copies than there can be. */
  #checkEnough(wait: number): void {
    const { size } = this.state.roster.members
    if (wait <= size || !this.isCurrent()) return
    throw new ParleyError('USAGE', `Wait for ${wait}? Members of ${this.name}: ${size}`, {
      hint: `Wait for at most ${size}, or for all.`,
    })
  }

  /** Tells the group that this node goes, and ends the driver: within two seconds. */
  async leave(): Promise<void> {
    const driver = this.#driver
    if (driver === null) return
    if (driver.replica !== null) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LEAVE_MS)
        this.#leaving.push(() => {
          clearTimeout(timer)
          resolve()
        })
        driver.input({ type: 'leave' })
      })
    }
    this.end(new ParleyError('INTERRUPTED', 'The node has left the group'))
  }

  /** Ends the driver at once, without a word to anybody. */
  end(error: ParleyError): void {
    this.records.saveReadMark()
    this.#driver?.stop()
    this.#driver = null
    this.#hasBeenCurrent = false
    this.#waiters.close(error)
    this.#joins.fail(error)
    this.#options.onLeadership()
  }

  #apply(persist: Persist): void {
    const { order } = persist
    this.#moving = new Set()
    if (order !== null && order.fromPosition <= this.#count) {
      const limit = this.#count - order.fromPosition + 1
      for (const { author, id } of this.store.messages({ from: order.fromPosition, limit }))
        this.#moving.add(`${author} ${id}`)
    }
    this.store.apply(persist)
    if (order !== null) this.#count = order.fromPosition + order.visible.length - 1
  }

  #onPersisted({ entries, order }: Persist): void {
    this.records.onEntries(entries)
    for (const signed of entries) {
      const { entry } = signed
      if (entry.kind !== 'roster' || entry.body.author !== this.context.id) continue
      const place = { term: termOf(signed), seq: entry.seq, clock: entry.clock, position: null }
      for (const { id } of entry.body.items) this.#waiters.onPlace(id, place)
    }
    if (order === null) return
    this.#waiters.onVisible(order.visible, order.fromPosition)
    this.#tracker.onVisible(order.visible, order.fromPosition)
    this.#marksMoved = true
  }

  #onEvent(event: GroupEvent): void {
    const { context, id: network } = this
    switch (event.event) {
      case 'delivered':
        return this.#onDelivered(event.order)
      case 'role':
        return this.#onRole()
      case 'view':
        return this.#onView(event.view.map(({ id }) => id))
      case 'roster':
        return this.#onRoster()
      case 'marks':
        this.#marksMoved = true
        return
      case 'refused':
        return this.#onRefused(event.ids, event.code)
      case 'turned-away':
        if (event.retryMs === null) this.#onPutOut(event.code)
        return
      case 'merged':
        return this.#onMerged(event)
      case 'caught-up':
        context.emit({ ...event, network })
        return
      case 'claim':
        return this.#options.onLeadership()
      case 'no-effect':
        return this.#onNoEffect(event)
      case 'two-stories':
        return this.#onTwoStories(event)
      case 'address':
        context.book.learn(event.node, event.addresses)
        return
      case 'left':
        for (const done of this.#leaving.splice(0)) done()
    }
  }

  /** Whoever waits for it is told by that; but it may have lost its effect long after. */
  #onNoEffect({ id, content }: Extract<GroupEvent, { readonly event: 'no-effect' }>): void {
    if (this.#waiters.isWaitedFor(id)) return
    const { kind, ref, text: value } = content
    const member = this.state.roster.known.has(ref as NodeId) ? whoOf(this, ref as NodeId) : null
    this.context.emit({ event: 'no-effect', network: this.id, id, operation: kind, member, value })
  }

  #onTwoStories({ by, proof }: Extract<GroupEvent, { readonly event: 'two-stories' }>): void {
    const [own] = proof
    if (own === undefined) return
    const { context, id: network } = this
    const { seq } = own.entry
    const hashes = proof.filter(({ entry }) => entry.seq === seq).map(({ hash }) => hash)
    const place = { network, term: termOf(own), seq, hashes }
    context.emit({ event: 'two-stories', by: whoOf(this, by), ...place })
  }

  #onMerged(merged: Extract<GroupEvent, { readonly event: 'merged' }>): void {
    const order = this.#delivered
    if (order === null) return
    const summary = mergeSummary(merged, order, (author, id) => this.#moving.has(`${author} ${id}`))
    const authors = summary.authors.map((id) => whoOf(this, id))
    this.context.emit({ event: 'merge', network: this.id, ...summary, authors })
  }

  #onDelivered(order: OrderChange): void {
    this.#delivered = order
    const { visible, fromPosition } = order
    const view = messageViewer(this)
    const isHeard = this.context.isHeard()
    for (const [offset, item] of visible.entries()) {
      const position = fromPosition + offset
      if (item.author === this.context.id) this.records.readMark.onOwn(position)
      if (isHeard && !this.#moving.has(`${item.author} ${item.id}`))
        this.context.emit({ event: 'message', message: view(item, position) })
    }
  }

  #onRole(): void {
    const leader = this.leader()
    const term = this.term()
    const told = `${leader} ${term}`
    if (told !== this.#toldLeader) {
      this.#toldLeader = told
      const who = leader === null ? null : whoOf(this, leader)
      this.context.emit({ event: 'leader', network: this.id, leader: who, term })
    }
    this.#options.onLeadership()
  }

  #onView(ids: readonly NodeId[]): void {
    const active = ids.map((id) => whoOf(this, id))
    this.context.emit({ event: 'view', network: this.id, active })
    this.#marksMoved = true
    this.#watchSplit()
  }

  /** Not before this node is up to date: in old history many are missing who have long come back. */
  #watchSplit(): void {
    if (!this.#hasBeenCurrent) return
    if (!this.records.onView(this.state)) return
    const { splitSince: since, expected: of } = this.records
    const active = this.state.view.members.map(({ id }) => whoOf(this, id))
    if (since === null) this.context.emit({ event: 'whole', network: this.id, active })
    else this.context.emit({ event: 'split', network: this.id, active, of, since })
  }

  #onRoster(): void {
    for (const { id, addresses } of this.records.onRoster(this.state))
      if (id !== this.context.id) this.context.book.learn(id, addresses)
    const { removals, banned } = this.state.roster
    if (removals.size + banned.size > 0) this.context.dropBarred()
  }

  #onRefused(ids: readonly MessageId[], code: string): void {
    this.#waiters.onRefused(ids, this.gone ?? refusalOf(code, false))
    this.context.emit({ event: 'refused', network: this.id, ids, code })
  }

  #onPutOut(code: string): void {
    this.#joins.fail(refusalOf(code, this.#isInvited))
    const { replica } = this
    const by = replica === null ? null : authorOfRemoval(replica, this.#shown)
    // Who never was in, or only asks to be let in again, has not been put out.
    const isPutOut = code === 'BANNED' || code === 'NOT_A_MEMBER'
    if (isPutOut && this.store.entryCount() > 0) this.records.setPutOut({ code, by })
    const who = by === null ? null : whoOf(this, by)
    this.context.emit({ event: 'removed', network: this.id, name: this.name, code, by: who })
    this.#options.onRemoved(code)
  }

  #onStepped(): void {
    this.#delivered = null
    if (!this.#hasBeenCurrent && this.isCurrent()) {
      this.#hasBeenCurrent = true
      this.records.setPutOut(null)
      this.#watchSplit()
    }
    this.#joins.check()
    if (!this.#marksMoved) return
    this.#marksMoved = false
    this.#waiters.check()
    const upTo = this.#tracker.take((place) => this.storedBy(place).missing.length === 0)
    if (upTo === null) return
    if (this.state.view.members.length > 1) this.#sharedUpTo = upTo
    this.context.emit({ event: 'stored', network: this.id, upTo })
  }

  #onFault(error: ParleyError, thrown: unknown): void {
    const { code, message } = error
    const { cause } = error
    const stack = thrown instanceof Error && code === 'INTERNAL' ? thrown.stack : undefined
    this.context.log('error', 'group failed', { network: this.id, code, message, stack, cause })
    this.context.emit({ event: 'fault', network: this.id, code, message })
    this.#options.onLeadership()
    this.#options.onTrouble(code)
  }

  /** The newest `limit` messages, or those from a position on. */
  messages(from: number | undefined, limit: number): readonly StoredMessage[] {
    return from === undefined
      ? this.store.lastMessages(limit)
      : this.store.messages({ from, limit })
  }
}
