import fc from 'fast-check'
import { expect, test } from 'vitest'

import { MarkTally } from './mark-tally.ts'

test('nobody has anything', () => {
  expect(new MarkTally().spread()).toBeNull()
})

test('marks that come, move and go are counted as a sorted list counts them', () => {
  const change = fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: -1, max: 6 }))
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const tally = new MarkTally()
      const marks = new Map<number, number>()
      for (const [member, mark] of changes) {
        const before = marks.get(member)
        if (before === undefined) tally.add(mark)
        else if (mark === before) tally.remove(mark)
        else tally.move(before, mark)
        if (before === mark) marks.delete(member)
        else marks.set(member, mark)
      }
      const sorted = [...marks.values()].toSorted((a, b) => b - a)
      const [first] = sorted
      const half = sorted[Math.floor(sorted.length / 2)]
      const expected = first === undefined ? null : { first, half, last: sorted.at(-1) }
      expect(tally.spread()).toEqual(expected)
    }),
  )
})
