import { X509Certificate } from 'node:crypto'

import { expect, test } from 'vitest'

import { newWebCertificate } from './web-certificate.ts'

const DAY_MS = 86_400_000

test('the certificate is for its hosts, signs itself and ends in time for every browser', () => {
  const now = Date.UTC(2027, 0, 1)
  const hosts = ['chat.example', '10.0.0.5', '::1', 'fd00::1:2']
  const read = new X509Certificate(newWebCertificate(hosts, now).cert)
  expect(read.verify(read.publicKey)).toBe(true)
  expect(read.checkHost('chat.example')).toBe('chat.example')
  for (const address of hosts.slice(1)) expect(read.checkIP(address)).toBe(address)
  expect(read.checkHost('other.example')).toBeUndefined()
  expect(read.validToDate.getTime() - read.validFromDate.getTime()).toBeLessThan(825 * DAY_MS)
  expect(read.validFromDate.getTime()).toBeLessThan(now)
  expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
})
