import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { addressKey, RateLimiter } from './rate-limit.ts'

test('a burst passes, then as much as flows in; who waits as told gets through', () => {
  const limiter = new RateLimiter({ burst: 3, perSecond: 2, maxKeys: 10 })
  expect([1, 2, 3].map(() => limiter.take('a', 0))).toEqual([0, 0, 0])
  expect(limiter.take('a', 0)).toBe(500)
  expect(limiter.take('b', 0)).toBe(0)
  expect(limiter.take('a', 500)).toBe(0)
})

test('in any window no more pass than burst plus flow', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 100 })
  fc.assert(
    fc.property(gaps, (waits) => {
      const limiter = new RateLimiter({ burst: 5, perSecond: 10, maxKeys: 1 })
      let now = 0
      let passed = 0
      for (const wait of waits) {
        now += wait
        if (limiter.take('a', now) === 0) passed += 1
      }
      expect(passed).toBeLessThanOrEqual(5 + now / 100 + 1e-6)
    }),
  )
})

test('it remembers a bounded number of addresses', () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 1, maxKeys: 100 })
  for (let i = 0; i < 1_000; i += 1) limiter.take(`a${i}`, 0)
  expect(limiter.size).toBe(100)
})

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8::1', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
])('%s counts as %s', (ip, key) => {
  expect(addressKey(ip)).toBe(key)
})
