import { expect, test } from 'vitest'

import { fuzzGroup } from './group-fuzz.ts'

// The long run has a command of its own: npm run fuzz
test('4,000 packets, half of them broken, change nothing they may not', () => {
  const { accepted, broken, brokenAccepted } = fuzzGroup(4_000, 1)
  expect(accepted).toBeGreaterThan(1_500)
  expect(broken).toBeGreaterThan(1_500)
  // A few are still right: an odd text is a text.
  expect(brokenAccepted / broken).toBeLessThan(0.2)
})
