import { describe, expect, test } from 'vitest'

import { colorsOf, nameLook, painterOf, themeFrom } from './theme.ts'

/** Red, green and blue of one of the 256 colours. */
const rgbOf = (color: number): readonly number[] => {
  if (color >= 232) return [0, 0, 0].map(() => 8 + (color - 232) * 10)
  const levels = [0, 95, 135, 175, 215, 255]
  const index = color - 16
  return [Math.floor(index / 36), Math.floor(index / 6) % 6, index % 6].map((one) => levels[one]!)
}

/** Relative luminance and contrast as WCAG 2.1 defines them. */
const luminance = (rgb: readonly number[]): number => {
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

const contrast = (a: readonly number[], b: readonly number[]): number => {
  const [high, low] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (high! + 0.05) / (low! + 0.05)
}

describe('every colour can be read', () => {
  test.each([
    ['dark', [0, 0, 0]],
    ['dark', [48, 48, 48]],
    ['light', [255, 255, 255]],
    ['light', [238, 232, 213]],
  ] as const)('%s theme on %j: WCAG AA', (theme, background) => {
    for (const [look, color] of colorsOf(theme))
      expect(contrast(rgbOf(color), background), `${look} ${color}`).toBeGreaterThanOrEqual(4.5)
  })
})

test('without colours only weight and bars are left', () => {
  expect(colorsOf('none')).toEqual([])
  const paint = painterOf('none')
  expect(paint('error', 'x')).toBe('\u001b[1mx\u001b[0m')
  expect(paint('name1', 'x')).toBe('x')
  expect(paint('picked', 'x')).toBe('\u001b[7mx\u001b[0m')
})

test.each([
  [{ NO_COLOR: '1', PARLEY_THEME: 'light' }, 'none'],
  [{ TERM: 'dumb' }, 'none'],
  [{ PARLEY_THEME: 'light' }, 'light'],
  [{ COLORFGBG: '0;15' }, 'light'],
  [{ COLORFGBG: '15;0' }, 'dark'],
  [{ NO_COLOR: '' }, 'dark'],
])('%j means the theme %s', (env, theme) => {
  expect(themeFrom(env)).toBe(theme)
})

test('an author keeps the colour', () => {
  expect(nameLook('abc')).toBe(nameLook('abc'))
  const looks = new Set(Array.from({ length: 40 }, (_, index) => nameLook(`author ${index}`)))
  expect(looks.size).toBe(6)
})
