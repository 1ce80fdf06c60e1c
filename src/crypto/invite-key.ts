/**
 * The key of an invite: an Ed25519 pair whose private half travels in the link. Whoever has it can
 * show that they were invited, without the link ever going to anybody else.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

import { Identity } from './identity.ts'
import { bytesOf } from './key-cache.ts'

const SEED_BYTES = 32
/** What stands before the seed in the form that Node reads (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface InviteKey {
  /** The private half, 43 characters: goes after the # of a link. */
  readonly secret: string
  readonly identity: Identity
}

const secretOf = (key: KeyObject): string => {
  const { d } = key.export({ format: 'jwk' })
  if (d === undefined) throw new TypeError('not a private key')
  return d
}

export const newInviteKey = (): InviteKey => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { secret: secretOf(privateKey), identity: new Identity(privateKey) }
}

/** The key of a link, or null if this is none. */
export const inviteKeyOf = (secret: string): Identity | null => {
  const seed = bytesOf(secret, SEED_BYTES)
  if (seed === null) return null
  const der = Buffer.concat([PKCS8_PREFIX, seed])
  return new Identity(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
}
