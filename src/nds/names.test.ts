import { expect, test } from 'vitest'

import { isPrintableName, nameKey } from './names.ts'

test.each(['lobby', 'Lobby 2', 'käse', '部屋', '👩‍👩‍👧', 'x'.repeat(64), '😀'.repeat(64)])(
  '%s is a name',
  (name) => {
    expect(isPrintableName(name)).toBe(true)
  },
)

test.each([
  ['nothing', ''],
  ['spaces around it', ' lobby'],
  ['a line break', 'lob\nby'],
  ['an escape sequence', 'lob\u001b[31mby'],
  ['text turned around', 'lob\u202eby'],
  ['an invisible character', 'lob\u200bby'],
  ['a space that is none', 'lob\u00a0by'],
  ['half a character', 'lob\ud800by'],
  ['65 characters', 'x'.repeat(65)],
])('%s is no name', (_, name) => {
  expect(isPrintableName(name)).toBe(false)
})

test('names that look the same are the same', () => {
  expect(nameKey('Caf\u00e9')).toBe(nameKey('CAFE\u0301'))
  expect(nameKey('lobby')).not.toBe(nameKey('lobby2'))
})
