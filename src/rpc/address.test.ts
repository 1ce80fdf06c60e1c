import { expect, test } from 'vitest'

import { formatAddress, parseAddress, readAddress } from './address.ts'

test.each([
  ['127.0.0.1:7777', { host: '127.0.0.1', port: 7777 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['[fe80::1%eth0]:65535', { host: 'fe80::1%eth0', port: 65_535 }],
  ['my-host.example:80', { host: 'my-host.example', port: 80 }],
])('%s is an address, there and back', (text, address) => {
  expect(parseAddress(text)).toEqual(address)
  expect(formatAddress(address)).toBe(text)
})

test.each(['', 'host', '::1:80', 'host:65536', 'host:-1', 'a b:1', 'http://a:1', 'a:1/x', '[::1]'])(
  '%s is none',
  (text) => {
    expect(readAddress(text)).toBeNull()
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  },
)
