import fc from 'fast-check'
import { expect, test } from 'vitest'

import { EventQueue } from './heap.ts'

test('what happens first comes out first, and of two at one time the one put in first', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const queue = new EventQueue<number>()
      for (const [turn, at] of times.entries()) queue.push(at, turn)
      const out: { at: number; what: number }[] = []
      for (let next = queue.pop(); next !== null; next = queue.pop()) out.push({ ...next })
      const sorted = times
        .map((at, what) => ({ at, what }))
        .toSorted((a, b) => a.at - b.at || a.what - b.what)
      expect(out.map(({ at, what }) => ({ at, what }))).toEqual(sorted)
    }),
  )
})

test('an empty queue has nothing next', () => {
  const queue = new EventQueue<string>()
  expect(queue.nextAt()).toBe(null)
  expect(queue.pop()).toBe(null)
  queue.push(3, 'later')
  expect(queue.nextAt()).toBe(3)
  expect(queue.size).toBe(1)
})
