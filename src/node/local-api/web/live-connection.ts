/** One page that is connected: its calls, what it follows, and whether it still listens. */
import type { RawData, WebSocket } from 'ws'

import { answerCalls, type Invoke, type ReportFault } from '../../../rpc/answer.ts'
import { decodeCalls, decodeText, encodeError, type RpcCall } from '../../../rpc/codec.ts'
import { ParleyError } from '../../../rpc/errors.ts'
import { bytesOf } from '../../../rpc/frame-inbox.ts'
import { startLiveness, type Liveness } from '../../../rpc/liveness.ts'
import { parseParams } from '../../../rpc/method.ts'
import type { MethodTable } from '../../../rpc/method-table.ts'
import type { ChatNodeApi } from '../../api.ts'
import type { MessageStream, StreamLimits } from '../message-stream.ts'
import type { Done } from '../types.ts'
import { startFeed, type FeedQuery } from './live-feed.ts'
import { READING, subscribeMethod, unsubscribeMethod } from './live-methods.ts'
import type { Outcomes } from './outcomes.ts'
import type { SessionId } from './sessions.ts'

export interface LiveLimits {
  /** Pages of one session, and of all. */
  readonly maxPerSession: number
  readonly maxConnections: number
  /** Calls of one page that run at one time; more are answered with BUSY. */
  readonly maxRunning: number
  readonly maxFeeds: number
  /** Bytes that may wait for a page before nothing more is read from it. */
  readonly maxWaitingBytes: number
  /** How often a page is asked for a sign of life. */
  readonly pingEveryMs: number
  /** How often a page may be told how things are. */
  readonly statusEveryMs: number
}

export const liveLimits: LiveLimits = {
  maxPerSession: 16,
  maxConnections: 64,
  maxRunning: 64,
  maxFeeds: 256,
  maxWaitingBytes: 1024 * 1024,
  pingEveryMs: 20_000,
  statusEveryMs: 250,
}

export interface LiveOptions {
  readonly node: ChatNodeApi
  readonly table: MethodTable
  readonly session: SessionId
  readonly outcomes: Outcomes
  readonly limits: LiveLimits
  readonly stream: StreamLimits
  readonly onFault?: ReportFault | undefined
  /** Something may have changed by a call. */
  readonly onChange: () => void
}

const GOING_AWAY = 1001
const POLICY = 1008
/** Of our own (RFC 6455, section 7.4.2): the session has ended. */
export const SIGNED_OUT = 4001
const GOODBYE_MS = 500
const MAX_SILENT_PINGS = 2
const MAX_ID_CHARS = 128
const done: Done = { ok: true }

export class LiveConnection {
  readonly session: SessionId
  readonly #socket: WebSocket
  readonly #options: LiveOptions
  readonly #invoke: Invoke
  readonly #liveness: Liveness
  readonly #feeds = new Map<string, MessageStream>()
  #running = 0
  #status = ''

  constructor(socket: WebSocket, options: LiveOptions) {
    this.session = options.session
    this.#socket = socket
    this.#options = options
    this.#invoke = options.table.invokeFor({ remoteAddress: '', peerId: null, link: null })
    this.#liveness = startLiveness(socket, {
      everyMs: options.limits.pingEveryMs,
      maxSilent: MAX_SILENT_PINGS,
      onSilent: () => socket.terminate(),
    })
    socket.on('message', (data: RawData, isBinary: boolean) => this.#onFrame(data, isBinary))
    socket.on('error', () => socket.terminate())
    socket.once('close', () => this.#onClose())
  }

  /** Sends how things are, unless the page knows or has not taken what was sent before. */
  tell(status: string): void {
    if (status === this.#status || this.#isFull) return
    this.#status = status
    this.#send(`{"jsonrpc":"2.0","method":"status","params":${status}}`)
  }

  goodbye(): void {
    this.#send('{"jsonrpc":"2.0","method":"goodbye","params":{}}')
    this.close(GOING_AWAY, 'the node stops')
  }

  close(code: number, text: string): void {
    this.#endFeeds()
    this.#socket.close(code, text)
    setTimeout(() => this.#socket.terminate(), GOODBYE_MS).unref()
  }

  get #isFull(): boolean {
    return this.#socket.bufferedAmount > this.#options.limits.maxWaitingBytes
  }

  #onClose(): void {
    this.#liveness.stop()
    this.#endFeeds()
  }

  #endFeeds(): void {
    for (const feed of this.#feeds.values()) feed.close()
    this.#feeds.clear()
  }

  /** `taken` is called once the connection has taken it, and not if it breaks before. */
  #send(frame: string, taken?: () => void): void {
    this.#socket.send(frame, (error) => {
      if (error) return
      if (this.#socket.isPaused && !this.#isFull) this.#socket.resume()
      taken?.()
    })
  }

  #onFrame(data: RawData, isBinary: boolean): void {
    this.#liveness.sign()
    const text = decodeText(bytesOf(data))
    if (isBinary || text instanceof ParleyError) {
      this.close(POLICY, 'not a text')
      return
    }
    const decoded = decodeCalls(text)
    const count = decoded.messages.length
    if (this.#running + count > this.#options.limits.maxRunning) {
      this.#refuse(decoded.messages)
      return
    }
    this.#running += count
    void this.#answer(decoded, count)
    if (this.#isFull) this.#socket.pause()
  }

  #refuse(messages: ReturnType<typeof decodeCalls>['messages']): void {
    const error = new ParleyError('BUSY', 'Too many calls of this page are under way')
    for (const message of messages) {
      if (message.kind !== 'notification') this.#send(encodeError(message.id, error))
    }
    if (this.#isFull) this.#socket.pause()
  }

  async #answer(decoded: ReturnType<typeof decodeCalls>, count: number): Promise<void> {
    const { onFault } = this.#options
    const answer = await answerCalls(decoded, (call) => this.#run(call), { onFault })
    this.#running -= count
    if (answer !== null && this.#socket.readyState === this.#socket.OPEN) this.#send(answer)
  }

  #run(call: RpcCall): unknown {
    const { method, params } = call
    if (method === subscribeMethod.name) {
      return this.#subscribe(parseParams(subscribeMethod, params))
    }
    if (method === unsubscribeMethod.name) {
      return this.#unsubscribe(parseParams(unsubscribeMethod, params).network)
    }
    if (READING.has(method)) return this.#invoke(call)
    return this.#change(call)
  }

  async #change(call: RpcCall): Promise<unknown> {
    const { outcomes, session, onChange } = this.#options
    const id = call.kind === 'request' ? call.id : null
    try {
      if (typeof id !== 'string' || id.length > MAX_ID_CHARS) return await this.#invoke(call)
      const once = outcomes.once(session, `${call.method} ${id}`, () => this.#invoke(call))
      return await once
    } finally {
      onChange()
    }
  }

  #subscribe(query: FeedQuery): Done {
    const { node, limits, stream } = this.#options
    const { id } = node.find(query.network)
    this.#feeds.get(id)?.close()
    this.#feeds.delete(id)
    if (this.#feeds.size >= limits.maxFeeds) {
      throw new ParleyError('BUSY', 'This page follows too many networks')
    }
    const send = (frame: string, taken: () => void): void => this.#send(frame, taken)
    this.#feeds.set(id, startFeed({ ...query, network: id }, { node, limits: stream, send }))
    return done
  }

  #unsubscribe(network: string): Done {
    const id = this.#feeds.has(network) ? network : this.#options.node.find(network).id
    this.#feeds.get(id)?.close()
    this.#feeds.delete(id)
    return done
  }
}
