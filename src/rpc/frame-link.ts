/**
 * A long-lived JSON-RPC link over a WebSocket, alike at both ends: either may notify and call the
 * other.
 *
 * Sending never blocks and never throws. What the connection cannot take at once waits in a buffer
 * of bounded size; a frame that does not fit is not sent and its sender is told `full`. The link
 * stays: a slow peer is the caller's to deal with (send less, let it pull later), and `onDrain`
 * says when there is room again. A peer from which nothing at all arrives for some seconds is
 * `silent`, and dropped.
 */
import type { RawData, WebSocket } from 'ws'

import type { Invoke, ReportFault } from './answer.ts'
import { encodeNotification, encodeRequest } from './codec.ts'
import { ParleyError } from './errors.ts'
import { bytesOf, FrameInbox } from './frame-inbox.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import { startLiveness, type Liveness } from './liveness.ts'
import { PendingCalls } from './pending-calls.ts'

/** What became of a frame: on its way, no room for it now, or the link is gone. */
export type SendOutcome = 'sent' | 'full' | 'closed'

export type CloseKind =
  /** This end closed it. */
  | 'local'
  /** The other end said goodbye. */
  | 'goodbye'
  /** The connection broke: the other process died, or something between cut it. */
  | 'reset'
  /** Nothing came from the other end for too long. */
  | 'silent'
  /** One end broke the rules: a frame too large, or too many that are not JSON-RPC. */
  | 'abuse'

export interface CloseReason {
  readonly kind: CloseKind
  /** WebSocket close code, RFC 6455 section 7.4. */
  readonly code: number
  readonly text: string
}

export interface LinkOptions {
  /** Bytes that may wait for the connection to take them. Default 1 MiB. */
  readonly maxBufferedBytes?: number
  /** Calls of the other end that may run at once; more are answered with BUSY. Default 64. */
  readonly maxRunning?: number
  /** Own calls that may wait for an answer. Default 256. */
  readonly maxPending?: number
  /** Time for an answer to `call`, unless it says otherwise. Default 10 s. */
  readonly callTimeoutMs?: number
  /** How often the other end is asked for a sign of life; 0 never. Default 5 s. */
  readonly pingEveryMs?: number
  /** So many of these periods in a row without any sign drop it. Default 3. */
  readonly maxSilentPings?: number
  /** Told of handlers that threw something that is not a ParleyError, and of dropped frames. */
  readonly onFault?: ReportFault | undefined
}

/** What a link is told about its other end when it is made. */
export interface LinkPeer {
  /** Address of the other end of the connection, `host:port`. */
  readonly address: string
  /** Its proven node id, or null on a plain connection. */
  readonly id: string | null
  /** The address of this end, where it is known: with it the connection goes. */
  readonly local?: string | undefined
  /** Bytes that have come over the connection so far. */
  readonly bytesRead?: () => number
}

const NORMAL = 1000
const GOING_AWAY = 1001
const ABNORMAL = 1006
const POLICY = 1008
/** Close codes that accuse: protocol error, unsupported data, bad text, policy, too big. */
const accusing: ReadonlySet<number> = new Set([1002, 1003, 1007, POLICY, 1009])
const GOODBYE_MS = 500
/** Who has spent too much is not read from for so long, then looked at again. */
const SHORTEST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 1_000

/** A notification encoded once, to be given to `sendText` of many links. */
export const encodeFrame = (method: string, params: unknown): Buffer =>
  Buffer.from(encodeNotification(method, params))

export class FrameLink {
  readonly peer: LinkPeer
  readonly #socket: WebSocket
  readonly #options: LinkOptions
  readonly #pending: PendingCalls
  readonly #inbox: FrameInbox
  readonly #liveness: Liveness
  readonly #closeHandlers: ((reason: CloseReason) => void)[] = []
  readonly #drainHandlers: (() => void)[] = []
  /** Why it will have closed, as far as this end knows already. */
  #verdict: CloseReason | null = null
  #closed: CloseReason | null = null
  #wasFull = false
  #isPaused = true
  #onCost: ((bytes: number) => number) | null = null
  #heldBack: NodeJS.Timeout | null = null
  #frames = 0
  #bytesAtFrame: number

  /**
   * Takes over an open socket. What arrives waits in the connection until `onFrame`; a `call`
   * before that lets it flow as well, and what the other end calls then finds nobody.
   */
  constructor(socket: WebSocket, peer: LinkPeer, options: LinkOptions = {}) {
    this.peer = peer
    this.#socket = socket
    this.#options = options
    this.#pending = new PendingCalls(options.maxPending ?? 256)
    this.#inbox = new FrameInbox({
      maxRunning: options.maxRunning ?? 64,
      onFault: options.onFault,
      onAnswer: (answer) => this.#pending.settle(answer),
      reply: (text) => this.#reply(text),
      onAbuse: () => this.accuse('too many frames are not JSON-RPC'),
    })
    this.#bytesAtFrame = peer.bytesRead?.() ?? 0
    socket.pause()
    this.#liveness = startLiveness(socket, {
      everyMs: options.pingEveryMs ?? 5_000,
      maxSilent: options.maxSilentPings ?? 3,
      onSilent: () => this.#cut({ kind: 'silent', code: ABNORMAL, text: 'no sign of life' }),
    })
    socket.on('message', (data: RawData) => {
      this.#liveness.sign()
      this.#inbox.onMessage(data)
      this.#charge(bytesOf(data).byteLength)
    })
    socket.on('ping', (data) => this.#onPing(data))
    socket.on('pong', () => this.#onWhole())
    socket.on('error', (error) => this.#onError(error))
    socket.on('close', (code, text) => {
      this.#liveness.stop()
      this.#letFlow()
      this.#onClosed(code, text.toString())
    })
  }

  get isOpen(): boolean {
    return this.#closed === null && this.#socket.readyState === this.#socket.OPEN
  }

  /** Bytes that wait for the connection to take them. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  /** Frames that came whole, pings and their answers included. */
  get frames(): number {
    return this.#frames
  }

  /** Bytes that came after the last whole frame. */
  get unfinishedBytes(): number {
    return Math.max(0, (this.peer.bytesRead?.() ?? 0) - this.#bytesAtFrame)
  }

  /** Since the other end was last heard, answers to pings included. */
  get silentMs(): number {
    return this.#liveness.silentMs()
  }

  /** Asks the other end for a sign of life at once. */
  ask(): void {
    this.#liveness.ask()
  }

  get #maxBuffered(): number {
    return this.#options.maxBufferedBytes ?? MAX_FRAME_BYTES
  }

  /** Sends a notification. Never blocks; throws only if `params` cannot be JSON. */
  send(method: string, params: unknown): SendOutcome {
    return this.sendText(encodeNotification(method, params))
  }

  /**
   * Sends a frame that is encoded already, as text or as its UTF-8 bytes (see `encodeFrame`); at
   * most 1 MiB, or it is `full` for good. Bytes must not be changed afterwards.
   */
  sendText(text: string | Uint8Array): SendOutcome {
    return this.#put(text, this.#maxBuffered)
  }

  /**
   * Calls a method of the other end and resolves to its raw result. Rejects with a ParleyError: the
   * remote's own, TIMEOUT, UNREACHABLE (the link is gone, or went), BUSY (no room here).
   */
  async call(method: string, params: unknown, timeoutMs?: number): Promise<unknown> {
    this.#resume()
    const patienceMs = timeoutMs ?? this.#options.callTimeoutMs ?? 10_000
    const { id, answer } = this.#pending.open(method, patienceMs)
    const outcome = this.sendText(encodeRequest(id, method, params))
    if (outcome === 'full') this.#pending.fail(id, new ParleyError('BUSY', 'The link is full'))
    if (outcome === 'closed') this.#pending.fail(id, this.#goneError())
    return answer
  }

  /**
   * Sets the one handler of what the other end calls, and lets it flow. For a request, what the
   * handler returns, resolves to or throws is the answer; for a notification nothing goes back.
   */
  onFrame(handler: Invoke): void {
    this.#inbox.handler = handler
    this.#resume()
  }

  /**
   * Asks `spend` after every frame for how many ms no more is to be read. What the other end sends
   * meanwhile waits on its side.
   */
  meter(spend: (bytes: number) => number): void {
    this.#onCost = spend
  }

  /** Calls `handler` once with the reason; in a microtask if the link is gone already. */
  onClose(handler: (reason: CloseReason) => void): void {
    const reason = this.#closed
    if (reason === null) this.#closeHandlers.push(handler)
    else queueMicrotask(() => handler(reason))
  }

  /** Calls `handler` whenever, after a `full`, at least half of the buffer is free again. */
  onDrain(handler: () => void): void {
    this.#drainHandlers.push(handler)
  }

  /** Says goodbye; the connection is cut if that is not answered within half a second. Idempotent. */
  close(text = ''): void {
    if (this.#verdict !== null || this.#closed !== null) return
    this.#verdict = { kind: 'local', code: NORMAL, text }
    this.#sayGoodbye(GOING_AWAY, text.slice(0, 40))
  }

  /** Cuts the connection without a goodbye. */
  destroy(): void {
    this.#cut({ kind: 'local', code: ABNORMAL, text: 'cut' })
  }

  #put(text: string | Uint8Array, maxBuffered: number): SendOutcome {
    if (!this.isOpen) return 'closed'
    const bytes = typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength
    if (bytes > MAX_FRAME_BYTES) return 'full'
    const buffered = this.#socket.bufferedAmount
    // Into an empty buffer any frame goes, so that no setting can make one impossible to send.
    if (buffered > 0 && buffered + bytes > maxBuffered) {
      this.#wasFull = true
      return 'full'
    }
    this.#socket.send(text, { binary: false }, () => this.#onWritten())
    return 'sent'
  }

  /** Answers have room for one frame more: what was asked for should not fail for what was not. */
  #reply(text: string): void {
    if (this.#put(text, this.#maxBuffered + MAX_FRAME_BYTES) !== 'full') return
    this.#options.onFault?.('(answer)', new ParleyError('BUSY', 'No room for an answer'))
  }

  /** Whoever asks without reading the answers gets none: they would wait here without end. */
  #onPing(data: Buffer): void {
    this.#liveness.sign()
    if (this.isOpen && this.#socket.bufferedAmount <= this.#maxBuffered) this.#socket.pong(data)
    this.#charge(data.byteLength)
  }

  /** A frame has come whole. */
  #onWhole(): void {
    this.#frames += 1
    this.#bytesAtFrame = this.peer.bytesRead?.() ?? 0
  }

  #charge(bytes: number): void {
    this.#onWhole()
    const waitMs = this.#onCost?.(bytes) ?? 0
    if (waitMs <= 0 || this.#heldBack !== null || !this.isOpen) return
    this.#socket.pause()
    const pauseMs = Math.min(Math.max(waitMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS)
    this.#heldBack = setTimeout(() => this.#letFlow(), pauseMs)
  }

  #letFlow(): void {
    if (this.#heldBack === null) return
    clearTimeout(this.#heldBack)
    this.#heldBack = null
    this.#socket.resume()
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  #onWritten(): void {
    if (!this.#wasFull || !this.isOpen) return
    if (this.#socket.bufferedAmount > this.#maxBuffered / 2) return
    this.#wasFull = false
    for (const handler of this.#drainHandlers) handler()
  }

  #sayGoodbye(code: number, text: string): void {
    // Without reading, the other end's goodbye would never be seen.
    this.#resume()
    this.#letFlow()
    this.#socket.close(code, text)
    const timer = setTimeout(() => this.#socket.terminate(), GOODBYE_MS)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  /** Closes the link because the other end has broken the rules. */
  accuse(text: string): void {
    if (this.#verdict !== null) return
    this.#verdict = { kind: 'abuse', code: POLICY, text }
    this.#sayGoodbye(POLICY, text)
  }

  #cut(reason: CloseReason): void {
    this.#verdict ??= reason
    this.#socket.terminate()
  }

  #onError(error: Error): void {
    // The socket closes after any error; only what it will not say itself is noted here.
    const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
    if (!code.startsWith('WS_ERR_')) return
    this.#verdict ??= { kind: 'abuse', code: ABNORMAL, text: error.message }
  }

  #onClosed(code: number, text: string): void {
    const kind = code === ABNORMAL ? 'reset' : accusing.has(code) ? 'abuse' : 'goodbye'
    const reason = this.#verdict ?? { kind, code, text: text.replace(/\p{Cc}/gu, ' ') }
    this.#closed = reason
    this.#pending.failAll(this.#goneError())
    for (const handler of this.#closeHandlers.splice(0)) handler(reason)
  }

  #goneError(): ParleyError {
    const reason = this.#closed?.kind ?? this.#verdict?.kind ?? 'closing'
    return new ParleyError('UNREACHABLE', 'The link is closed', { data: { reason } })
  }
}
