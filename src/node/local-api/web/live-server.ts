/** The WebSocket at `/live`: who may open it, and news of the node's state for all that did. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import { WebSocketServer } from 'ws'

import type { ReportFault } from '../../../rpc/answer.ts'
import { ParleyError } from '../../../rpc/errors.ts'
import { MAX_FRAME_BYTES } from '../../../rpc/limits.ts'
import type { MethodTable } from '../../../rpc/method-table.ts'
import { toParleyError } from '../../../rpc/wire-error.ts'
import type { ChatNodeApi } from '../../api.ts'
import { checkSocketOrigin, type WebSite } from '../access.ts'
import { streamLimits, type StreamLimits } from '../message-stream.ts'
import { cookieOf } from './cookies.ts'
import { httpStatusOf } from './http-status.ts'
import { LiveConnection, liveLimits, SIGNED_OUT, type LiveLimits } from './live-connection.ts'
import { Outcomes } from './outcomes.ts'
import type { SessionId, WebSessions } from './sessions.ts'

export interface LiveServerOptions {
  readonly node: ChatNodeApi
  readonly table: MethodTable
  readonly sessions: WebSessions
  readonly limits?: Partial<LiveLimits> | undefined
  readonly stream?: StreamLimits | undefined
  readonly onFault?: ReportFault | undefined
}

/** How often things are looked at that change without an event. */
const LOOK_EVERY_MS = 1_000

const refuse = (socket: Duplex, error: ParleyError): void => {
  const body = JSON.stringify({ error })
  const head = `HTTP/1.1 ${httpStatusOf(error)} Refused\r\nConnection: close\r\n`
  const length = Buffer.byteLength(body)
  socket.end(`${head}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`)
}

export class LiveServer {
  readonly #options: LiveServerOptions
  readonly #limits: LiveLimits
  readonly #outcomes = new Outcomes()
  readonly #connections = new Set<LiveConnection>()
  /** Listens to the node and looks now and then, as long as there is a page to tell. */
  #stopWatching: (() => void) | null = null
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    clientTracking: false,
  })
  #soon: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(options: LiveServerOptions) {
    this.#options = options
    this.#limits = { ...liveLimits, ...options.limits }
    options.sessions.onEnd((session) => this.#signOut(session))
  }

  get count(): number {
    return this.#connections.size
  }

  /** Accepts the socket or answers with an HTTP error; never throws. */
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, site: WebSite): void {
    socket.on('error', () => socket.destroy())
    let session: SessionId
    try {
      session = this.#check(request, site)
    } catch (thrown) {
      refuse(socket, toParleyError(thrown))
      return
    }
    this.#server.handleUpgrade(request, socket, head, (accepted) => {
      const { node, table, stream = streamLimits, onFault } = this.#options
      const connection = new LiveConnection(accepted, {
        node,
        table,
        session,
        outcomes: this.#outcomes,
        limits: this.#limits,
        stream,
        onFault,
        onChange: () => this.#tellSoon(),
      })
      this.#connections.add(connection)
      this.#stopWatching ??= this.#watch()
      accepted.once('close', () => this.#onClosed(connection))
      connection.tell(JSON.stringify(node.status()))
    })
  }

  closeAll(): void {
    this.#isClosed = true
    this.#stopWatching?.()
    for (const connection of this.#connections) connection.goodbye()
  }

  #watch(): () => void {
    const unsubscribe = this.#options.node.subscribe(() => this.#tellSoon())
    const looker = setInterval(() => this.#tell(), LOOK_EVERY_MS)
    looker.unref()
    return () => {
      unsubscribe()
      clearInterval(looker)
      if (this.#soon !== null) clearTimeout(this.#soon)
      this.#soon = null
    }
  }

  #onClosed(connection: LiveConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size > 0) return
    this.#stopWatching?.()
    this.#stopWatching = null
  }

  #check(request: IncomingMessage, site: WebSite): SessionId {
    checkSocketOrigin(request, site)
    if (this.#isClosed) throw new ParleyError('BUSY', 'This node is stopping')
    if (request.url !== '/live') throw new ParleyError('METHOD_NOT_FOUND', 'No socket there')
    const session = this.#options.sessions.check(cookieOf(request, site))
    const own = [...this.#connections].filter((one) => one.session === session).length
    const { maxConnections, maxPerSession } = this.#limits
    if (this.#connections.size >= maxConnections || own >= maxPerSession) {
      throw new ParleyError('BUSY', 'Too many pages are open', { hint: 'Close one of them.' })
    }
    return session
  }

  #signOut(session: SessionId): void {
    this.#outcomes.forget(session)
    for (const connection of this.#connections) {
      if (connection.session === session) connection.close(SIGNED_OUT, 'signed out')
    }
  }

  #tellSoon(): void {
    if (this.#connections.size === 0 || this.#isClosed) return
    this.#soon ??= setTimeout(() => {
      this.#soon = null
      this.#tell()
    }, this.#limits.statusEveryMs)
  }

  #tell(): void {
    if (this.#connections.size === 0) return
    const status = JSON.stringify(this.#options.node.status())
    for (const connection of this.#connections) connection.tell(status)
  }
}
