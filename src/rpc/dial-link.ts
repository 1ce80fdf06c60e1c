/** Opens a link to a listening node. */
import type { Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

import { WebSocket, type ClientOptions } from 'ws'

import { formatAddress, plainHost, readAddress } from './address.ts'
import { ParleyError } from './errors.ts'
import { FrameLink, type LinkOptions } from './frame-link.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import { networkError } from './network-error.ts'
import { expectAnybody, plainSecurity, type Expectation, type PeerSecurity } from './security.ts'

export interface DialOptions extends LinkOptions {
  /** From the first packet to the accepted WebSocket. Default 5 s. */
  readonly connectTimeoutMs?: number
  readonly security?: PeerSecurity
  /** Who should answer there, if known. */
  readonly expected?: Expectation
  readonly signal?: AbortSignal
}

const linkUrl = (address: string, isSecure: boolean): string => {
  if (readAddress(address) === null) {
    throw new ParleyError('USAGE', `Not an address: ${JSON.stringify(address.slice(0, 80))}`)
  }
  return `${isSecure ? 'wss' : 'ws'}://${address}/rpc`
}

const whyNot = (error: Error, address: string): ParleyError => {
  if (error instanceof ParleyError) return error
  if (error.message === 'Unexpected server response: 401')
    return new ParleyError('UNAUTHORIZED', `${address} asks for a key`, { cause: error })
  return error.message.startsWith('Unexpected server response')
    ? new ParleyError('BAD_ANSWER', `${address} does not take links`, { cause: error })
    : networkError(error, address)
}

/** Connects, and looks who answers before a byte of what this node has to say is sent. */
const secureConnector =
  (security: PeerSecurity, expected: Expectation): NonNullable<ClientOptions['createConnection']> =>
  (options) => {
    const target = options as ConnectionOptions
    const socket = connectTls({ ...target, ...security.clientTls() })
    socket.once('secureConnect', () => {
      try {
        expected(security.proof(socket))
      } catch (thrown) {
        socket.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)))
      }
    })
    return socket
  }

/**
 * Dials `host:port` and resolves to the open link. Rejects with a ParleyError: UNREACHABLE with
 * `data.reason` ('refused', 'reset', 'unresolved', …), TIMEOUT, BAD_ANSWER (something else listens
 * there), WRONG_KEY (somebody else does), INTERRUPTED (by the signal), USAGE (no address).
 */
export const dialLink = async (address: string, options: DialOptions = {}): Promise<FrameLink> => {
  const { security = plainSecurity, connectTimeoutMs = 5_000, signal } = options
  const { expected = expectAnybody } = options
  const url = linkUrl(address, security.isSecure)
  if (signal?.aborted === true) throw new ParleyError('INTERRUPTED')
  const settings: ClientOptions = {
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    followRedirects: false,
    autoPong: false,
    ...(security.isSecure ? { createConnection: secureConnector(security, expected) } : {}),
  }
  const socket = new WebSocket(url, settings)
  let peerId: string | null = null
  let remote = address
  let local: string | undefined
  // Before 'open', so that what proves the peer is read while it is there to be read.
  socket.once('upgrade', ({ socket: raw }: { socket: Socket }) => {
    peerId = security.proof(raw)?.id ?? null
    const { remoteAddress: host, remotePort: port } = raw
    local = plainHost(raw.localAddress)
    if (host !== undefined && port !== undefined) remote = formatAddress({ host, port })
  })
  return new Promise<FrameLink>((resolve, reject) => {
    const fail = (error: ParleyError): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      reject(error)
      socket.terminate()
    }
    const onAbort = (): void => fail(new ParleyError('INTERRUPTED'))
    const timer = setTimeout(() => {
      const data = { address, reason: 'timeout', timeoutMs: connectTimeoutMs }
      fail(new ParleyError('TIMEOUT', `${address} did not answer in time`, { data }))
    }, connectTimeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    // Stays for good: giving up raises one more error, which must not go unheard.
    socket.on('error', (error) => fail(whyNot(error, address)))
    socket.once('open', () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeAllListeners('error')
      resolve(new FrameLink(socket, { address: remote, id: peerId, local }, options))
    })
  })
}
