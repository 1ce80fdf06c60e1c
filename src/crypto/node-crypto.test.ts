import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { NodeId, Signature } from '../core/ids.ts'
import { Identity, newInstanceId } from './identity.ts'
import { KeyCache } from './key-cache.ts'
import { nodeCrypto, sha256, verifySignature } from './node-crypto.ts'

describe('hashing', () => {
  it('gives the well-known digests, in base64url', () => {
    expect(sha256('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
    expect(sha256('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
    expect(sha256('ä')).toBe(sha256('\u00e4'))
  })
})

describe('a signature', () => {
  const alice = Identity.generate()
  const bob = Identity.generate()
  const crypto = nodeCrypto(alice)
  const sig = crypto.sign('hello')

  it('has the form that the protocol says', () => {
    expect(alice.id).toMatch(/^[\w-]{43}$/)
    expect(sig).toMatch(/^[\w-]{86}$/)
  })

  it('holds for its signer and its text, and for nothing else', () => {
    expect(crypto.verify(alice.id, 'hello', sig)).toBe(true)
    expect(crypto.verify(bob.id, 'hello', sig)).toBe(false)
    expect(crypto.verify(alice.id, 'hello ', sig)).toBe(false)
    expect(crypto.verify(alice.id, 'hello', bob.sign('hello'))).toBe(false)
    expect(crypto.verify(alice.id, 'hello', '')).toBe(false)
  })

  it('is known from RFC 8032, section 7.1, test 1', () => {
    const key = Buffer.from(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      'hex',
    )
    const known = Buffer.from(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb88215' +
        '90a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      'hex',
    )
    const id = key.toString('base64url') as NodeId
    expect(verifySignature(id, '', known.toString('base64url') as Signature)).toBe(true)
  })

  it('written with spare bits or padding is none, and so is a key', () => {
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const bent = (text: string): string =>
      text.slice(0, -1) + last[last.indexOf(text.at(-1) ?? '') + 1]
    expect(Buffer.from(bent(sig), 'base64url')).toEqual(Buffer.from(sig, 'base64url'))
    expect(verifySignature(alice.id, 'hello', bent(sig) as Signature)).toBe(false)
    expect(verifySignature(bent(alice.id) as NodeId, 'hello', sig)).toBe(false)
    expect(verifySignature(alice.id, 'hello', `${sig}==` as Signature)).toBe(false)
  })

  it('of garbage is false, never an exception', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (key, text, odd) => {
        expect(verifySignature(key as NodeId, text, odd as Signature)).toBe(false)
        expect(verifySignature(alice.id, text, odd as Signature)).toBe(false)
        expect(verifySignature(key as NodeId, 'hello', sig)).toBe(false)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const key = Buffer.from(bytes).toString('base64url') as NodeId
        expect(verifySignature(key, 'hello', sig)).toBe(false)
      }),
    )
  })
})

describe('an identity', () => {
  const identity = Identity.generate()

  it('is the same when its key comes back from the key file', () => {
    const again = Identity.fromPem(identity.toPem())
    expect(again.id).toBe(identity.id)
    expect(verifySignature(identity.id, 'x', again.sign('x'))).toBe(true)
  })

  it('does not show its secret when it is printed', () => {
    const secret = identity.toPem().split('\n')[1] ?? ''
    expect(secret.length).toBeGreaterThan(40)
    const printed = [
      JSON.stringify({ identity }),
      inspect(identity, { depth: 9, showHidden: true }),
    ]
    for (const text of printed) expect(text).not.toContain(secret)
    expect(JSON.parse(JSON.stringify(identity))).toEqual({ id: identity.id })
  })

  it('is not made of another kind of key', () => {
    const { privateKey } = generateKeyPairSync('x25519')
    expect(() => new Identity(privateKey)).toThrow('not an Ed25519 private key')
  })

  it('has a new instance at every start', () => {
    const [first, second] = [newInstanceId(), newInstanceId()]
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(first).not.toBe(second)
  })
})

describe('the cache of keys', () => {
  it('stays within its bound and keeps what was used last', () => {
    const cache = new KeyCache(2)
    const ids = [1, 2, 3].map(() => Identity.generate().id)
    const first = cache.get(ids[0] ?? '')
    cache.get(ids[1] ?? '')
    expect(cache.get(ids[0] ?? '')).toBe(first)
    cache.get(ids[2] ?? '')
    expect(cache.size).toBe(2)
    expect(cache.get(ids[0] ?? '')).toBe(first)
    expect(cache.get('not a key')).toBeNull()
    expect(cache.size).toBe(2)
  })
})
