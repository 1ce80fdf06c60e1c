import { expect, it } from 'vitest'

import { indexedText, matchQuery, searchWords } from './search-words.ts'

it('words are what letters and digits make, without case and accents', () => {
  expect(searchWords('Voilà: 2 Bücher, un_deux!')).toEqual(['voila', '2', 'bucher', 'un', 'deux'])
  expect(searchWords('👍 — …')).toEqual([])
})

it('text without spaces is split by the rules of its language', () => {
  expect(searchWords('東京に行く')).toEqual(['東京', 'に', '行く'])
})

it('voiced letters of Japanese are not taken for accented ones', () => {
  expect(searchWords('が')).not.toEqual(searchWords('か'))
})

it('plain English goes into the index as it is', () => {
  expect(indexedText('Hello, World')).toBe('Hello, World')
  expect(indexedText('Grüße, Welt')).toBe('gruße welt')
})

it('a query is made of quoted words only, and the last may go on', () => {
  expect(matchQuery('a OR "b')).toBe('"a" "or" "b"*')
  expect(matchQuery(' - ')).toBe('')
})
