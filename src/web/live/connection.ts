/**
 * The one WebSocket to the node: calls and their answers, notifications, and coming back after it
 * was lost. Calls that were not answered are repeated with their ids, which the node carries out
 * once, so that nothing is lost or done twice.
 */
import type { Caller } from '../../chat/chat.ts'
import type { LocalMethod, LocalMethods } from '../../node/local-api/types.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { isWireError, wireToError } from '../../rpc/wire-error.ts'

export type LinkState = 'connecting' | 'open' | 'lost' | 'signed-out'

/** What of a WebSocket is used. */
export type Socket = Pick<WebSocket, 'addEventListener' | 'readyState' | 'send' | 'close'>

export interface ConnectionOptions {
  readonly connect: () => Socket
  /** Whether the node still knows this browser; rejects if it cannot be asked. */
  readonly isSignedIn: () => Promise<boolean>
  /** Unlike that of any other page. */
  readonly pageId: string
  readonly onState: (state: LinkState) => void
  readonly onNote: (method: string, params: unknown) => void
}

interface Waiting {
  readonly frame: string
  /** Belongs to this very socket: not repeated. */
  readonly isPassing: boolean
  readonly resolve: (result: unknown) => void
  readonly reject: (error: ParleyError) => void
  readonly timer: ReturnType<typeof setTimeout> | null
}

/** `WebSocket.OPEN`. */
const OPEN = 1
const CALL_TIMEOUT_MS = 15_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000
const MAX_WAITING = 2_000

const lost = (): ParleyError => new ParleyError('NO_NODE', 'The connection to the node was lost')

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

export class Connection implements Caller {
  readonly #options: ConnectionOptions
  readonly #waiting = new Map<string, Waiting>()
  #socket: Socket | null = null
  #state: LinkState = 'connecting'
  #retry: ReturnType<typeof setTimeout> | null = null
  #pauseMs = FIRST_PAUSE_MS
  #lastId = 0
  #isClosed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get state(): LinkState {
    return this.#state
  }

  /** Connects now, also if it would have waited a while longer. */
  open(): void {
    if (this.#isClosed || this.#socket !== null || this.#state === 'signed-out') return
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = null
    const socket = this.#options.connect()
    this.#socket = socket
    socket.addEventListener('open', () => this.#onOpen(socket))
    socket.addEventListener('close', () => void this.#onClose(socket))
    socket.addEventListener('message', ({ data }) => this.#onFrame(data))
  }

  close(): void {
    this.#isClosed = true
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#socket?.close()
    for (const { timer, reject } of this.#waiting.values()) {
      if (timer !== null) clearTimeout(timer)
      reject(new ParleyError('INTERRUPTED'))
    }
    this.#waiting.clear()
  }

  async call<M extends LocalMethod>(
    method: M,
    params: LocalMethods[M]['params'],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<LocalMethods[M]['result']> {
    // Whoever has written something waits as long as it takes: it goes out once there is a node.
    const timeoutMs = method === 'send' ? null : (options.timeoutMs ?? CALL_TIMEOUT_MS)
    const result = await this.#ask(method, params, timeoutMs, false)
    return result as LocalMethods[M]['result']
  }

  /** Asks for something that ends with this socket, such as lines of a network. */
  async askPassing(method: 'subscribe' | 'unsubscribe', params: object): Promise<void> {
    await this.#ask(method, params, CALL_TIMEOUT_MS, true)
  }

  async #ask(
    method: string,
    params: object,
    timeoutMs: number | null,
    isPassing: boolean,
  ): Promise<unknown> {
    if (this.#waiting.size >= MAX_WAITING) throw new ParleyError('BUSY')
    if (this.#state === 'signed-out') throw new ParleyError('UNAUTHORIZED', 'No longer signed in')
    if (isPassing && this.#state !== 'open') throw lost()
    this.#lastId += 1
    const id = `${this.#options.pageId}:${this.#lastId}`
    const frame = JSON.stringify({ jsonrpc: '2.0', id, method, params })
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const onTimeout = (): void => {
      this.#waiting.delete(id)
      reject(new ParleyError('TIMEOUT', 'The node did not answer in time'))
    }
    const timer = timeoutMs === null ? null : setTimeout(onTimeout, timeoutMs)
    this.#waiting.set(id, { frame, isPassing, resolve, reject, timer })
    // One that is closing takes nothing more; the call goes out with the next.
    if (this.#state === 'open' && this.#socket?.readyState === OPEN) this.#socket.send(frame)
    return promise
  }

  #become(state: LinkState): void {
    if (this.#state === state) return
    this.#state = state
    this.#options.onState(state)
  }

  #onOpen(socket: Socket): void {
    this.#pauseMs = FIRST_PAUSE_MS
    for (const { frame } of this.#waiting.values()) socket.send(frame)
    this.#become('open')
  }

  async #onClose(socket: Socket): Promise<void> {
    if (this.#socket !== socket) return
    this.#socket = null
    if (this.#isClosed) return
    for (const [id, { isPassing, reject, timer }] of this.#waiting) {
      if (!isPassing) continue
      this.#waiting.delete(id)
      if (timer !== null) clearTimeout(timer)
      reject(lost())
    }
    this.#become('lost')
    this.#retry = setTimeout(() => this.open(), this.#pauseMs)
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
    try {
      if (await this.#options.isSignedIn()) return
    } catch {
      // The node cannot be asked at all: it may come back.
      return
    }
    this.#signOut()
  }

  #signOut(): void {
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#become('signed-out')
  }

  #onFrame(data: unknown): void {
    if (typeof data !== 'string') return
    const frame: unknown = JSON.parse(data)
    if (!isRecord(frame)) return
    const { id, method, params, result, error } = frame
    if (typeof method === 'string') {
      this.#options.onNote(method, params)
      return
    }
    const waiting = typeof id === 'string' ? this.#waiting.get(id) : undefined
    if (typeof id !== 'string' || waiting === undefined) return
    this.#waiting.delete(id)
    if (waiting.timer !== null) clearTimeout(waiting.timer)
    if (error === undefined) waiting.resolve(result)
    else if (isWireError(error)) waiting.reject(wireToError(error))
    else waiting.reject(new ParleyError('BAD_ANSWER'))
  }
}
