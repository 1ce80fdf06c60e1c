/** The listening side of links: turns WebSocket upgrades at `/rpc` into `FrameLink`s. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import { WebSocketServer } from 'ws'

import { formatAddress, plainHost } from './address.ts'
import { encodeError } from './codec.ts'
import { ParleyError, type ErrorCode } from './errors.ts'
import { FrameLink, type LinkOptions } from './frame-link.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import { noKeyShown } from './method-table.ts'
import type { PeerSecurity } from './security.ts'
import { UnfinishedFrames, type UnfinishedLimits } from './unfinished-frames.ts'
import { toParleyError } from './wire-error.ts'

export interface AcceptorOptions {
  readonly security: PeerSecurity
  readonly link: LinkOptions
  readonly unfinished?: UnfinishedLimits | undefined
  /** Throws to turn a link away. */
  readonly authorize?: (request: IncomingMessage) => void
  readonly onLink: (link: FrameLink, request: IncomingMessage) => void
}

/** Links of one key at one time: one is in use, others are on their way in or out. */
const MAX_LINKS_PER_KEY = 16
const LOOK_MS = 250

const statusOf: Partial<Record<ErrorCode, string>> = {
  UNAUTHORIZED: '401 Unauthorized',
  METHOD_NOT_FOUND: '404 Not Found',
  RATE_LIMITED: '429 Too Many Requests',
  BUSY: '503 Service Unavailable',
}

const refuse = (socket: Duplex, error: ParleyError): void => {
  const body = encodeError(null, error)
  const head = `HTTP/1.1 ${statusOf[error.code] ?? '403 Forbidden'}\r\nConnection: close\r\n`
  const length = Buffer.byteLength(body)
  socket.end(`${head}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`)
}

export class LinkAcceptor {
  readonly #options: AcceptorOptions
  readonly #links = new Set<FrameLink>()
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    // `FrameLink` does it, within bounds.
    autoPong: false,
    maxPayload: MAX_FRAME_BYTES,
    clientTracking: false,
  })
  readonly #unfinished: UnfinishedFrames
  readonly #looker: NodeJS.Timeout
  readonly #countByKey = new Map<string, number>()
  #isClosed = false

  constructor(options: AcceptorOptions) {
    this.#options = options
    this.#unfinished = new UnfinishedFrames(options.unfinished)
    this.#looker = setInterval(() => {
      this.#unfinished.look(this.#links, performance.now())
    }, LOOK_MS)
    this.#looker.unref()
  }

  get count(): number {
    return this.#links.size
  }

  /** Accepts the link or answers with an HTTP error; never throws. */
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const id = this.#options.security.proof(request.socket)?.id ?? null
    try {
      this.#check(request, id)
    } catch (thrown) {
      refuse(socket, toParleyError(thrown))
      return
    }
    this.#server.handleUpgrade(request, socket, head, (accepted) => {
      const { remoteAddress: host = '', remotePort: port = 0 } = request.socket
      const bytesRead = (): number => request.socket.bytesRead
      const local = plainHost(request.socket.localAddress)
      const peer = { address: formatAddress({ host, port }), id, local, bytesRead }
      const link = new FrameLink(accepted, peer, this.#options.link)
      this.#links.add(link)
      this.#count(id, 1)
      link.onClose(() => {
        this.#links.delete(link)
        this.#count(id, -1)
      })
      this.#options.onLink(link, request)
    })
  }

  /** Throws for a link that is not taken. */
  #check(request: IncomingMessage, id: string | null): void {
    if (this.#isClosed) throw new ParleyError('BUSY', 'This node is stopping')
    if (request.url !== '/rpc') throw new ParleyError('METHOD_NOT_FOUND', 'No links here')
    // A link may hold memory for as long as it likes, so it is for those that can be told apart.
    if (this.#options.security.isSecure && id === null) throw noKeyShown()
    if (id !== null && (this.#countByKey.get(id) ?? 0) >= MAX_LINKS_PER_KEY)
      throw new ParleyError('RATE_LIMITED', 'Too many links of one key')
    this.#options.authorize?.(request)
  }

  #count(id: string | null, change: number): void {
    if (id === null) return
    const count = (this.#countByKey.get(id) ?? 0) + change
    if (count > 0) this.#countByKey.set(id, count)
    else this.#countByKey.delete(id)
  }

  /** Says goodbye on all links and accepts no more. */
  closeAll(): void {
    this.#isClosed = true
    clearInterval(this.#looker)
    for (const link of this.#links) link.close('shutting down')
  }
}
