import { expect, test, vi } from 'vitest'

import {
  countChanges,
  failOverPackets,
  measureFailOver,
  measureHeal,
  measureShape,
  shapes,
} from './guarantees.ts'
import { countMerges, measureChurn } from './guarantees-churn.ts'
import { Scale } from './scale.ts'

// Minutes of simulated time each: more than a busy machine computes in the usual five seconds.
vi.setConfig({ testTimeout: 60_000 })

const seeds = Array.from({ length: 20 }, (_, index) => index + 1)

test.for([5, 32, 200])('a fail-over among %i costs few packets for each', (members) => {
  const { packets, ms } = measureFailOver(members, 1)
  expect(packets).toBeLessThanOrEqual(failOverPackets(members))
  expect(ms).toBeLessThan(1_000)
})

test('two sides that talked for a minute are one again within five seconds', () => {
  expect(Math.max(...seeds.map((seed) => measureHeal(seed, false)))).toBeLessThanOrEqual(5_000)
})

test('and within twelve if they hear each other only through others', () => {
  expect(Math.max(...seeds.map((seed) => measureHeal(seed, true)))).toBeLessThanOrEqual(12_000)
})

test.for(shapes)('five members, links: %s; one leader, and it stays', (how) => {
  for (const seed of [1, 2, 3]) expect(measureShape(seed, how)).toBeNull()
})

test('an hour of losing one packet in a hundred changes no leader', () => {
  expect(countChanges(1, 1, 0.01)).toBe(0)
})

test('L9: cut anew every 20 s, 99 of 100 messages have a place in time', () => {
  const { written, inTime } = measureChurn(1, 4)
  expect(inTime).toBeGreaterThanOrEqual(0.99 * written)
})

test.for([2, 4, 8])('L10: %i sides are one again with fewer merges than sides', (sides) => {
  for (const seed of [1, 2, 3]) expect(countMerges(seed, sides)).toBeLessThan(sides)
})

test('half of a large group that loses all its seniors elects one leader, not a hundred', () => {
  const size = 120
  const scale = new Scale(size, 1)
  scale.startAll()
  scale.splitAndHeal()
  const [starts, parts, meets] = scale.rows
  // Everybody asked at once would be half its square, 3,600 and more.
  for (const row of [starts, parts]) expect(row?.besides).toBeLessThan(12 * size)
  expect(meets?.simulatedMs).toBeLessThan(12_000)
})
