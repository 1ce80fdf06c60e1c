/**
 * The one seam for identity and encryption. Everything that opens or accepts a connection asks a
 * `PeerSecurity` for its TLS options and for the node id that the other end has proven.
 */
import type { Duplex } from 'node:stream'
import type { ConnectionOptions, TlsOptions } from 'node:tls'

export interface PeerSecurity {
  /** Options of the listening side, or null to speak plainly. */
  serverTls(): TlsOptions | null
  /**
   * Options of the dialling side, or null to speak plainly. `expectedId` is the node that should
   * answer there, if that is known: another one must be refused.
   */
  clientTls(expectedId: string | null): ConnectionOptions | null
  /**
   * The node id that the other end of an open connection has proven, or null if it proved none.
   * Asked once, as soon as the connection stands; whoever asks keeps the answer.
   */
  peerId(socket: Duplex): string | null
}

/** No encryption, and nobody proves who they are. */
export const plainSecurity: PeerSecurity = {
  serverTls: () => null,
  clientTls: () => null,
  peerId: () => null,
}
