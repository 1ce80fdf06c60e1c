import fc from 'fast-check'
import { expect, test } from 'vitest'

import { indented, plainJson, plainLine, plainText } from './plain-text.ts'

test.each([
  ['plain text, ünïcödé and 日本語', 'plain text, ünïcödé and 日本語'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u009b31mred', 'red'],
  ['\u001b]0;a title\u0007after', 'after'],
  ['\u001b]8;;http://evil.example\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['\u001bPq#0;2;0;0;0\u001b\\after', 'after'],
  ['\u001b]0;never ended', ''],
  ['\u001bcreset', 'reset'],
  ['\u001b', ''],
  ['bell\u0007 back\u0008 nul\u0000 del\u007f', 'bell back nul del'],
  ['one\r\ntwo\rthree\u2028four', 'one\ntwo\nthree\nfour'],
  ['a\tb', 'a    b'],
  ['abc\u202edef\u2066ghi\u2069\u200f', 'abcdefghi'],
  ['zero\u200bwidth\ufeff', 'zerowidth'],
  ['al\u00adi\u200dc\u200ce\u034f\u180e', 'alice'],
  ['\u200d\u200calice', 'alice'],
  ['ali\u00ad\u200d\u034f\u200dce', 'alice'],
  ['\u3164\u115f\uffa0', ''],
  ['hi\u{e0061}\u{e0062} there', 'hi there'],
  ['\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}!', '🏴󠁧󠁢󠁥󠁮󠁧󠁿!'],
  ['👩\u200d👩\u200d👧', '👩\u200d👩\u200d👧'],
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['half \ud83d of a pair', 'half \ufffd of a pair'],
])('%j becomes %j', (text, plain) => {
  expect(plainText(text)).toBe(plain)
})

test('a name is one line', () => {
  expect(plainLine(' al\nice\u001b[2J\t ')).toBe('al ice')
})

test('further lines cannot pass for lines of others', () => {
  expect(indented('one\ntwo\r\nbob: three')).toBe('one\n    two\n    bob: three')
})

test('nothing that a terminal acts on is left of any text', () => {
  const nasty = fc.constantFrom(
    '\u001b',
    '[',
    ']',
    '\u009b',
    '\u0007',
    '\\',
    'P',
    '3',
    'm',
    '\u202e',
    '\u200d',
    '\u00ad',
    '\u{1f3f4}',
    '\u{e0061}',
    '\t',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(nasty).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(text, (given) => {
      const plain = plainText(given)
      expect(plain).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]|\p{Cs}/u)
      expect(plainText(plain)).toBe(plain)
    }),
  )
})

test('JSON keeps its value', () => {
  const text = 'a\u001b[31m\u009b\u202eb\u007f'
  const json = plainJson({ text })
  expect(JSON.parse(json)).toEqual({ text })
  expect(json).toMatch(/^[ -~]+$/)
})
