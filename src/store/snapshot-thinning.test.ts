import fc from 'fast-check'
import { expect, it } from 'vitest'

import { snapshotsToDrop } from './snapshot-thinning.ts'

/** What is left after a snapshot at each of the gaps' ends, thinned every time. */
const keptAfter = (gaps: readonly number[]): readonly number[] => {
  let kept: number[] = []
  let index = 0
  for (const gap of gaps) {
    index += gap
    kept.push(index)
    const drop = new Set(snapshotsToDrop(kept))
    kept = kept.filter((one) => !drop.has(one))
  }
  return kept
}

it('a few snapshots all stay', () => {
  expect(snapshotsToDrop([])).toEqual([])
  expect(snapshotsToDrop([1, 2, 3, 4, 5, 6, 7, 8])).toEqual([])
})

it('a long history has few: the newest, and then ever sparser ones back to its beginning', () => {
  const kept = keptAfter(Array.from({ length: 10_000 }, () => 100))
  expect(kept.slice(-8)).toEqual(
    [9993, 9994, 9995, 9996, 9997, 9998, 9999, 10_000].map((n) => n * 100),
  )
  expect(kept.length).toBeLessThanOrEqual(8 + 20)
  expect(kept[0]).toBeLessThan(500_000)
})

it('going back some way never means starting much farther back', () => {
  const gaps = fc.array(fc.integer({ min: 50, max: 100 }), { minLength: 20, maxLength: 300 })
  fc.assert(
    fc.property(gaps, (list) => {
      const kept = keptAfter(list)
      const newest = kept.at(-1) ?? 0
      for (let back = 1; back < newest; back *= 2) {
        const start = kept.findLast((index) => index <= newest - back) ?? 0
        expect(newest - start).toBeLessThanOrEqual(4 * back + 1600)
      }
    }),
  )
})
