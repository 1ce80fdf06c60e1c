// docs/internals/simulator.md says where each invariant is checked: that much of it must be true.
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

interface Row {
  readonly id: string
  readonly files: readonly string[]
}

const rows: readonly Row[] = read('docs/internals/simulator.md')
  .split('\n')
  .flatMap((line) => {
    const [, id, , where] = line.split('|').map((cell) => cell.trim())
    if (id === undefined || where === undefined || !/^[SL]\d+$/.test(id)) return []
    return [{ id, files: [...where.matchAll(/`([^`]+\/[^`]+)`/g)].map(([, path]) => path ?? '') }]
  })

const numbered = (letter: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)

test('every invariant has its row', () => {
  expect(rows.map((row) => row.id)).toEqual([...numbered('S', 22), ...numbered('L', 10)])
})

test.for(rows)('$id is checked where it is said to be', ({ id, files }) => {
  expect(files).not.toEqual([])
  for (const path of files) expect(existsSync(new URL(path, root)), path).toBe(true)
  const checkers = files.filter((path) => /^sim\/(checkers|acts|world)/.test(path))
  const naming = checkers.filter((path) => new RegExp(`\\b${id}\\b`).test(read(path)))
  if (checkers.length > 0) expect(naming).not.toEqual([])
})
