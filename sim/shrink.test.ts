import { expect, test } from 'vitest'

import { faultClassNames } from './faults.ts'
import { shrink } from './shrink.ts'
import { runSeed } from './swarm.ts'

const minutes = (count: number): number => count * 60_000

test('a run that fails is shrunk to one that fails alike, with less', () => {
  const planted = new Set(['timer-not-cancelled'])
  const smaller = shrink({ seed: 1, lengthMs: minutes(4), planted })
  expect(smaller?.message).toMatch(/^S19 n\d is \w+ and has the timer/)
  expect(smaller?.options.lengthMs).toBe(minutes(3))
  expect(smaller?.needed.length).toBeLessThan(faultClassNames.length / 3)
  const again = smaller?.options
  expect(() => again !== undefined && runSeed(again)).toThrow(smaller?.message)
}, 60_000)

test('a run that passes is left as it is', () => {
  expect(shrink({ seed: 1, lengthMs: minutes(3), without: faultClassNames })).toBeNull()
})
