import fc from 'fast-check'
import { expect, test } from 'vitest'

import { cutTo, graphemesOf, padEnd, padStart, widthOf, wrapText } from './text.ts'

const SAMPLES = [
  'plain',
  '日本語のテキスト',
  'e\u0301 accents',
  '👩‍👩‍👧‍👦 family',
  '🏳️‍🌈🇩🇪',
  'שלום עולם',
  'مرحبا',
  'नमस्ते',
]

test('a character is what people see as one', () => {
  expect(graphemesOf('e\u0301👩‍👩‍👧‍👦字')).toEqual(['e\u0301', '👩‍👩‍👧‍👦', '字'])
  expect(['字', '👩‍👩‍👧‍👦', 'e\u0301', 'ש'].map(widthOf)).toEqual([2, 2, 1, 1])
})

test.each(SAMPLES)('%s fits where it is put', (text) => {
  for (let width = 1; width < 24; width += 1) {
    expect(widthOf(cutTo(text, width))).toBeLessThanOrEqual(width)
    expect(widthOf(padEnd(text, width))).toBe(width)
    expect(widthOf(padStart(text, width))).toBe(width)
  }
})

test('words stay whole where they can, and wide characters break anywhere', () => {
  expect(wrapText('the quick brown fox', 10)).toEqual(['the quick', 'brown fox'])
  expect(wrapText('one\ntwo', 10)).toEqual(['one', 'two'])
  expect(wrapText('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij'])
  expect(wrapText('漢字漢字漢', 4)).toEqual(['漢字', '漢字', '漢'])
  expect(wrapText('see 漢字漢字', 7)).toEqual(['see 漢', '字漢字'])
  expect(wrapText('', 4)).toEqual([''])
})

test('nothing is lost and nothing is too wide, whatever the text', () => {
  const words = fc.array(fc.oneof(fc.constantFrom(...SAMPLES), fc.string({ unit: 'grapheme' })), {
    maxLength: 12,
  })
  const strip = (text: string): string => text.replace(/\s/g, '')
  fc.assert(
    fc.property(words, fc.integer({ min: 12, max: 40 }), (parts, width) => {
      const text = parts.join(' ')
      const lines = wrapText(text, width)
      expect(strip(lines.join(''))).toBe(strip(text))
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width)
    }),
    { numRuns: 200 },
  )
})
