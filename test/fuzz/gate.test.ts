import { expect, test } from 'vitest'

import { fuzzGate } from './gate-fuzz.ts'

test('thousands of broken packets: none passes for something else, the gate stands', async () => {
  const report = await fuzzGate(10_000, 7)
  expect(report.passed).toBeGreaterThan(500)
  expect(report.refused).toBeGreaterThan(3_000)
  expect(report.closed).toBeGreaterThan(10)
  expect(report.grownMib).toBeLessThan(20)
}, 30_000)
