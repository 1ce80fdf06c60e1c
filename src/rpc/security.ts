/**
 * The one seam for identity and encryption. Everything that opens or accepts a connection asks a
 * `PeerSecurity` for its TLS options and for what the other end has proven. `tls-security.ts` is
 * what nodes and discovery services use; tests of the layers may speak plainly.
 */
import type { Duplex } from 'node:stream'
import type { ConnectionOptions, TlsOptions } from 'node:tls'

import { ParleyError } from './errors.ts'

/** What the other end of a connection has shown by its certificate, whose key it has. */
export interface Proof {
  /** The node id that the key is; null for a key that is none of a node's. */
  readonly id: string | null
  /** SHA-256 of the public key (SubjectPublicKeyInfo), base64url: names any kind of key. */
  readonly pin: string
  /** An authority that this machine trusts has signed the certificate for this very host. */
  readonly isVouched: boolean
}

/** Who should be at the other end. Throws WRONG_KEY, before anything is sent, if it is another. */
export type Expectation = (proof: Proof | null) => void

export interface ClientTlsOptions {
  /** Look whether an authority vouches for the other end: for discovery services. */
  readonly withAuthorities?: boolean
}

export interface PeerSecurity {
  /** Whether both ends prove who they are. */
  readonly isSecure: boolean
  /** The pin of this side's own key; null if it has none. */
  readonly pin: string | null
  /** Options of the listening side, or null to speak plainly. */
  serverTls(): TlsOptions | null
  /** Options of the dialling side, or null to speak plainly. */
  clientTls(options?: ClientTlsOptions): ConnectionOptions | null
  /**
   * What the other end of an open connection has proven, or null if nothing. On the dialling side
   * first asked as soon as the connection stands; the answer is kept with the socket.
   */
  proof(socket: Duplex): Proof | null
}

/** No encryption, and nobody proves who they are. */
export const plainSecurity: PeerSecurity = {
  isSecure: false,
  pin: null,
  serverTls: () => null,
  clientTls: () => null,
  proof: () => null,
}

/** Nothing is known of who should answer. */
export const expectAnybody: Expectation = () => {}

/** The node with this id should answer, or there is no talking. */
export const expectNode =
  (id: string): Expectation =>
  (proof) => {
    if (proof?.id === id) return
    const data = { expected: id, found: proof?.id ?? null }
    throw new ParleyError('WRONG_KEY', 'Another node answers at this address', { data })
  }

/** The holder of the key with this pin should answer. */
export const expectPin =
  (pin: string): Expectation =>
  (proof) => {
    if (proof?.pin === pin) return
    const data = { expected: pin, found: proof?.pin ?? null }
    throw new ParleyError('WRONG_KEY', undefined, { data })
  }
