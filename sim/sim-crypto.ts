/**
 * Hashes and signatures for simulated time: as unlike one another as the real ones, a hundred times
 * cheaper, and worthless against anybody who wants to cheat. The simulator's liars do not need to.
 */
import type { Crypto } from '../src/core/crypto-port.ts'
import type { Hash, NodeId, Signature } from '../src/core/ids.ts'

/** Two independent 32-bit multiplicative hashes, mixed at the end. */
export const cheapHash = (text: string): string => {
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x5bd1e995) + (a >>> 15)
  }
  a = Math.imul(a ^ (a >>> 16), 0x2c1b3c6d)
  b = Math.imul(b ^ (b >>> 13), 0x297a2d39)
  return (a >>> 0).toString(36) + (b >>> 0).toString(36)
}

export const createSimCrypto = (self: NodeId): Crypto => ({
  hash: (text) => cheapHash(text) as Hash,
  sign: (text) => `${self}~${cheapHash(text)}` as Signature,
  verify: (key, text, sig) => sig === `${key}~${cheapHash(text)}`,
})
