/** Opens a link to a listening node. */
import type { Socket } from 'node:net'

import { WebSocket, type ClientOptions } from 'ws'

import { formatAddress, readAddress } from './address.ts'
import { ParleyError } from './errors.ts'
import { FrameLink, type LinkOptions } from './frame-link.ts'
import { MAX_FRAME_BYTES } from './limits.ts'
import { networkError } from './network-error.ts'
import { plainSecurity, type PeerSecurity } from './security.ts'

export interface DialOptions extends LinkOptions {
  /** From the first packet to the accepted WebSocket. Default 5 s. */
  readonly connectTimeoutMs?: number
  readonly security?: PeerSecurity
  /** The node that should answer there, if known. */
  readonly expectedId?: string | null
  readonly signal?: AbortSignal
}

const linkUrl = (address: string, isSecure: boolean): string => {
  if (readAddress(address) === null) {
    throw new ParleyError('USAGE', `Not an address: ${JSON.stringify(address.slice(0, 80))}`)
  }
  return `${isSecure ? 'wss' : 'ws'}://${address}/rpc`
}

const whyNot = (error: Error, address: string): ParleyError =>
  error.message.startsWith('Unexpected server response')
    ? new ParleyError('BAD_ANSWER', `${address} does not take links`, { cause: error })
    : networkError(error, address)

/**
 * Dials `host:port` and resolves to the open link. Rejects with a ParleyError: UNREACHABLE with
 * `data.reason` ('refused', 'reset', 'unresolved', …), TIMEOUT, BAD_ANSWER (something else listens
 * there), INTERRUPTED (by the signal), USAGE (no address).
 */
export const dialLink = async (address: string, options: DialOptions = {}): Promise<FrameLink> => {
  const { security = plainSecurity, connectTimeoutMs = 5_000, signal } = options
  const tls = security.clientTls(options.expectedId ?? null)
  const url = linkUrl(address, tls !== null)
  if (signal?.aborted === true) throw new ParleyError('INTERRUPTED')
  const settings: ClientOptions = {
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    followRedirects: false,
    // ws hands these to tls.connect as they are, whatever its own types say.
    ...(tls as ClientOptions | null),
  }
  const socket = new WebSocket(url, settings)
  let peerId: string | null = null
  let remote = address
  // Before 'open', so that what proves the peer is read while it is there to be read.
  socket.once('upgrade', ({ socket: raw }: { socket: Socket }) => {
    peerId = security.peerId(raw)
    const { remoteAddress: host, remotePort: port } = raw
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
      resolve(new FrameLink(socket, { address: remote, id: peerId }, options))
    })
  })
}
