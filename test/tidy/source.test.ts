import { describe, expect, test } from 'vitest'

import { blankText, importsOf } from './source.ts'

describe('blanking what is not code', () => {
  test.each([
    ['a // b', 'a     '],
    ['a /* b\nc */ d', 'a     \n     d'],
    [`f('it\\'s', "b") + 1`, `f('     ', " ") + 1`],
    ['x = /[/"]+\\/a/g.test(y)', 'x =            .test(y)'],
    ['half = a / b / c', 'half = a / b / c'],
    ['`a ${b + `c ${d}` + {}.e} f` + g', '`  ${b + `  ${d}` + {}.e}  ` + g'],
    ["'// no comment' // a comment", "'             '             "],
  ])('%j', (text, code) => {
    expect(blankText(text)).toBe(code)
  })
})

test('finding imports', () => {
  const text = [
    `import { a } from './a.ts'`,
    `import type {`,
    `  B,`,
    `} from '../b/index.ts'`,
    `import './c.ts'`,
    `export * from 'd'`,
    `export const notFrom = 'e' // import f from 'g'`,
    `const h = await import('node:h')`,
    `type I = import('./i.ts').I`,
    `const j = "import k from 'l'"`,
  ].join('\n')
  const found = importsOf({ path: 'src/core/x.ts', text, code: blankText(text) })
  expect(found.map((one) => [one.line, one.specifier, one.path])).toEqual([
    [1, './a.ts', 'src/core/a.ts'],
    [4, '../b/index.ts', 'src/b/index.ts'],
    [5, './c.ts', 'src/core/c.ts'],
    [6, 'd', null],
    [8, 'node:h', null],
    [9, './i.ts', 'src/core/i.ts'],
  ])
})
