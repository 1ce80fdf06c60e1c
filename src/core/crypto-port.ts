/** The arithmetic of trust, as pure functions of their arguments; see `crypto/` for the real ones. */
import type { Hash, NodeId, Signature } from './ids.ts'

export interface Crypto {
  hash(text: string): Hash
  /** Signs with this node's own key. */
  sign(text: string): Signature
  /** Never throws: anything that is not a valid signature by that key is false. */
  verify(key: NodeId, text: string, sig: Signature | ''): boolean
}
