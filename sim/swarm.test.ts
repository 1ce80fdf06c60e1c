import { expect, test } from 'vitest'

import { neverHappened, type Marks } from './coverage.ts'
import { classesOf, drawFaults, faultClassNames, noFaults, withoutClasses } from './faults.ts'
import { createPrng } from '../src/core/prng.ts'
import { runSeed } from './swarm.ts'
import { Violation } from './world.ts'

const minutes = (count: number): number => count * 60_000

test('the same seed twice gives the same run, to the last effect', () => {
  const once = runSeed({ seed: 7, lengthMs: minutes(3) })
  expect(runSeed({ seed: 7, lengthMs: minutes(3) })).toEqual(once)
  expect(runSeed({ seed: 8, lengthMs: minutes(3) }).traceHash).not.toBe(once.traceHash)
})

test('a few seeds pass', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { convergedMs } = runSeed({ seed, lengthMs: minutes(3) })
    expect(convergedMs).toBeLessThan(20_000)
  }
}, 60_000)

test('150 short runs, or fewer, go through everything there is', () => {
  const marks: Marks[] = []
  let never = neverHappened(marks)
  for (let seed = 1; seed <= 150 && never.length > 0; seed += 1) {
    marks.push(marksOf(seed))
    if (seed % 10 === 0) never = neverHappened(marks)
  }
  expect(never).toEqual([])
}, 180_000)

/** What a seed goes through; whether it passes is another question, asked of longer runs. */
const marksOf = (seed: number): Marks => {
  const marks = new Map<string, number>()
  try {
    runSeed({ seed, lengthMs: minutes(2), quietMs: 5_000, marks })
  } catch (error) {
    if (!(error instanceof Violation)) throw error
  }
  return Object.fromEntries(marks)
}

test('each class of faults can be left out by name', () => {
  const drawn = Array.from({ length: 50 }, (_, seed) => drawFaults(createPrng(seed)))
  for (const name of faultClassNames) {
    expect(drawn.some((faults) => classesOf(faults).includes(name))).toBe(true)
    for (const faults of drawn)
      expect(classesOf(withoutClasses(faults, [name]))).not.toContain(name)
  }
  expect(classesOf(noFaults)).toEqual([])
})
