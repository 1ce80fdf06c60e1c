import * as fc from 'fast-check'
import { expect, it } from 'vitest'

import { compareClaims, type Claim } from './claim.ts'
import { alice, bob, hashOf } from './story.suite.ts'

const claims: fc.Arbitrary<Claim> = fc.record({
  term: fc.constantFrom('a', 'b', 'c').map((name) => hashOf(name) as string as Claim['term']),
  leader: fc.constantFrom(alice, bob),
  live: fc.nat({ max: 2 }),
  number: fc.nat({ max: 2 }),
})

it('any two leaders agree on which of them goes on, and any three on the first', () => {
  fc.assert(
    fc.property(claims, claims, claims, (a, b, c) => {
      expect(Math.sign(compareClaims(a, b))).toBe(-Math.sign(compareClaims(b, a)) || 0)
      if (compareClaims(a, b) === 0)
        expect([a.term, a.live, a.number]).toEqual([b.term, b.live, b.number])
      if (compareClaims(a, b) <= 0 && compareClaims(b, c) <= 0)
        expect(compareClaims(a, c)).toBeLessThanOrEqual(0)
    }),
  )
})

it('the larger live side wins, then the more senior leader, then the id of the term', () => {
  const base: Claim = {
    term: hashOf('b') as string as Claim['term'],
    leader: alice,
    live: 2,
    number: 5,
  }
  expect(compareClaims({ ...base, live: 3, number: 9 }, base)).toBeLessThan(0)
  expect(compareClaims({ ...base, number: 4 }, base)).toBeLessThan(0)
  expect(
    compareClaims({ ...base, term: hashOf('a') as string as Claim['term'] }, base),
  ).toBeLessThan(0)
})
