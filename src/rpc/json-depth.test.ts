import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { isDeeperThan } from './json-depth.ts'

/** The dumb twin: looks at the parsed value. */
const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0

test('any JSON value is as deep as its brackets say', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value)
      const depth = depthOf(value)
      expect(isDeeperThan(text, depth)).toBe(false)
      expect(isDeeperThan(text, depth - 1)).toBe(depth > 0)
    }),
  )
})

test('brackets inside strings do not count, whatever is escaped around them', () => {
  expect(isDeeperThan(JSON.stringify({ a: '[[[[{{{{"\\"[[' }), 1)).toBe(false)
  expect(isDeeperThan('["\\\\",[[1]]]', 2)).toBe(true)
})

test('a text that is no JSON is measured all the same', () => {
  expect(isDeeperThan('['.repeat(100_000), 64)).toBe(true)
  expect(isDeeperThan(']'.repeat(100_000), 64)).toBe(false)
  expect(isDeeperThan(`"${'['.repeat(100_000)}`, 64)).toBe(false)
})

test('a megabyte of backslashes and quotes takes linear time', () => {
  const started = performance.now()
  isDeeperThan(`"${'\\'.repeat(500_000)}${'\\"'.repeat(250_000)}`, 64)
  expect(performance.now() - started).toBeLessThan(500)
})
