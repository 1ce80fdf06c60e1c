/** The listening side of links: turns WebSocket upgrades at `/rpc` into `FrameLink`s. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import { WebSocketServer } from 'ws'

import { formatAddress } from './address.ts'
import { FrameLink, type LinkOptions } from './frame-link.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import type { PeerSecurity } from './security.ts'
import { toParleyError } from './wire-error.ts'

export interface AcceptorOptions {
  readonly security: PeerSecurity
  readonly link: LinkOptions
  /** Throws to turn a link away. */
  readonly authorize?: (request: IncomingMessage) => void
  readonly onLink: (link: FrameLink, request: IncomingMessage) => void
}

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

export class LinkAcceptor {
  readonly #options: AcceptorOptions
  readonly #links = new Set<FrameLink>()
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    clientTracking: false,
  })
  #isClosed = false

  constructor(options: AcceptorOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#links.size
  }

  /** Accepts the link or answers with an HTTP error; never throws. */
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    if (this.#isClosed) {
      refuse(socket, '503 Service Unavailable')
      return
    }
    if (request.url !== '/rpc') {
      refuse(socket, '404 Not Found')
      return
    }
    try {
      this.#options.authorize?.(request)
    } catch (thrown) {
      const isUnauthorized = toParleyError(thrown).code === 'UNAUTHORIZED'
      refuse(socket, isUnauthorized ? '401 Unauthorized' : '403 Forbidden')
      return
    }
    this.#server.handleUpgrade(request, socket, head, (accepted) => {
      const { remoteAddress: host = '', remotePort: port = 0 } = request.socket
      const peer = {
        address: formatAddress({ host, port }),
        id: this.#options.security.peerId(request.socket),
      }
      const link = new FrameLink(accepted, peer, this.#options.link)
      this.#links.add(link)
      link.onClose(() => this.#links.delete(link))
      this.#options.onLink(link, request)
    })
  }

  /** Says goodbye on all links and accepts no more. */
  closeAll(): void {
    this.#isClosed = true
    for (const link of this.#links) link.close('shutting down')
  }
}
