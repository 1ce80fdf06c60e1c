import { expect, test } from 'vitest'

import { distance, helpText, parseLine } from './commands.ts'

test.each([
  ['hello there', { kind: 'text', text: 'hello there' }],
  ['  indented', { kind: 'text', text: '  indented' }],
  ['//etc is a folder', { kind: 'text', text: '/etc is a folder' }],
  ['', { kind: 'nothing' }],
  ['   ', { kind: 'nothing' }],
  ['/join lobby', { kind: 'command', name: 'join', argument: 'lobby' }],
  ['/JOIN  parley://join/x ', { kind: 'command', name: 'join', argument: 'parley://join/x' }],
  ['/q', { kind: 'command', name: 'quit', argument: '' }],
  ['/topic all about  tea', { kind: 'command', name: 'topic', argument: 'all about  tea' }],
  ['/jion lobby', { kind: 'unknown', name: 'jion', suggestion: 'join' }],
  ['/stat', { kind: 'unknown', name: 'stat', suggestion: 'status' }],
  ['/xyzzy', { kind: 'unknown', name: 'xyzzy', suggestion: null }],
  ['/ spaced', { kind: 'unknown', name: '', suggestion: null }],
])('%j', (line, meaning) => {
  expect(parseLine(line)).toEqual(meaning)
})

test('the distance of words', () => {
  expect(distance('kitten', 'sitting')).toBe(3)
  expect(distance('', 'abc')).toBe(3)
  expect(distance('same', 'same')).toBe(0)
})

test('the help names every command', () => {
  expect(helpText()).toContain('/create NAME')
  expect(helpText()).toContain('/quit')
})
