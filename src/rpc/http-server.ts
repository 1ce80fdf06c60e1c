/**
 * Serves a method table over HTTP at `POST /rpc`, and the same frames over a WebSocket at the same
 * path.
 *
 * The port is open to anybody, so nothing that arrives may cost more than a bounded share of memory
 * and time: bodies, headers, idle connections and their number have limits, and what is not
 * understood gets a coded error. Errors of a call are HTTP 200; only what never became a call has a
 * status of its own.
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'

import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'

import { formatAddress, parseAddress, reachableHost } from './address.ts'
import { answerText, type Invoke, type ReportFault } from './answer.ts'
import { BodyReader, type Body } from './body-reader.ts'
import { decodeText, encodeError } from './codec.ts'
import { ParleyError, type ErrorCode } from './errors.ts'
import type { FrameLink, LinkOptions } from './frame-link.ts'
import { doorDefaults, FrontDoor, type DoorCounters, type DoorLimits } from './front-door.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import { LinkAcceptor } from './link-acceptor.ts'
import type { CallContext, MethodTable } from './method-table.ts'
import { listenError } from './network-error.ts'
import { addressKey, RateLimiter, type RateConfig } from './rate-limit.ts'
import type { Pages } from './plain-pages.ts'
import { plainSecurity, type PeerSecurity } from './security.ts'
import type { UnfinishedLimits } from './unfinished-frames.ts'
import { toParleyError } from './wire-error.ts'

export interface RpcServerOptions {
  /** `host:port`; port 0 for a free one, IPv6 in brackets. */
  readonly listen: string
  readonly table: MethodTable
  /** One line that tells a person who opens the address in a browser what this is. */
  readonly about: string
  readonly security?: PeerSecurity
  /** What else is given to whoever asks with GET, without a key. */
  readonly pages?: Pages
  /** Stands around every call over HTTP. */
  readonly meter?: (invoke: Invoke) => Invoke
  /** Takes over an accepted link, at once. Without it a link serves the table. */
  readonly onLink?: (link: FrameLink, context: CallContext) => void
  readonly link?: LinkOptions
  /** Throws a ParleyError (UNAUTHORIZED, REFUSED) to turn a request or link away. */
  readonly authorize?: (request: IncomingMessage) => void
  readonly onFault?: ReportFault | undefined
  /** Open connections, links included, and how fast new ones may come. */
  readonly door?: Partial<DoorLimits>
  /** What links may hold in frames that have not ended. */
  readonly unfinished?: UnfinishedLimits
  /** Calls over HTTP of one key, where there are keys; of one address, from whoever has none. */
  readonly calls?: RateConfig
  readonly strangersCalls?: RateConfig
  /** Requests that are answered at one time. Default 1024. */
  readonly maxRunning?: number
  /** Bytes of all bodies that are in memory at one time. Default 64 MiB. */
  readonly maxTotalBodyBytes?: number
  /** Time for a TLS handshake. Default 5 s. */
  readonly handshakeTimeoutMs?: number
  /** Time for the headers of a request to arrive. Default 10 s. */
  readonly headersTimeoutMs?: number
  /** Time for a whole request to arrive. Default 30 s. */
  readonly requestTimeoutMs?: number
  /** Time for one call to be answered. Default 60 s. */
  readonly callTimeoutMs?: number
}

export interface RpcServer {
  /** The address it listens on, with the actual port. */
  readonly listen: string
  /** Where programs on this machine reach it, without a path. */
  readonly url: string
  /** Links that are open. */
  readonly linkCount: number
  /** Connections that were turned away. */
  readonly counters: Readonly<DoorCounters>
  /** Closes within a second, even with open connections. Idempotent. */
  close(): Promise<void>
}

const GRACE_MS = 400
const JSON_TYPE = 'application/json; charset=utf-8'

const statusOf: Partial<Record<ErrorCode, number>> = {
  TOO_LARGE: 413,
  BUSY: 503,
  UNAUTHORIZED: 401,
  REFUSED: 403,
  INTERNAL: 500,
}

const contextOf = (request: IncomingMessage, security: PeerSecurity): CallContext => ({
  remoteAddress: request.socket.remoteAddress ?? '',
  peerId: security.proof(request.socket)?.id ?? null,
  mustProve: security.isSecure,
  link: null,
})

const sendError = (reply: FastifyReply, status: number, error: ParleyError): FastifyReply =>
  reply.code(status).type(JSON_TYPE).send(encodeError(null, error))

/** Something went wrong before there was a connection that could carry an answer. */
const isUnanswerable = ({ code = '' }: { code?: string }): boolean =>
  code === 'ECONNRESET' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')

/** An answer to bytes that are no HTTP, or came too slowly, written by hand. */
const onClientError = (error: Error & { code?: string }, socket: Duplex): void => {
  if (isUnanswerable(error) || !socket.writable) {
    socket.destroy()
    return
  }
  const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const status = isLate ? '408 Request Timeout' : '400 Bad Request'
  const body = encodeError(null, new ParleyError(isLate ? 'TIMEOUT' : 'INVALID_REQUEST'))
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nConnection: close\r\n`
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => {
    socket.destroy()
  })
}

const makeServer = (
  options: RpcServerOptions,
  handler: (request: IncomingMessage, response: never) => void,
): Server => {
  const { headersTimeoutMs = 10_000, requestTimeoutMs = 30_000 } = options
  // A handshake takes milliseconds; whoever needs longer holds a place for nothing.
  const { handshakeTimeoutMs: handshakeTimeout = 5_000 } = options
  const settings: ServerOptions = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 30_000,
    connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs),
    maxHeaderSize: 16 * 1024,
    noDelay: true,
  }
  const tls = (options.security ?? plainSecurity).serverTls()
  const listener = handler as Parameters<typeof createServer>[1]
  return tls === null
    ? createServer(settings, listener)
    : createTlsServer({ ...tls, handshakeTimeout, ...settings }, listener)
}

/** Calls that a program makes now and then; nodes that talk to each other have links for that. */
const CALLS: RateConfig = { burst: 1_000, perSecond: 100, maxKeys: 20_000 }
const STRANGERS_CALLS: RateConfig = { burst: 200, perSecond: 20, maxKeys: 20_000 }

/** Lets through as many calls as a caller may make, and answers the others with how long to wait. */
const pacer = (options: RpcServerOptions): ((invoke: Invoke, context: CallContext) => Invoke) => {
  const known = new RateLimiter(options.calls ?? CALLS)
  const strangers = new RateLimiter(options.strangersCalls ?? STRANGERS_CALLS)
  return (invoke, { peerId, mustProve = false, remoteAddress }) => {
    if (!mustProve) return invoke
    return (call) => {
      const now = performance.now()
      const retryMs =
        peerId === null ? strangers.take(addressKey(remoteAddress), now) : known.take(peerId, now)
      if (retryMs > 0) throw new ParleyError('RATE_LIMITED', undefined, { data: { retryMs } })
      return invoke(call)
    }
  }
}

const addRoutes = (app: FastifyInstance, options: RpcServerOptions): void => {
  const { table, security = plainSecurity, onFault, maxRunning = 1024 } = options
  const bodies = new BodyReader({
    maxBytes: MAX_FRAME_BYTES,
    maxTotalBytes: options.maxTotalBodyBytes ?? 64 * 1024 * 1024,
  })
  const paced = pacer(options)
  let running = 0
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async (request: { headers: object }, payload: IncomingMessage) => {
    if (running >= maxRunning) throw new ParleyError('BUSY')
    return bodies.read(payload, Number(payload.headers['content-length'] ?? Number.NaN))
  })
  app.addHook('onRequest', async (request) => options.authorize?.(request.raw))
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isOdd = typeof error.statusCode === 'number' && error.statusCode < 500
    const coded = isOdd ? new ParleyError('INVALID_REQUEST') : toParleyError(error)
    if (coded.code === 'INTERNAL') onFault?.(`${request.method} ${request.url}`, error)
    // fastify would close at once, and whoever still sends would not get to read why. What is still
    // to come is dropped as it comes, for as long as a request may take.
    reply.removeHeader('connection')
    return sendError(reply, statusOf[coded.code] ?? 400, coded)
  })
  app.setNotFoundHandler((_, reply) => {
    const hint = 'Calls go to POST /rpc, links to a WebSocket at /rpc.'
    const error = new ParleyError('INVALID_REQUEST', 'Nothing is served here', { hint })
    return sendError(reply, 404, error)
  })
  app.get('/', (_, reply) => reply.type('text/plain; charset=utf-8').send(`${options.about}\n`))
  for (const [path, page] of Object.entries(options.pages ?? {}))
    app.get(path, async (_, reply) => {
      const { status, type, body } = await page()
      return reply.code(status).type(type).send(body)
    })
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const body = request.body as Body | undefined
    running += 1
    try {
      const text = decodeText(body?.bytes ?? new Uint8Array())
      const context = contextOf(request.raw, security)
      const served = table.invokeFor(context)
      const invoke = paced(options.meter?.(served) ?? served, context)
      const limits = { onFault, timeoutMs: options.callTimeoutMs ?? 60_000 }
      const said =
        text instanceof ParleyError
          ? encodeError(null, text)
          : await answerText(text, invoke, limits)
      return await (said === null ? reply.code(204).send() : reply.type(JSON_TYPE).send(said))
    } finally {
      running -= 1
      body?.release()
    }
  }
  app.post('/rpc', answer)
  // An address as it is printed has no path, and may end in a pin, after which none can stand.
  app.post('/', answer)
}

const acceptorFor = (options: RpcServerOptions): LinkAcceptor => {
  const { table, security = plainSecurity } = options
  return new LinkAcceptor({
    security,
    unfinished: options.unfinished,
    ...(options.authorize === undefined ? {} : { authorize: options.authorize }),
    link: { onFault: options.onFault, ...options.link },
    onLink: (link, request) => {
      const context: CallContext = { ...contextOf(request, security), link }
      if (options.onLink === undefined) link.onFrame(table.invokeFor(context))
      else options.onLink(link, context)
    },
  })
}

/**
 * Starts to listen. Rejects with ADDRESS_IN_USE, ADDRESS_UNAVAILABLE or USAGE (no address).
 * Garbage that arrives later is answered or cut off; it never raises anything here.
 */
export const startRpcServer = async (options: RpcServerOptions): Promise<RpcServer> => {
  const { host, port } = parseAddress(options.listen)
  const app = fastify({
    serverFactory: (handler) => makeServer(options, handler),
    clientErrorHandler: onClientError,
    bodyLimit: MAX_FRAME_BYTES,
    frameworkErrors: (_, __, reply) => {
      sendError(reply, 400, new ParleyError('INVALID_REQUEST'))
    },
  })
  addRoutes(app, options)
  const { isSecure } = options.security ?? plainSecurity
  const limits = { ...doorDefaults, ...options.door }
  const door = new FrontDoor({ server: app.server, isSecure, limits })
  const acceptor = acceptorFor(options)
  app.server.on('upgrade', (request, socket, head) => acceptor.onUpgrade(request, socket, head))
  try {
    await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port })
  } catch (error) {
    await app.close()
    throw listenError(error, options.listen)
  }
  const bound = app.server.address()
  const actualPort = typeof bound === 'object' && bound !== null ? bound.port : port
  const close = async (): Promise<void> => {
    acceptor.closeAll()
    const timer = setTimeout(() => door.destroyAll(), GRACE_MS)
    await app.close()
    clearTimeout(timer)
  }
  let closing: Promise<void> | null = null
  const scheme = isSecure ? 'https' : 'http'
  return {
    listen: formatAddress({ host, port: actualPort }),
    url: `${scheme}://${formatAddress({ host: reachableHost(host), port: actualPort })}`,
    get linkCount() {
      return acceptor.count
    },
    counters: door.counters,
    close: () => (closing ??= close()),
  }
}
