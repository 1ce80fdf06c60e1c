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
import { newToken } from './access.ts'
import { localHandler } from './http-handler.ts'
import { isRunning, readInfo, removeInfo, writeInfo } from './info-file.ts'
import type { StreamLimits } from './message-stream.ts'
import { localTable } from './serve.ts'
import type { NodeInfo } from './types.ts'

export interface LocalApiOptions {
  readonly node: ChatNodeApi
  /** Of this node alone; exists already. */
  readonly dataDir: string
  /** Loopback `host:port` for the browser. Default 127.0.0.1:0. */
  readonly web?: string
  readonly stream?: StreamLimits
  /** Told of faults of ours. */
  readonly onFault?: (what: string, thrown: unknown) => void
}

export interface LocalApi {
  /** What commands find in the data folder. */
  readonly info: NodeInfo
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

const makeServer = (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Server => {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 30_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16 * 1024,
    },
    handle,
  )
  server.maxConnections = 256
  server.on('clientError', onClientError)
  // Whoever wants another protocol is not served here.
  server.on('upgrade', (_, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    onClientError(new Error('upgrade'), socket)
  })
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
 * Starts the local API of `node` and writes `node.json`. Rejects with ADDRESS_IN_USE,
 * ADDRESS_UNAVAILABLE, USAGE (an address that is not loopback).
 */
export const startLocalApi = async (options: LocalApiOptions): Promise<LocalApi> => {
  const { node, dataDir, onFault } = options
  const wanted = loopbackAddress(options.web ?? '127.0.0.1:0')
  clearRemains(dataDir)
  const token = newToken()
  const { handle, endStreams } = localHandler({
    node,
    table: localTable(node),
    token,
    ...(options.stream === undefined ? {} : { stream: options.stream }),
    ...(onFault === undefined ? {} : { onFault }),
  })
  const socket = socketPath(dataDir)
  rmSync(socket, { force: true })
  let port = 0
  const web = makeServer((request, response) => handle(request, response, port))
  const local = makeServer((request, response) => handle(request, response, null))
  const closeServers = async (): Promise<void> => {
    endStreams()
    await Promise.all([shut(web), shut(local)])
    removeSocket(socket)
  }
  try {
    await listen(web, wanted)
    const bound = web.address()
    port = typeof bound === 'object' && bound !== null ? bound.port : wanted.port
    await listen(local, socket)
    chmodSync(socket, 0o600)
    const address = formatAddress({ host: wanted.host, port })
    const info: NodeInfo = { pid: process.pid, socket, web: `http://${address}/`, token }
    writeInfo(dataDir, info)
    const close = async (): Promise<void> => {
      removeInfo(dataDir, info)
      await closeServers()
    }
    let closing: Promise<void> | null = null
    return { info, close: () => (closing ??= close()) }
  } catch (error) {
    await closeServers()
    throw error
  }
}
