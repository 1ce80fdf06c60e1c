import { expect, test } from 'vitest'

import {
  countChanges,
  failOverPackets,
  measureFailOver,
  measureHeal,
  measureShape,
  shapes,
} from './guarantees.ts'
import { Scale } from './scale.ts'

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
