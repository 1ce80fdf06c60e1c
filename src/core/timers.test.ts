import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { millis } from './ids.ts'
import { clockAfter } from './lamport-clock.ts'
import { createPrng, jitter } from './prng.ts'
import { stallOf } from './stall.ts'
import { Timers } from './timers.ts'

describe('timers', () => {
  const set = (): Timers<'a' | 'b' | 'c'> => {
    const timers = new Timers<'a' | 'b' | 'c'>()
    timers.set('a', 30)
    timers.set('b', 10)
    timers.set('c', 20)
    return timers
  }

  it('that nobody set never come due', () => {
    const timers = new Timers<'a'>()
    expect([timers.next(), timers.takeDue(millis(1e9)), timers.size]).toEqual([null, [], 0])
  })

  it('come due by time, once', () => {
    const timers = set()
    expect(timers.next()).toBe(10)
    expect(timers.takeDue(millis(9))).toEqual([])
    expect(timers.takeDue(millis(20))).toEqual(['b', 'c'])
    expect(timers.takeDue(millis(29))).toEqual([])
    expect(timers.takeDue(millis(1_000))).toEqual(['a'])
    expect(timers.next()).toBeNull()
  })

  it('that are set again come due at the later word only', () => {
    const timers = set()
    timers.set('b', 40)
    expect(timers.takeDue(millis(35))).toEqual(['c', 'a'])
    expect(timers.takeDue(millis(40))).toEqual(['b'])
  })

  it('that must come at the latest then do not come later, nor sooner than they would have', () => {
    const timers = set()
    timers.atLatest('a', 50)
    timers.atLatest('c', 5)
    expect(timers.takeDue(millis(5))).toEqual(['c'])
    expect(timers.takeDue(millis(30))).toEqual(['b', 'a'])
  })

  it('that were cancelled are gone', () => {
    const timers = set()
    timers.clear('a', 'b')
    expect([timers.isSet('a'), timers.isSet('c'), timers.next()]).toEqual([false, true, 20])
    timers.clearAll()
    expect(timers.size).toBe(0)
  })
})

describe('the logical clock', () => {
  it('is one more than the largest among the parents, and 0 without any', () => {
    expect(clockAfter([])).toBe(0)
    expect(clockAfter([0])).toBe(1)
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (parents) => {
        expect(clockAfter(parents)).toBe(Math.max(...parents) + 1)
      }),
    )
  })
})

describe('a node that was away itself', () => {
  it('knows so by a deadline missed by far', () => {
    expect(stallOf(null, millis(1e6), 2_000)).toBe(false)
    expect(stallOf(millis(100), millis(1_100), 2_000)).toBe(false)
    expect(stallOf(millis(100), millis(1_101), 2_000)).toBe(true)
    expect(stallOf(millis(5_000), millis(100), 2_000)).toBe(false)
  })
})

describe('randomness', () => {
  it('is the same for the same seed and another for another', () => {
    const draw = (seed: number): readonly number[] => {
      const prng = createPrng(seed)
      return Array.from({ length: 5 }, () => prng.next())
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(draw(0)).toMatchInlineSnapshot(`
      [
        0.8868539538234472,
        0.26395898405462503,
        0.012474989285692573,
        0.6732365123461932,
        0.0325221442617476,
      ]
    `)
  })

  it('is spread evenly between 0 and 1, 1 left out, from every seed', () => {
    const tens = Array.from({ length: 10 }, () => 0)
    for (let seed = 0; seed < 100; seed += 1) {
      const prng = createPrng(seed)
      for (let count = 0; count < 100; count += 1) {
        const value = prng.next()
        expect(value >= 0 && value < 1).toBe(true)
        tens[Math.floor(value * 10)]! += 1
      }
    }
    for (const count of tens) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })

  it('varies a duration by its share at most', () => {
    const prng = createPrng(1)
    const drawn = Array.from({ length: 1_000 }, () => jitter(prng, 100, 0.25))
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(75)
    expect(Math.max(...drawn)).toBeLessThanOrEqual(125)
    expect(jitter(prng, 100, 0)).toBe(100)
  })
})
