/**
 * The port itself, in front of HTTP: decides about each connection before anything of it is
 * understood. So many at one time, of one address and in all; so many new ones a second, since a
 * handshake costs more than asking for one; and on a port that speaks TLS, whoever speaks plainly
 * is told so in words instead of in silence.
 */
import type { Server, Socket } from 'node:net'

import { encodeError } from './codec.ts'
import { ParleyError } from './errors.ts'
import { addressKey, RateLimiter } from './rate-limit.ts'

export interface DoorLimits {
  /** Open connections. */
  readonly maxConnections: number
  /** Of one address: a room behind one router is one address, and so is this machine. */
  readonly maxPerAddress: number
  /** New connections of one address: this many at once, */
  readonly burst: number
  /** and this many a second. */
  readonly perSecond: number
  /** Time for the first byte on a port that speaks TLS. */
  readonly firstByteMs: number
}

export const doorDefaults: DoorLimits = {
  maxConnections: 4_096,
  maxPerAddress: 1_024,
  burst: 500,
  perSecond: 100,
  firstByteMs: 5_000,
}

/** Connections that were turned away, since the beginning. */
export interface DoorCounters {
  /** There were too many. */
  crowded: number
  /** They came too fast. */
  hurried: number
  /** They did not speak TLS. */
  plain: number
  /** They said nothing in time. */
  mute: number
  /** The handshake failed: an old version, a broken certificate, garbage. */
  handshake: number
}

export interface DoorOptions {
  /** Where connections arrive; what listened to them so far is given those that may come in. */
  readonly server: Server
  readonly isSecure: boolean
  readonly limits: DoorLimits
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

/** First byte of a TLS record that opens a handshake (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 0x16
/** Addresses whose pace is remembered. */
const MAX_KEYS = 20_000

const plainAnswer = (): string => {
  const body = encodeError(null, new ParleyError('TLS_REQUIRED'))
  const head = 'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n'
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export class FrontDoor {
  readonly counters: DoorCounters = { crowded: 0, hurried: 0, plain: 0, mute: 0, handshake: 0 }
  readonly #options: DoorOptions
  readonly #inner: readonly ReturnType<Server['listeners']>[number][]
  readonly #pace: RateLimiter
  readonly #now: () => number
  readonly #countByAddress = new Map<string, number>()
  readonly #sockets = new Set<Socket>()

  constructor(options: DoorOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    const { server, limits } = options
    const { burst, perSecond } = limits
    this.#pace = new RateLimiter({ burst, perSecond, maxKeys: MAX_KEYS })
    this.#inner = server.listeners('connection')
    server.removeAllListeners('connection')
    server.on('connection', (socket) => this.#onConnection(socket))
    server.on('drop', () => (this.counters.crowded += 1))
    server.on('tlsClientError', () => (this.counters.handshake += 1))
    server.maxConnections = limits.maxConnections
  }

  /** Connections that are open. */
  get count(): number {
    return this.#sockets.size
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #onConnection(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    const address = addressKey(socket.remoteAddress ?? '')
    const count = this.#countByAddress.get(address) ?? 0
    if (count >= this.#options.limits.maxPerAddress) {
      this.counters.crowded += 1
      socket.destroy()
      return
    }
    if (this.#pace.take(address, this.#now()) > 0) {
      this.counters.hurried += 1
      socket.destroy()
      return
    }
    this.#countByAddress.set(address, count + 1)
    this.#sockets.add(socket)
    socket.once('close', () => this.#onClosed(socket, address))
    if (this.#options.isSecure) this.#lookAtFirstByte(socket)
    else this.#admit(socket)
  }

  #admit(socket: Socket): void {
    for (const listener of this.#inner) listener.call(this.#options.server, socket)
  }

  #onClosed(socket: Socket, address: string): void {
    this.#sockets.delete(socket)
    const left = (this.#countByAddress.get(address) ?? 1) - 1
    if (left > 0) this.#countByAddress.set(address, left)
    else this.#countByAddress.delete(address)
  }

  #lookAtFirstByte(socket: Socket): void {
    const timer = setTimeout(() => {
      this.counters.mute += 1
      socket.destroy()
    }, this.#options.limits.firstByteMs)
    socket.once('close', () => clearTimeout(timer))
    socket.once('readable', () => {
      clearTimeout(timer)
      const bytes: unknown = socket.read()
      if (!(bytes instanceof Uint8Array)) {
        socket.destroy()
        return
      }
      if (bytes[0] === TLS_HANDSHAKE) {
        socket.unshift(bytes)
        this.#admit(socket)
        return
      }
      this.counters.plain += 1
      this.#explain(socket)
    })
  }

  /** What is still to come is dropped as it comes: else the answer would be lost with it. */
  #explain(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), this.#options.limits.firstByteMs)
    socket.once('close', () => clearTimeout(timer))
    socket.resume()
    socket.end(plainAnswer())
  }
}
