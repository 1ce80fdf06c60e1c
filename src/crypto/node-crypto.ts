import { hash, verify } from 'node:crypto'

import type { Crypto } from '../core/crypto-port.ts'
import type { Hash, NodeId, Signature } from '../core/ids.ts'
import type { CheckedSignatures } from './checked-signatures.ts'
import type { Identity } from './identity.ts'
import { bytesOf, KeyCache } from './key-cache.ts'

/** Members of a large group, and some more: about 1 KB each. */
const CACHED_KEYS = 4096
/** Bytes of an Ed25519 signature. */
const SIGNATURE_BYTES = 64

const keys = new KeyCache(CACHED_KEYS)

/** SHA-256 of the text's UTF-8 bytes, base64url, 43 characters. */
export const sha256 = (text: string): Hash => hash('sha256', text, 'base64url') as Hash

/**
 * Is it that node's Ed25519 signature of the text? Never throws. A key or signature that is written
 * in another way than the usual one (spare bits set, padding) is none.
 */
export const verifySignature = (key: NodeId, text: string, sig: Signature | ''): boolean => {
  const bytes = bytesOf(sig, SIGNATURE_BYTES)
  const publicKey = bytes === null ? null : keys.get(key)
  if (bytes === null || publicKey === null) return false
  try {
    return verify(null, Buffer.from(text), publicKey, bytes)
  } catch {
    // A key that is well written but of no use.
    return false
  }
}

/** The core's port, with this node's key for signing; `checked` was checked elsewhere. */
export const nodeCrypto = (identity: Identity, checked?: CheckedSignatures): Crypto => ({
  hash: sha256,
  sign: (text) => identity.sign(text),
  verify: (key, text, sig) =>
    checked?.take(key, text, sig) === true || verifySignature(key, text, sig),
})
