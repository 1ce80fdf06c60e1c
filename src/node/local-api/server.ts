/**
 * The local API of a running node: JSON-RPC and a stream of messages, for the command line over a
 * Unix socket in the data folder, and for the page in the browser over a loopback port.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'

import { formatAddress, parseAddress } from '../../rpc/address.ts'
import { encodeError } from '../../rpc/codec.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { listenError } from '../../rpc/network-error.ts'
import type { ChatNodeApi } from '../api.ts'
import { loopbackSite, newToken, originOf, type WebSite } from './access.ts'
import { localHandler } from './http-handler.ts'
import { isRunning, readInfo, removeInfo, writeInfo } from './info-file.ts'
import type { StreamLimits } from './message-stream.ts'
import { localTable } from './serve.ts'
import type { NodeInfo } from './types.ts'
import type { LiveLimits } from './web/live-connection.ts'
import { LiveServer } from './web/live-server.ts'
import { builtPage, PageFiles } from './web/page-files.ts'
import { WebSessions } from './web/sessions.ts'
import { WebFace } from './web/web-face.ts'
import { addWebLink } from './web/web-link.ts'

export interface LocalApiOptions {
  readonly node: ChatNodeApi
  /** Of this node alone; exists already. */
  readonly dataDir: string
  /** Loopback `host:port` for the browser. Default: 127.0.0.1, the port from last time or any. */
  readonly web?: string
  /** Folder of the built page. Default: beside the compiled program. */
  readonly pageFolder?: string
  readonly stream?: StreamLimits
  readonly live?: Partial<LiveLimits>
  /** Told of faults of ours. */
  readonly onFault?: (what: string, thrown: unknown) => void
}

export interface LocalApi {
  /** What commands find in the data folder. */
  readonly info: NodeInfo
  /** A link that signs one browser in, once, within ten minutes. */
  webLink(): string
  /** Takes no more calls; those under way have a moment to end. Idempotent. */
  close(): Promise<void>
}

/** An address of a Unix socket holds 107 bytes; some systems have less. */
const MAX_SOCKET_PATH_BYTES = 100
const SOCKET_FOLDER = 'parley-socket-'
/** Time for calls that are under way: a node that stops answers those first. */
const GRACE_MS = 1_500
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** In the data folder, or in a private folder of its own where that path is too long. */
const socketPath = (dataDir: string): string => {
  const path = join(dataDir, 'local.sock')
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path
  // `mkdtemp` makes folders that only their owner can enter.
  return join(mkdtempSync(join(tmpdir(), SOCKET_FOLDER)), 'local.sock')
}

const removeSocket = (path: string): void => {
  const folder = dirname(path)
  const isOurs = basename(folder).startsWith(SOCKET_FOLDER) && dirname(folder) === tmpdir()
  rmSync(isOurs ? folder : path, { recursive: isOurs, force: true })
}

/** What a node that was killed left behind. */
const clearRemains = (dataDir: string): void => {
  const old = readInfo(dataDir)
  if (old === null) return
  if (old.pid !== process.pid && isRunning(old.pid) && existsSync(old.socket)) return
  removeSocket(old.socket)
}

const onClientError = (error: Error & { code?: string }, socket: Duplex): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const body = encodeError(null, new ParleyError('INVALID_REQUEST'))
  const head = 'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n'
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => {
    socket.destroy()
  })
}

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Where another protocol is not served. */
const refuseUpgrade: OnUpgrade = (_, socket) => {
  socket.on('error', () => socket.destroy())
  onClientError(new Error('upgrade'), socket)
}

const makeServer = (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  onUpgrade: OnUpgrade = refuseUpgrade,
): Server => {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 30_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16 * 1024,
      noDelay: true,
    },
    handle,
  )
  server.maxConnections = 256
  server.on('clientError', onClientError)
  server.on('upgrade', onUpgrade)
  return server
}

const listen = (server: Server, where: string | { host: string; port: number }): Promise<void> =>
  new Promise((resolve, reject) => {
    const name = typeof where === 'string' ? where : formatAddress(where)
    server.once('error', (error) => reject(listenError(error, name)))
    server.listen(typeof where === 'string' ? { path: where } : where, resolve)
  })

const shut = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    if (!server.listening) {
      resolve()
      return
    }
    const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })

/** Throws USAGE for an address that others could reach. */
const loopbackAddress = (text: string): { host: string; port: number } => {
  const address = parseAddress(text)
  if (LOOPBACK.has(address.host)) {
    return { ...address, host: address.host === '::1' ? '::1' : '127.0.0.1' }
  }
  throw new ParleyError('USAGE', `${text} is not an address of this machine alone`, {
    hint: 'The local API listens on 127.0.0.1 only: write 127.0.0.1:port.',
  })
}

/**
 * Listens where it was told to; where nobody said, on the port from last time, under which browsers
 * have their session, or on any if that is taken.
 */
const listenForPage = async (
  server: Server,
  web: string | undefined,
  lastPort: number | null,
): Promise<WebSite> => {
  const wanted = loopbackAddress(web ?? '127.0.0.1:0')
  const port = web === undefined ? (lastPort ?? 0) : wanted.port
  try {
    await listen(server, { ...wanted, port })
  } catch (error) {
    if (web !== undefined || port === 0) throw error
    await listen(server, wanted)
  }
  const bound = server.address()
  const actual = typeof bound === 'object' && bound !== null ? bound.port : wanted.port
  return loopbackSite(formatAddress({ host: wanted.host, port: actual }), actual)
}

/**
 * Starts the local API of `node` and writes `node.json`. Rejects with ADDRESS_IN_USE,
 * ADDRESS_UNAVAILABLE, USAGE (an address that is not loopback).
 */
export const startLocalApi = async (options: LocalApiOptions): Promise<LocalApi> => {
  const { node, dataDir, onFault, live: limits, stream } = options
  clearRemains(dataDir)
  const token = newToken()
  const sessions = new WebSessions({
    path: join(dataDir, 'web.json'),
    ...(onFault === undefined ? {} : { onFault }),
  })
  const live = new LiveServer({ node, table: localTable(node), sessions, limits, stream, onFault })
  const webLink = (): string => `${originOf(site)}/#ticket=${sessions.newTicket()}`
  const { handle, endStreams } = localHandler({
    node,
    table: addWebLink(localTable(node), webLink),
    token,
    sessions,
    face: new WebFace({
      nodeName: node.name,
      files: new PageFiles(options.pageFolder ?? builtPage()),
      sessions,
    }),
    ...(stream === undefined ? {} : { stream }),
    ...(onFault === undefined ? {} : { onFault }),
  })
  const socket = socketPath(dataDir)
  rmSync(socket, { force: true })
  let site = loopbackSite('127.0.0.1:0', 0)
  const web = makeServer(
    (request, response) => handle(request, response, site),
    (request, duplex, head) => live.onUpgrade(request, duplex, head, site),
  )
  const local = makeServer((request, response) => handle(request, response, null))
  const closeServers = async (): Promise<void> => {
    endStreams()
    live.closeAll()
    await Promise.all([shut(web), shut(local)])
    removeSocket(socket)
  }
  try {
    site = await listenForPage(web, options.web, sessions.port)
    sessions.notePort(site.port)
    await listen(local, socket)
    chmodSync(socket, 0o600)
    const info: NodeInfo = { pid: process.pid, socket, web: `${originOf(site)}/`, token }
    writeInfo(dataDir, info)
    const close = async (): Promise<void> => {
      removeInfo(dataDir, info)
      await closeServers()
    }
    let closing: Promise<void> | null = null
    return { info, webLink, close: () => (closing ??= close()) }
  } catch (error) {
    await closeServers()
    throw error
  }
}
