import { expect, test } from 'vitest'

import { columnsOf, table } from './table.ts'

test('columns line up, wide characters included', () => {
  const text = table([
    ['a', 'bbb', ''],
    ['日本', 'c', 'end'],
  ])
  expect(text).toBe('a     bbb\n日本  c    end')
  expect(table([])).toBe('')
})

test('columns of a text', () => {
  expect(columnsOf('abc')).toBe(3)
  expect(columnsOf('👩‍👩‍👧')).toBe(2)
  expect(columnsOf('e\u0301')).toBe(1)
})
