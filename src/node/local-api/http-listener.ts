/** Servers that speak HTTP, for the socket in the data folder and for the page. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'

import { formatAddress, type HostPort } from '../../rpc/address.ts'
import { encodeError } from '../../rpc/codec.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { listenError } from '../../rpc/network-error.ts'

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

export type OnRequest = (request: IncomingMessage, response: ServerResponse) => void
export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Where another protocol is not served. */
const refuseUpgrade: OnUpgrade = (_, socket) => {
  socket.on('error', () => socket.destroy())
  onClientError(new Error('upgrade'), socket)
}

/** Key and certificate as PEM. */
export interface ServerTls {
  readonly key: string
  readonly cert: string
}

const settings = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
  noDelay: true,
} as const

export const makeServer = (
  handle: OnRequest,
  onUpgrade: OnUpgrade = refuseUpgrade,
  tls: ServerTls | null = null,
): Server => {
  const { key, cert } = tls ?? {}
  const server =
    tls === null
      ? createServer(settings, handle)
      : createTlsServer({ ...settings, key, cert, minVersion: 'TLSv1.3' }, handle)
  server.maxConnections = 256
  server.on('clientError', onClientError)
  server.on('upgrade', onUpgrade)
  return server
}

export const listen = (server: Server, where: string | HostPort): Promise<void> =>
  new Promise((resolve, reject) => {
    const name = typeof where === 'string' ? where : formatAddress(where)
    server.once('error', (error) => reject(listenError(error, name)))
    server.listen(typeof where === 'string' ? { path: where } : where, resolve)
  })

/** Time for calls that are under way: a node that stops answers those first. */
const GRACE_MS = 1_500

export const shut = (server: Server): Promise<void> =>
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
