/**
 * TLS 1.3 (RFC 8446), both ends with certificates of their own making. No authority is asked who
 * somebody is: the handshake proves that the other end has the private key of its certificate, and
 * a node's id is its public key.
 *
 * Sessions are never resumed: a resumed one comes without the other end's certificate, and what a
 * recorded first flight could repeat (0-RTT) does not exist without resumption.
 */
import { constants, hash, X509Certificate } from 'node:crypto'
import type { Duplex } from 'node:stream'
import {
  createSecureContext,
  TLSSocket,
  type ConnectionOptions,
  type SecureContext,
  type TlsOptions,
} from 'node:tls'

import type { ClientTlsOptions, PeerSecurity, Proof } from './security.ts'

/** A private key and its certificate, as PEM. */
export interface TlsPair {
  readonly key: string
  readonly cert: string
}

const VERSION = 'TLSv1.3'

/** SHA-256 of the public key in a certificate, base64url, 43 characters. */
export const pinOf = ({ publicKey }: X509Certificate): string =>
  hash('sha256', publicKey.export({ format: 'der', type: 'spki' }), 'base64url')

const nodeIdOf = ({ publicKey }: X509Certificate): string | null => {
  if (publicKey.asymmetricKeyType !== 'ed25519') return null
  return publicKey.export({ format: 'jwk' }).x ?? null
}

const readProof = (socket: Duplex): Proof | null => {
  if (!(socket instanceof TLSSocket) || socket.isSessionReused()) return null
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return null
  return { id: nodeIdOf(certificate), pin: pinOf(certificate), isVouched: socket.authorized }
}

/**
 * Proves to be the holder of `pair`'s key, and asks the same of everybody else. `authorities` are
 * certificates of those who may vouch for somebody, as PEM; those that this machine trusts if none
 * are given.
 */
export const tlsSecurity = (pair: TlsPair, authorities?: readonly string[]): PeerSecurity => {
  // Chains are not looked at, so there is nothing to check them against.
  const own = { ...pair, minVersion: VERSION, ca: [] as string[] } as const
  const proofs = new WeakMap<Duplex, { readonly proof: Proof | null }>()
  let plainContext: SecureContext | null = null
  let vouchedContext: SecureContext | null = null
  const contextFor = ({ withAuthorities = false }: ClientTlsOptions): SecureContext =>
    withAuthorities
      ? (vouchedContext ??= createSecureContext({
          ...pair,
          minVersion: VERSION,
          ca: authorities === undefined ? undefined : [...authorities],
        }))
      : (plainContext ??= createSecureContext(own))
  return {
    isSecure: true,
    pin: pinOf(new X509Certificate(pair.cert)),
    serverTls: (): TlsOptions => ({
      ...own,
      requestCert: true,
      // Whom a key belongs to is for the caller to know; without any only `rpc.discover` answers.
      rejectUnauthorized: false,
      secureOptions: constants.SSL_OP_NO_TICKET,
    }),
    clientTls: (options = {}): ConnectionOptions => ({
      secureContext: contextFor(options),
      minVersion: VERSION,
      rejectUnauthorized: false,
    }),
    proof: (socket) => {
      const kept = proofs.get(socket)
      if (kept !== undefined) return kept.proof
      const proof = readProof(socket)
      proofs.set(socket, { proof })
      return proof
    },
  }
}
