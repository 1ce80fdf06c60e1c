import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Draft } from '../../view-model/model.ts'
import { graphemesOf } from '../screen/text.ts'
import { edit, insert, type Edited } from './editor.ts'
import { KeyDecoder } from './keys.ts'

/** `|` marks the cursor. */
const parse = (text: string): Draft => ({ text: text.replace('|', ''), cursor: text.indexOf('|') })
const show = ({ text, cursor }: Draft): string => `${text.slice(0, cursor)}|${text.slice(cursor)}`

const press = (start: Edited, sent: string): Edited => {
  let state = start
  for (const input of new KeyDecoder().feed(sent)) {
    if (input.kind === 'text') state = { ...state, draft: insert(state.draft, input.text) }
    else if (input.kind === 'key') state = edit(state, input) ?? state
  }
  return state
}

const UP = '\u001b[A'
const DOWN = '\u001b[B'
const LEFT = '\u001b[D'
const RIGHT = '\u001b[C'

test.each([
  ['|', 'hello', 'hello|'],
  ['hello|', LEFT + LEFT, 'hel|lo'],
  ['one two|', '\u0001', '|one two'],
  ['|one two', '\u0005', 'one two|'],
  ['one two|', '\u0017', 'one |'],
  ['one two |', '\u001b\u007f', 'one |'],
  ['one| two', '\u0015', '| two'],
  ['one| two', '\u000b', 'one|'],
  ['one two|', '\u0017\u0001\u0019', 'two|one '],
  ['one two|', '\u001bb\u001bb', '|one two'],
  ['|one two', '\u001b[1;5C', 'one| two'],
  ['|one two', '\u001bd', '| two'],
  ['👩‍👩‍👧‍👦e\u0301|', '\u007f', '👩‍👩‍👧‍👦|'],
  ['👩‍👩‍👧‍👦|', '\u007f', '|'],
  ['|👩‍👩‍👧‍👦x', RIGHT, '👩‍👩‍👧‍👦|x'],
  ['|字x', '\u001b[3~', '|x'],
  ['one|', '\u001b\rtwo\nthree', 'one\ntwo\nthree|'],
  ['ab\nlonger|', UP, 'ab|\nlonger'],
  ['ab|\nlonger', DOWN, 'ab\nlo|nger'],
  ['ab|', UP, 'ab|'],
  ['one\ntwo|', '\u0015', 'one\n|'],
  ['one\ntw|o', '\u0001', 'one\n|two'],
  ['|abc', '\u0004', '|bc'],
])('%j and %j: %j', (start, sent, end) => {
  expect(show(press({ draft: parse(start), cut: '' }, sent).draft)).toBe(end)
})

test('whatever is typed, the cursor never stands inside of a character', () => {
  const keys = [LEFT, RIGHT, UP, DOWN, '\u0001', '\u0005', '\u0017', '\u007f', '\u001b[3~', '\n']
  const typed = fc.constantFrom(...keys, 'a', ' ', '字', '👩‍👩‍👧‍👦', 'e\u0301', 'ש')
  fc.assert(
    fc.property(fc.array(typed, { maxLength: 30 }), (all) => {
      let state: Edited = { draft: { text: '', cursor: 0 }, cut: '' }
      for (const one of all) {
        state = press(state, one)
        const { text, cursor } = state.draft
        const places = new Set([0])
        let at = 0
        for (const grapheme of graphemesOf(text)) places.add((at += grapheme.length))
        expect(places.has(cursor), show(state.draft)).toBe(true)
      }
    }),
  )
})
