// Imports point one way: core ← crypto, rpc, store, nds ← node ← view-model ← chat ← tui ← cli, and
// chat ← web.
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

import { expect, test } from 'vitest'

import { importsOf, isTest, listPaths, matchingLines, readSources, root } from './source.ts'

/** What each layer may import besides itself. A new layer takes its place in the picture here. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'src/core': [],
  'src/crypto': ['src/core'],
  'src/rpc': ['src/core'],
  'src/store': ['src/core'],
  'src/nds': ['src/core', 'src/rpc'],
  'src/node': ['src/core', 'src/crypto', 'src/rpc', 'src/store', 'src/nds'],
  'src/observe': ['src/core', 'src/rpc', 'src/node'],
  'src/view-model': ['src/core', 'src/node'],
  'src/chat': ['src/core', 'src/rpc', 'src/node', 'src/view-model'],
  'src/web': ['src/core', 'src/rpc', 'src/node', 'src/view-model', 'src/chat'],
  'src/tui': ['src/core', 'src/rpc', 'src/node', 'src/view-model', 'src/chat'],
  'src/lab': ['src/core', 'src/rpc', 'src/node', 'src/observe', 'src/tui'],
  'src/cli': [
    'src/core',
    'src/crypto',
    'src/rpc',
    'src/nds',
    'src/node',
    'src/observe',
    'src/view-model',
    'src/tui',
    'src/lab',
  ],
  sim: ['src/core', 'src/store'],
}

/** Where the world is a parameter: no clock, chance, waiting, locale or output of its own. */
const PURE = ['src/core/', 'src/nds/registry', 'src/view-model/']

const IMPURE = new RegExp(
  [
    String.raw`\b(Date|Intl|Promise|performance|console)\b`,
    String.raw`\bMath\.random\b`,
    String.raw`\b(async|await)\s`,
    String.raw`\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b`,
    String.raw`\b(localeCompare|toLocale\w+)\b`,
    String.raw`\b(globalThis|WeakRef|FinalizationRegistry)\b`,
  ].join('|'),
)

const sources = readSources()
const shipped = sources.filter((file) => !isTest(file.path))

/** `src/core` for `src/core/log/order.ts`, `sim` for `sim/world.ts`. */
const layerOf = (path: string): string =>
  path
    .split('/')
    .slice(0, path.startsWith('src/') ? 2 : 1)
    .join('/')

test('every layer has its place', () => {
  const layers = listPaths().filter((path) => /^src\/[^/]+$/.test(path))
  expect(layers.filter((layer) => MAY_IMPORT[layer] === undefined)).toEqual([])
})

test('imports point one way', () => {
  const wrong = shipped.flatMap((file) => {
    const layer = layerOf(file.path)
    const allowed = MAY_IMPORT[layer]
    if (allowed === undefined) return []
    return importsOf(file)
      .filter(({ path }) => path !== null && ![layer, ...allowed].includes(layerOf(path)))
      .map(({ line, specifier }) => `${file.path}:${line}  ${specifier}`)
  })
  expect(wrong).toEqual([])
})

test('the compiler is told the same directions', () => {
  for (const [layer, allowed] of Object.entries(MAY_IMPORT)) {
    const config = readFileSync(join(root, layer, 'tsconfig.json'), 'utf8')
    const references = Array.from(config.matchAll(/"path": "([^"]+)"/g), ([, path]) =>
      posix.join(layer, path ?? ''),
    )
    expect(references.toSorted(), layer).toEqual([...allowed].toSorted())
  }
})

test('nothing in src knows the simulator, the tests or the tools', () => {
  const wrong = sources
    .filter((file) => file.path.startsWith('src/'))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ path }) => path !== null && !path.startsWith('src/'))
        .map(({ line, specifier }) => `${file.path}:${line}  ${specifier}`),
    )
  expect(wrong).toEqual([])
})

test('the core imports nothing but itself', () => {
  const wrong = shipped
    .filter((file) => file.path.startsWith('src/core/'))
    .flatMap((file) => importsOf(file).map((one) => ({ ...one, file: file.path })))
    .filter(({ path }) => path === null || !path.startsWith('src/core/'))
  expect(wrong.map(({ file, line, specifier }) => `${file}:${line}  ${specifier}`)).toEqual([])
})

test('the view model knows itself, the pure core, and of the node only its types', () => {
  const files = shipped.filter((file) => file.path.startsWith('src/view-model/'))
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter(({ path }) => path === null || !/^src\/(view-model|core)\//.test(path))
      .filter(({ path, line }) => {
        const statement = file.text.split('\n').slice(0, line).join('\n')
        const isType = /\bimport type\b[^;]*$/.test(
          statement.slice(statement.lastIndexOf('import')),
        )
        return path === null || !isType
      })
      .map(({ line, specifier }) => `${file.path}:${line}  ${specifier}`),
  )
  expect(wrong).toEqual([])
})

test('pure code has no clock, no chance, no waiting, no locale and no output', () => {
  const pure = shipped.filter((file) => PURE.some((start) => file.path.startsWith(start)))
  expect(pure.flatMap((file) => matchingLines(file, file.code, IMPURE))).toEqual([])
})
