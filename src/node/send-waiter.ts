/** Callers of `send` that wait for their message to be stored as widely as they asked. */
import type { VisibleItem } from '../core/group-state.ts'
import { placeKey, type MessageId, type NodeId, type Place } from '../core/ids.ts'
import type { StoredBy } from '../core/watermarks.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { SentMessage, Wait } from './api.ts'
import type { Submission } from './inbox.ts'

/** Calls that may wait at one time in one group. */
const MAX_WAITING = 10_000

/** What the waiters ask of the group. */
export interface Surroundings {
  /** Where it is stored, as far as known; null if it is not part of the order (any more). */
  storedBy(place: Place): StoredBy | null
  nameOf(id: NodeId): string
  /** Active members besides this node. */
  others(): readonly NodeId[]
}

/** Is it stored widely enough? */
const isEnough = (wait: Wait, { by, missing }: StoredBy): boolean => {
  const of = by.length + missing.length
  switch (wait) {
    case 'queued':
      return true
    case 'sequenced':
      // A second disk, where there is one: what one disk alone has is not safe to be told.
      return by.length >= Math.min(2, of)
    case 'majority':
      return by.length > of / 2
    case 'all':
      return missing.length === 0
    default:
      return by.length >= wait
  }
}

interface Found extends Place {
  position: number | null
  readonly clock: number
}

interface Waiter {
  readonly wait: Wait
  id: MessageId | null
  found: Found | null
  readonly resolve: (sent: SentMessage) => void
  readonly reject: (error: ParleyError) => void
  readonly timer: NodeJS.Timeout
}

export class SendWaiters {
  readonly #surroundings: Surroundings
  readonly #waiting = new Set<Waiter>()
  readonly #byId = new Map<MessageId, Waiter>()

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  get size(): number {
    return this.#waiting.size
  }

  /**
   * Makes a submission whose promise resolves as soon as the message is stored as `wait` says.
   * Rejects with TIMEOUT (it is still sent later), BUSY, or what the group says.
   */
  open(
    kind: Submission['kind'],
    content: Submission['content'],
    wait: Wait,
    timeoutMs: number,
  ): { readonly submission: Submission; readonly sent: Promise<SentMessage> } {
    if (this.#waiting.size >= MAX_WAITING)
      throw new ParleyError('BUSY', 'Too many messages wait to be stored')
    let submission: Submission | null = null
    const sent = new Promise<SentMessage>((resolve, reject) => {
      const timer = setTimeout(() => this.#onTimeout(waiter, timeoutMs), timeoutMs)
      const waiter: Waiter = { wait, id: null, found: null, resolve, reject, timer }
      this.#waiting.add(waiter)
      submission = {
        kind,
        content,
        onId: (id) => {
          waiter.id = id
          this.#byId.set(id, waiter)
        },
        onQueued: () => {
          if (wait === 'queued') this.#settle(waiter)
        },
        onFailed: (error) => this.#fail(waiter, error),
      }
    })
    if (submission === null) throw new ParleyError('INTERNAL')
    return { submission, sent }
  }

  /** Messages of this node have their place. */
  onVisible(items: readonly VisibleItem[], fromPosition: number): void {
    if (this.#byId.size === 0) return
    for (const [offset, { id, term, seq, clock }] of items.entries())
      this.onPlace(id, { term, seq, clock, position: fromPosition + offset })
  }

  onPlace(id: MessageId, found: Found): void {
    const waiter = this.#byId.get(id)
    if (waiter !== undefined) waiter.found = found
  }

  isWaitedFor(id: MessageId): boolean {
    return this.#byId.has(id)
  }

  /** These will never be sequenced. */
  onRefused(ids: readonly MessageId[], error: ParleyError): void {
    for (const id of ids) {
      const waiter = this.#byId.get(id)
      if (waiter !== undefined) this.#fail(waiter, error)
    }
  }

  /** Something may be stored more widely than before. */
  check(): void {
    if (this.#byId.size === 0) return
    const known = new Map<string, StoredBy | null>()
    for (const waiter of this.#byId.values()) {
      if (waiter.found === null) continue
      const key = placeKey(waiter.found)
      if (!known.has(key)) known.set(key, this.#surroundings.storedBy(waiter.found))
      const stored = known.get(key) ?? null
      if (stored !== null && isEnough(waiter.wait, stored)) this.#settle(waiter)
    }
  }

  /** Nobody will be told any more: the node stops. What is queued is on the disk. */
  close(error: ParleyError): void {
    for (const waiter of this.#waiting) this.#fail(waiter, error)
  }

  #stateOf(waiter: Waiter): SentMessage | null {
    if (waiter.id === null) return null
    const { found, id } = waiter
    const around = this.#surroundings
    const stored = found === null ? null : around.storedBy(found)
    const by = stored?.by.length ?? 1
    // What has no place yet is on this disk only.
    const missing = (stored?.missing ?? around.others()).map((node) => around.nameOf(node))
    const { position = null, clock = null } = found ?? {}
    return { id, position, clock, storedBy: by, of: by + missing.length, missing }
  }

  #settle(waiter: Waiter): void {
    const state = this.#stateOf(waiter)
    this.#remove(waiter)
    if (state !== null) waiter.resolve(state)
  }

  #fail(waiter: Waiter, error: ParleyError): void {
    this.#remove(waiter)
    waiter.reject(error)
  }

  #onTimeout(waiter: Waiter, timeoutMs: number): void {
    const state = this.#stateOf(waiter)
    const seconds = timeoutMs / 1_000
    if (state === null) {
      this.#fail(waiter, new ParleyError('TIMEOUT', `Not queued within ${seconds} s`))
      return
    }
    const { position, storedBy, of, missing } = state
    const message =
      position === null && waiter.found === null
        ? `Not sequenced within ${seconds} s; it is kept, and sent by itself`
        : `Stored by ${storedBy} of ${of} within ${seconds} s; missing: ${missing.join(', ')}`
    const hint = 'Do not send it again: it goes on by itself.'
    this.#fail(waiter, new ParleyError('TIMEOUT', message, { hint, data: { ...state } }))
  }

  #remove(waiter: Waiter): void {
    clearTimeout(waiter.timer)
    this.#waiting.delete(waiter)
    if (waiter.id !== null) this.#byId.delete(waiter.id)
  }
}
