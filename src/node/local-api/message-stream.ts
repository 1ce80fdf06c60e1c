/**
 * Messages of one network as a stream of lines, at the speed of whoever reads it.
 *
 * Messages wait on the disk, not in memory: the stream keeps a position and reads a page whenever
 * the reader has taken the last one. Only events wait in memory, few at a time; a reader that lets
 * too many pile up, or takes nothing for too long, is cut off and told so.
 */
import type { Writable } from 'node:stream'

import { ParleyError } from '../../rpc/errors.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import type { ChatNodeApi, NodeEvent } from '../api.ts'
import type { StreamEnd, StreamEvent, StreamLine, StreamQuery } from './types.ts'

export interface StreamLimits {
  /** Messages that are read from the disk at once. */
  readonly pageMessages: number
  /** Events that may wait for the reader. */
  readonly maxEvents: number
  /** How long a reader may take nothing while something waits for it. */
  readonly patienceMs: number
  /** Time to take the last lines after that, before the connection is cut. */
  readonly graceMs: number
}

export const streamLimits: StreamLimits = {
  pageMessages: 64,
  maxEvents: 1_024,
  patienceMs: 30_000,
  graceMs: 5_000,
}

interface WaitingEvent {
  /**
   * The event comes after all messages that had been delivered when it happened; of a merge that
   * moved messages, before all that stand elsewhere now.
   */
  readonly after: number
  readonly event: StreamEvent
}

export class MessageStream {
  readonly #node: ChatNodeApi
  readonly #network: string
  readonly #query: StreamQuery
  readonly #out: Writable
  readonly #limits: StreamLimits
  readonly #events: WaitingEvent[] = []
  readonly #unsubscribe: () => void
  /** Position of the next message to write. */
  #next: number
  /** Position of the newest message that was delivered. */
  #newest: number
  #isScheduled = false
  #isBlocked = false
  #isOver = false
  #patience: NodeJS.Timeout | null = null

  constructor(node: ChatNodeApi, query: StreamQuery, out: Writable, limits: StreamLimits) {
    this.#node = node
    this.#query = query
    this.#out = out
    this.#limits = limits
    const status = node.find(query.network)
    this.#network = status.id
    this.#newest = status.count
    const first = query.last === undefined ? 1 : Math.max(1, status.count - query.last + 1)
    this.#next = query.from ?? first
    this.#unsubscribe =
      query.follow === true ? node.subscribe((event) => this.#onEvent(event)) : () => {}
    out.on('drain', () => {
      this.#isBlocked = false
      this.#stopWaiting()
      this.#pump()
    })
    out.once('close', () => this.close())
    out.once('error', () => this.close())
    this.#pump()
  }

  /** Stops without a word; for a reader that is gone. */
  close(): void {
    this.#isOver = true
    this.#unsubscribe()
    this.#stopWaiting()
    this.#events.length = 0
  }

  /** Ends the stream and says why. */
  end(error: ParleyError): void {
    if (this.#isOver) return
    this.close()
    const { code, message, hint } = error
    const last: StreamEnd = { event: 'end', code, message, hint }
    this.#out.end(`${JSON.stringify(last)}\n`)
    const timer = setTimeout(() => this.#out.destroy(), this.#limits.graceMs)
    this.#out.once('close', () => clearTimeout(timer))
  }

  #onEvent(event: NodeEvent): void {
    const network = event.event === 'message' ? event.message.network : event.network
    if (this.#isOver || network !== this.#network) return
    if (event.event === 'message') {
      this.#newest = Math.max(this.#newest, event.message.position)
      this.#schedule()
      return
    }
    if (event.event === 'stored' && this.#query.stored !== true) return
    if (this.#events.length >= this.#limits.maxEvents) {
      this.end(tooSlow())
      return
    }
    const isMove = event.event === 'merge' && event.moved
    if (event.event === 'merge') this.#newest = this.#node.find(this.#network).count
    this.#events.push({ after: isMove ? event.fromPosition - 1 : this.#newest, event })
    this.#schedule()
  }

  /** Whatever is delivered at one go is read at one go. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#pump()
    })
  }

  /** Writes what there is until the reader has enough. */
  #pump(): void {
    try {
      while (!this.#isBlocked && !this.#isOver) {
        if (!this.#writeSome()) break
      }
    } catch (thrown) {
      this.end(toParleyError(thrown))
    }
  }

  /** False if there is nothing to write now. */
  #writeSome(): boolean {
    const [event] = this.#events
    if (event !== undefined && event.after < this.#next) {
      this.#events.shift()
      this.#write([event.event])
      if (event.event.event === 'merge' && event.event.moved) {
        this.#next = Math.min(this.#next, event.event.fromPosition)
      }
      if (event.event.event === 'removed') this.#endIfGone()
      return true
    }
    const upTo = event === undefined ? Number.MAX_SAFE_INTEGER : event.after
    const limit = Math.min(this.#limits.pageMessages, upTo - this.#next + 1)
    const page = this.#node.history(this.#network, { from: this.#next, limit })
    const last = page.at(-1)
    if (last === undefined) {
      // A merge may have made an event's place unreachable; it must not hold up what follows.
      if (event !== undefined) this.#next = Math.max(this.#next, event.after + 1)
      else if (this.#query.follow !== true) this.#finish()
      else this.#endIfGone()
      return event !== undefined
    }
    this.#next = last.position + 1
    this.#write(page)
    return true
  }

  /** Nothing more is to come of a network that this node has left or was put out of. */
  #endIfGone(): void {
    const { gone } = this.#node.find(this.#network)
    if (gone !== null) this.end(gone)
  }

  #finish(): void {
    this.close()
    this.#out.end()
  }

  #write(lines: readonly StreamLine[]): void {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    if (this.#out.write(text)) return
    this.#isBlocked = true
    this.#patience ??= setTimeout(() => this.end(tooSlow()), this.#limits.patienceMs)
  }

  #stopWaiting(): void {
    if (this.#patience !== null) clearTimeout(this.#patience)
    this.#patience = null
  }
}

/** Writes a network's messages to `out` and ends it when done. Throws NETWORK_NOT_FOUND. */
export const streamMessages = (
  node: ChatNodeApi,
  query: StreamQuery,
  out: Writable,
  limits: StreamLimits = streamLimits,
): MessageStream => new MessageStream(node, query, out, limits)

const tooSlow = (): ParleyError =>
  new ParleyError('BUSY', 'The reader did not keep up', {
    hint: 'Go on from the last position that was read.',
  })
