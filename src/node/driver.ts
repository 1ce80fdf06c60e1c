/**
 * Runs the replica of one group in the world: gathers what happens within one turn of the event
 * loop, steps, and executes the effects strictly in order. What the disk refuses, nobody is told.
 *
 * If storing fails, or the core finds itself in the wrong, this replica is discarded; what there is
 * of the group is on the disk, and a new replica starts from there as soon as that works.
 */
import type { Effect, GroupEvent, Persist } from '../core/effect.ts'
import { millis, type MessageId, type NodeId } from '../core/ids.ts'
import type { Input } from '../core/input.ts'
import type { Envelope, Packet } from '../core/packet.ts'
import type { Replica } from '../core/replica.ts'
import { messageIds, type NextMessageId } from '../crypto/message-ids.ts'
import { isErrorCode, ParleyError } from '../rpc/errors.ts'
import { StoreError } from '../store/store-error.ts'
import { Inbox, type Exchange, type Intake, type Submission } from './inbox.ts'

export interface DriverOptions {
  /** Made already for a group that is being founded, else null. */
  readonly replica: Replica | null
  /** Makes a replica from what the disk has, under a new instance nonce. May throw StoreError. */
  readonly revive: () => Replica
  /** One durable transaction; throws StoreError and has then changed nothing. */
  readonly apply: (persist: Persist) => void
  /** Throws while the disk would refuse a transaction. */
  readonly probe: () => void
  readonly send: (replica: Replica, to: readonly NodeId[], packet: Packet) => void
  /** Is there a link to the node, so that answers to its calls go that way, too? */
  readonly isLinked: (node: NodeId) => boolean
  /** What was just stored; before any event of the same step. */
  readonly onPersisted: (persist: Persist) => void
  readonly onEvent: (event: GroupEvent) => void
  /** Told of each effect once it is carried out, and how long the disk took. */
  readonly onEffect?: (replica: Replica, effect: Effect, tookMs: number) => void
  /** After each step and each change of `fault`. */
  readonly onStepped: () => void
  readonly onFault: (error: ParleyError, thrown: unknown) => void
  readonly onRecovered: () => void
  /** After a fault, the next try: default one second; after a bug twice as long each time. */
  readonly retryMs?: number
  readonly now?: () => number
  readonly wallClock?: () => number
}

const RETRY_MS = 1_000
const MOST_DOUBLINGS = 5

/** Whether an invite has expired is asked of the clock on the wall, when somebody comes with one. */
const wallFor = (inputs: readonly Input[]): readonly Input[] =>
  inputs.some(
    (input) =>
      input.type === 'packet' &&
      (input.packet.kind === 'join_network' || input.packet.kind === 'relay'),
  )
    ? [{ type: 'wall', ms: Date.now() }]
    : []

/** As its callers see it: a fault of the disk keeps its name, a bug of ours says only that. */
export const toFault = (thrown: unknown): ParleyError => {
  if (!(thrown instanceof StoreError))
    return new ParleyError('INTERNAL', 'The group has stopped and will start again', {
      cause: thrown,
    })
  const code = isErrorCode(thrown.code) ? thrown.code : 'INTERNAL'
  return new ParleyError(code, thrown.message, { hint: thrown.hint, cause: thrown })
}

export class GroupDriver {
  readonly #options: DriverOptions
  readonly #inbox = new Inbox()
  #replica: Replica | null
  #fault: ParleyError | null = null
  #ids: { readonly session: string; readonly next: NextMessageId } | null = null
  #isStopped = false
  #flushing: NodeJS.Immediate | null = null
  #timer: { readonly at: number; readonly handle: NodeJS.Timeout } | null = null
  #retryTimer: NodeJS.Timeout | null = null
  #bugs = 0

  constructor(options: DriverOptions) {
    this.#options = options
    this.#replica = options.replica
  }

  /** Begins. A fault of the disk does not throw: it is retried like any later one. */
  start(): void {
    if (this.#replica === null) this.#revive()
    else this.#flush([{ type: 'tick' }])
  }

  /** Null while the group has failed, or when it is stopped before it ever ran. */
  get replica(): Replica | null {
    return this.#replica
  }

  /** Why the group does not run at the moment. */
  get fault(): ParleyError | null {
    return this.#fault
  }

  get dropped(): number {
    return this.#inbox.dropped
  }

  /** Takes a packet; there may be no room for it. */
  receive(envelope: Envelope): void {
    if (this.#replica === null || this.#isStopped) return
    if (this.#inbox.addPacket(envelope)) this.#schedule()
  }

  /** Takes a packet and resolves to what the same step sends back to its sender. */
  exchange(envelope: Envelope): Promise<readonly Packet[]> {
    return new Promise((resolve, reject) => {
      const error = this.#whyNot()
      if (error !== null) {
        reject(error)
        return
      }
      const exchange = { from: envelope.from, answer: [], resolve, reject }
      this.#inbox.addExchange(envelope, exchange)
      this.#schedule()
    })
  }

  /** Takes what the local user says; the submission is told what becomes of it. */
  submit(submission: Submission): void {
    const error = this.#whyNot()
    if (error !== null) submission.onFailed(error)
    else {
      this.#inbox.addSubmission(submission)
      this.#schedule()
    }
  }

  input(input: Input): void {
    if (this.#replica === null || this.#isStopped) return
    this.#inbox.add(input)
    this.#schedule()
  }

  /** Stops until `resume`: the disk is not to be used meanwhile, and `fault` says why. */
  pause(fault: ParleyError): void {
    if (this.#isStopped) return
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
    this.#discard(fault, this.#inbox.take())
    this.#options.onFault(fault, fault)
    this.#options.onStepped()
  }

  /** Goes on after `pause`, from what the disk has. */
  resume(): void {
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
    if (this.#replica === null) this.#revive()
  }

  /** Ends for good; nothing is sent or told from now on. What waits is on the disk. */
  stop(): void {
    this.#isStopped = true
    if (this.#flushing !== null) clearImmediate(this.#flushing)
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
    this.#setTimer(null)
    this.#abandon(this.#inbox.take(), new ParleyError('INTERRUPTED', 'The node is stopping'))
  }

  #whyNot(): ParleyError | null {
    if (this.#isStopped) return new ParleyError('NOT_A_MEMBER', 'This node has left the group')
    return this.#replica === null ? (this.#fault ?? new ParleyError('BUSY')) : null
  }

  #now(): number {
    return (this.#options.now ?? performance.now.bind(performance))()
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#flushing ??= setImmediate(() => this.#flush([]))
  }

  #flush(more: readonly Input[]): void {
    if (this.#flushing !== null) clearImmediate(this.#flushing)
    this.#flushing = null
    const replica = this.#replica
    if (replica === null || this.#isStopped) return
    const intake = this.#inbox.take()
    try {
      this.#step(replica, intake, more)
    } catch (thrown) {
      this.#fail(thrown, intake)
      return
    }
    for (const { answer, resolve } of intake.exchanges) resolve(answer)
    this.#options.onStepped()
    // What was told may have stopped this driver.
    if (this.#replica === replica) this.#setTimer(this.#isStopped ? null : replica.deadline())
  }

  /** Throws whatever the core or the disk throws; effects after that are not executed. */
  #step(replica: Replica, intake: Intake, more: readonly Input[]): void {
    const sends = this.#sendsOf(replica, intake.submissions)
    const inputs = [...wallFor(intake.inputs), ...sends, ...intake.inputs, ...more]
    const effects = replica.step(millis(this.#now()), inputs)
    for (const effect of effects) {
      const tookMs = effect.type === 'persist' ? this.#store(effect) : 0
      this.#execute(replica, effect, intake.exchanges)
      this.#options.onEffect?.(replica, effect, tookMs)
    }
    // The disk has what was submitted, and what was refused has been told so.
    for (const submission of intake.submissions) submission.onQueued()
  }

  #store(persist: Persist): number {
    const startedAt = performance.now()
    this.#options.apply(persist)
    return performance.now() - startedAt
  }

  #execute(replica: Replica, effect: Effect, exchanges: readonly Exchange[]): void {
    if (this.#isStopped) return
    switch (effect.type) {
      case 'persist':
        this.#options.onPersisted(effect)
        return
      case 'send':
        this.#send(replica, effect.to, effect.packet, exchanges)
        return
      case 'event':
        this.#options.onEvent(effect.event)
        return
    }
  }

  #send(
    replica: Replica,
    to: readonly NodeId[],
    packet: Packet,
    exchanges: readonly Exchange[],
  ): void {
    if (exchanges.length === 0) {
      this.#options.send(replica, to, packet)
      return
    }
    const callers = exchanges.filter(({ from }) => to.includes(from))
    for (const { answer } of callers) answer.push(packet)
    const rest = to.filter(
      (id) => this.#options.isLinked(id) || !callers.some(({ from }) => from === id),
    )
    if (rest.length > 0) this.#options.send(replica, rest, packet)
  }

  /** Ids are drawn only here: the session that they belong to may change with every step. */
  #sendsOf(replica: Replica, submissions: readonly Submission[]): readonly Input[] {
    const sentAt = (this.#options.wallClock ?? Date.now)()
    return submissions.map((submission) => {
      const id = this.#nextId(replica)
      submission.onId(id)
      const { kind, content } = submission
      return { type: 'send', kind, id, sentAt, content }
    })
  }

  #nextId(replica: Replica): MessageId {
    const { session } = replica
    if (this.#ids?.session !== session) this.#ids = { session, next: messageIds(session) }
    return this.#ids.next()
  }

  #setTimer(at: number | null): void {
    if (this.#timer?.at === at) return
    if (this.#timer !== null) clearTimeout(this.#timer.handle)
    if (at === null) {
      this.#timer = null
      return
    }
    const waitMs = Math.max(0, Math.ceil(at - this.#now()))
    const handle = setTimeout(() => {
      this.#timer = null
      this.#flush([{ type: 'tick' }])
    }, waitMs)
    this.#timer = { at, handle }
  }

  #abandon({ submissions, exchanges }: Intake, error: ParleyError): void {
    for (const submission of submissions) submission.onFailed(error)
    for (const { reject } of exchanges) reject(error)
  }

  #discard(fault: ParleyError, intake: Intake): void {
    this.#replica = null
    this.#fault = fault
    this.#setTimer(null)
    this.#abandon(intake, fault)
  }

  #fail(thrown: unknown, intake: Intake): void {
    const fault = toFault(thrown)
    this.#discard(fault, intake)
    this.#abandon(this.#inbox.take(), fault)
    if (this.#isStopped) return
    this.#options.onFault(fault, thrown)
    this.#options.onStepped()
    this.#retryLater(thrown)
  }

  #retryLater(thrown: unknown): void {
    const isBug = !(thrown instanceof StoreError)
    if (isBug) this.#bugs += 1
    const doublings = isBug ? Math.min(this.#bugs - 1, MOST_DOUBLINGS) : 0
    const waitMs = (this.#options.retryMs ?? RETRY_MS) * 2 ** doublings
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => this.#revive(), waitMs)
  }

  #revive(): void {
    if (this.#isStopped) return
    const hadFault = this.#fault !== null
    try {
      this.#options.probe()
      this.#replica = this.#options.revive()
    } catch (thrown) {
      const fault = toFault(thrown)
      const isNew = this.#fault?.code !== fault.code
      this.#fault = fault
      if (isNew) this.#options.onFault(fault, thrown)
      this.#retryLater(thrown)
      return
    }
    this.#fault = null
    this.#ids = null
    if (hadFault) this.#options.onRecovered()
    this.#flush([{ type: 'tick' }])
  }
}
