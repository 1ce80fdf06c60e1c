/** The port of the page. */
import type { Server } from 'node:http'

import { parseAddress, type HostPort } from '../../../rpc/address.ts'
import { FrontDoor } from '../../../rpc/front-door.ts'
import { originOf, type WebSite } from '../access.ts'
import { listen, makeServer, shut, type OnRequest, type OnUpgrade } from '../http-listener.ts'
import { checkExposure, isLoopback, onlyHere, siteOf, tlsOf, type WebExposure } from './exposure.ts'
import type { WebSessions } from './sessions.ts'
import type { WebLink } from './web-link.ts'

export interface WebListenerOptions {
  readonly dataDir: string
  readonly sessions: WebSessions
  /** Undefined where nobody said. */
  readonly web: string | undefined
  readonly exposure: WebExposure | undefined
}

const ANY_PORT: HostPort = { host: '127.0.0.1', port: 0 }

/** For a page that anybody may knock at. */
const DOOR = {
  maxConnections: 512,
  maxPerAddress: 64,
  burst: 100,
  perSecond: 20,
  firstByteMs: 5_000,
} as const

const GRACE_MS = 700

const asBound = ({ host, port }: HostPort): HostPort => ({
  host: host === 'localhost' ? '127.0.0.1' : host,
  port,
})

export class WebListener {
  readonly #options: WebListenerOptions
  readonly #exposure: WebExposure
  readonly #wanted: HostPort
  #server: Server | null = null
  #door: FrontDoor | null = null
  #fingerprint: string | null = null
  #site: WebSite

  /** Throws USAGE for an address that is none. */
  constructor(options: WebListenerOptions) {
    this.#options = options
    this.#exposure = options.exposure ?? onlyHere
    this.#wanted = options.web === undefined ? ANY_PORT : parseAddress(options.web)
    this.#site = siteOf(this.#wanted, this.#exposure, this.#wanted.port)
  }

  get site(): WebSite {
    return this.#site
  }

  /** Rejects as `startLocalApi` does. */
  async open(onRequest: OnRequest, onUpgrade: OnUpgrade): Promise<void> {
    const { dataDir, sessions } = this.#options
    checkExposure(this.#wanted, this.#exposure, dataDir)
    const isLocal = isLoopback(this.#wanted)
    const tls = isLocal ? null : tlsOf(this.#wanted, this.#exposure, dataDir, Date.now())
    this.#fingerprint = tls?.isOwn === true ? tls.fingerprint : null
    this.#server = makeServer(onRequest, onUpgrade, tls)
    if (!isLocal) {
      this.#door = new FrontDoor({ server: this.#server, isSecure: true, limits: DOOR })
    }
    await this.#listen(this.#server)
    const bound = this.#server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : this.#wanted.port
    this.#site = siteOf(this.#wanted, this.#exposure, port)
    sessions.notePort(port)
  }

  /** A link that signs one browser in. */
  link(): WebLink {
    const link = `${originOf(this.#site)}/#ticket=${this.#options.sessions.newTicket()}`
    return { link, fingerprint: this.#fingerprint }
  }

  async close(): Promise<void> {
    if (this.#server === null) return
    // Whoever has not even begun to speak HTTP holds a connection too.
    const timer = setTimeout(() => this.#door?.destroyAll(), GRACE_MS)
    await shut(this.#server)
    clearTimeout(timer)
  }

  /**
   * Where nobody said: on the port from last time, under which browsers have their session, or on
   * any if that is taken.
   */
  async #listen(server: Server): Promise<void> {
    const { web, sessions } = this.#options
    const { host, port } = asBound(this.#wanted)
    if (web !== undefined || sessions.port === null) {
      await listen(server, { host, port })
      return
    }
    try {
      await listen(server, { host, port: sessions.port })
    } catch {
      await listen(server, { host, port })
    }
  }
}
