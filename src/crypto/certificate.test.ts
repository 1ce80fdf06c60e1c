import { X509Certificate } from 'node:crypto'

import { expect, test } from 'vitest'

import { Identity } from './identity.ts'

test('the certificate has the key of the node, is signed by it and does not expire', () => {
  const identity = Identity.generate()
  const read = new X509Certificate(identity.tlsPair().cert)
  expect(read.publicKey.export({ format: 'jwk' }).x).toBe(identity.id)
  expect(read.verify(read.publicKey)).toBe(true)
  expect(read.checkIssued(read)).toBe(true)
  expect([read.subject, read.issuer]).toEqual(['CN=parley', 'CN=parley'])
  expect(read.validFromDate.getUTCFullYear()).toBe(2020)
  expect(read.validToDate.getUTCFullYear()).toBe(9999)
  expect(BigInt(`0x${read.serialNumber}`)).toBeGreaterThan(0n)
})

test('a key has one certificate, whenever it is made', () => {
  const pem = Identity.generate().toPem()
  const one = Identity.fromPem(pem).tlsPair()
  expect(Identity.fromPem(pem).tlsPair()).toEqual(one)
  expect(Identity.generate().tlsPair().cert).not.toBe(one.cert)
})

test('a thousand certificates of a thousand keys can be read', () => {
  for (let round = 0; round < 1_000; round += 1) {
    const identity = Identity.generate()
    const read = new X509Certificate(identity.tlsPair().cert)
    expect(read.verify(read.publicKey)).toBe(true)
  }
})
