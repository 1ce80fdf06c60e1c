import { expect, test } from 'vitest'

import { findBefore, historyOf, MAX_ENTRIES, newer, older, remember } from './typed.ts'

test('back to the oldest line and forth to the one being written', () => {
  let history = historyOf(['one', 'two'])
  const seen: string[] = []
  for (const step of ['older', 'older', 'older', 'newer', 'newer', 'newer'] as const) {
    const moved = step === 'older' ? older(history, 'writing') : newer(history)
    seen.push(moved === null ? '–' : moved[1])
    if (moved !== null) [history] = moved
  }
  expect(seen).toEqual(['two', 'one', '–', 'two', 'writing', '–'])
})

test('empty lines and repetitions are not kept, and not more than so many', () => {
  let history = historyOf([])
  for (const line of ['a', 'a', '  ', 'b', 'a']) history = remember(history, line)
  expect(history.entries).toEqual(['a', 'b', 'a'])
  for (let count = 0; count < 2 * MAX_ENTRIES; count += 1) history = remember(history, `${count}`)
  expect(history.entries).toHaveLength(MAX_ENTRIES)
})

test('searching backwards, step by step', () => {
  const history = historyOf(['make tea', 'make coffee', 'drink TEA'])
  expect(findBefore(history, 'tea', 3)).toBe(2)
  expect(findBefore(history, 'tea', 2)).toBe(0)
  expect(findBefore(history, 'tea', 0)).toBeNull()
  expect(findBefore(history, '', 3)).toBeNull()
})
