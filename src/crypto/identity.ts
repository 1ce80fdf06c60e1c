import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'

import type { InstanceId, NodeId, Signature } from '../core/ids.ts'
import { certificateOf } from './certificate.ts'

/** Who a node is: its key pair. The private half cannot be got out of it by printing it. */
export class Identity {
  readonly id: NodeId
  readonly #key: KeyObject

  /** `key` is an Ed25519 private key. Throws if it is anything else. */
  constructor(key: KeyObject) {
    if (key.type !== 'private' || key.asymmetricKeyType !== 'ed25519') {
      throw new TypeError('not an Ed25519 private key')
    }
    const { x } = key.export({ format: 'jwk' })
    if (x === undefined) throw new TypeError('the key has no public half')
    this.id = x as NodeId
    this.#key = key
  }

  /** A new one. */
  static generate(): Identity {
    return new Identity(generateKeyPairSync('ed25519').privateKey)
  }

  /** From what `toPem` gave. Throws if the text is not that. */
  static fromPem(pem: string): Identity {
    return new Identity(createPrivateKey(pem))
  }

  /** The secret itself, for the key file and nothing else. */
  toPem(): string {
    return this.#key.export({ format: 'pem', type: 'pkcs8' }).toString()
  }

  /** What a connection needs to prove that it is this node's: key and certificate, as PEM. */
  tlsPair(): { readonly key: string; readonly cert: string } {
    return { key: this.toPem(), cert: certificateOf(this.#key) }
  }

  sign(text: string): Signature {
    return sign(null, Buffer.from(text), this.#key).toString('base64url') as Signature
  }

  /** What `JSON.stringify` and loggers see. */
  toJSON(): { readonly id: NodeId } {
    return { id: this.id }
  }
}

/** Names one run of a node: drawn anew at every start. */
export const newInstanceId = (): InstanceId => randomBytes(16).toString('hex') as InstanceId
