import { expect, test } from 'vitest'

import { Backoff } from './backoff.ts'

test('retries come ever later, up to half a minute, and at once after a success', () => {
  const backoff = new Backoff(() => 0)
  const waits = Array.from({ length: 7 }, () => {
    backoff.failed(0)
    return backoff.waitMs(0)
  })
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  expect(backoff.waitMs(30_000)).toBe(0)
  backoff.succeeded()
  expect(backoff.waitMs(0)).toBe(0)
})
