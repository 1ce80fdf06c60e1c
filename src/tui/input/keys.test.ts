import fc from 'fast-check'
import { expect, test } from 'vitest'

import { KeyDecoder, type Input } from './keys.ts'

/** `C-M-S-name`, or the text in quotes. */
const show = (input: Input): string => {
  if (input.kind === 'text') return `"${input.text}"`
  if (input.kind === 'paste') return `paste "${input.text}"`
  if (input.kind === 'focus') return input.isFocused ? 'focus' : 'blur'
  const { ctrl, alt, shift, name } = input
  return `${ctrl ? 'C-' : ''}${alt ? 'M-' : ''}${shift ? 'S-' : ''}${name}`
}

const decode = (...chunks: readonly string[]): readonly string[] => {
  const decoder = new KeyDecoder()
  const inputs = chunks.flatMap((chunk) => decoder.feed(chunk))
  return [...inputs, ...decoder.flush()].map(show)
}

test.each([
  ['hello', ['"hello"']],
  ['你👍', ['"你👍"']],
  ['a\r', ['"a"', 'enter']],
  ['\u0001\u0005\u000b\u0017', ['C-a', 'C-e', 'C-k', 'C-w']],
  ['\n', ['C-j']],
  ['\u001b\r', ['M-enter']],
  ['\u007f\b', ['backspace', 'backspace']],
  ['\u001b[A\u001b[B\u001bOC\u001b[D', ['up', 'down', 'right', 'left']],
  ['\u001b[1;5C\u001b[1;3A\u001b[1;2B', ['C-right', 'M-up', 'S-down']],
  ['\u001b[5~\u001b[6~\u001b[3~\u001b[H\u001b[4~', ['pageup', 'pagedown', 'delete', 'home', 'end']],
  ['\u001bOP\u001b[12~\u001b[[A\u001b[1;5P', ['f1', 'f2', 'f1', 'C-f1']],
  ['\u001b1\u001bb\u001bü', ['M-1', 'M-b', 'M-ü']],
  ['\u001b[Z\t', ['S-tab', 'tab']],
  ['\u001b[I\u001b[O', ['focus', 'blur']],
  ['\u001b', ['escape']],
  ['\u001b\u001b[A', ['escape', 'up']],
  ['\u001b[99~x', ['"x"']],
  ['\u0000x', ['"x"']],
])('%j is %j', (sent, inputs) => {
  expect(decode(sent)).toEqual(inputs)
})

test('a paste is one thing, whatever it holds', () => {
  expect(decode('a\u001b[200~one\r\ntwo \u001b[A\u001b[201~b')).toEqual([
    '"a"',
    'paste "one\r\ntwo \u001b[A"',
    '"b"',
  ])
})

test('however it is cut into pieces, the meaning is the same', () => {
  const sent = fc.array(
    fc.constantFrom('ab', '\u001b[1;5C', '\u001bOP', '\u0001', '👍', '\u001b[200~x\ny\u001b[201~'),
    { maxLength: 8 },
  )
  const joined = (inputs: readonly string[]): string => inputs.join(' ').replaceAll('" "', '')
  fc.assert(
    fc.property(sent, fc.array(fc.nat(60), { maxLength: 6 }), (parts, cuts) => {
      const text = parts.join('')
      const places = [0, ...cuts.filter((at) => at < text.length).toSorted((a, b) => a - b)]
      const chunks = places.map((from, index) => text.slice(from, places[index + 1]))
      expect(joined(decode(...chunks))).toBe(joined(decode(text)))
    }),
  )
})

test('a paste without an end does not fill the memory', () => {
  const decoder = new KeyDecoder()
  decoder.feed('\u001b[200~')
  for (let count = 0; count < 100; count += 1) decoder.feed('x'.repeat(100_000))
  const [paste] = decoder.feed('\u001b[201~')
  expect(paste?.kind).toBe('paste')
  expect(paste?.kind === 'paste' && paste.text.length).toBe(2_000_000)
})
