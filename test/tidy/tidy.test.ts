// What the compiler, the linter and the formatter do not hold: names, sizes, leftovers. The limit
// for functions is the linter's.
import { expect, test } from 'vitest'

import { isTest, listPaths, matchingLines, readSources } from './source.ts'

const MAX_LINE = 100
const MAX_LINES = 500

const sources = readSources()

test('files and folders are named in kebab-case', () => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/
  const isNamedByCustom = (name: string): boolean => /^([A-Z]+\.md|__snapshots__)$/.test(name)
  const wrong = listPaths().filter((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    return !kebab.test(name) && !isNamedByCustom(name)
  })
  expect(wrong).toEqual([])
})

test(`lines have at most ${MAX_LINE} characters`, () => {
  const tooLong = sources.flatMap((file) =>
    file.text.split('\n').flatMap((line, index) => {
      // The formatter breaks a doc comment by the length of its words, so the frame is not counted.
      const counted = line.replace(/^(\s*)\/\*\* (.*) \*\/$/, '$1$2')
      return counted.length > MAX_LINE ? [`${file.path}:${index + 1}  ${line.trim()}`] : []
    }),
  )
  expect(tooLong).toEqual([])
})

test(`files have at most ${MAX_LINES} lines`, () => {
  const sizes = sources.map((file) => `${file.path}: ${file.text.split('\n').length - 1}`)
  expect(sizes.filter((size) => Number(size.split(': ')[1]) > MAX_LINES)).toEqual([])
})

test('nothing is left for later or switched off', () => {
  const leftover = /\b(TO[D]O|FIX[M]E|X[X]X)\b|@ts-(ignore|nocheck)/
  expect(sources.flatMap((file) => matchingLines(file, file.text, leftover))).toEqual([])
})

test('no test runs alone', () => {
  const tests = sources.filter((file) => isTest(file.path))
  expect(tests.flatMap((file) => matchingLines(file, file.code, /\.only\b/))).toEqual([])
})

test('a union of names instead of an enum', () => {
  const enumeration = /^\s*(export\s+)?(declare\s+)?(const\s+)?enum\s+\w/
  expect(sources.flatMap((file) => matchingLines(file, file.code, enumeration))).toEqual([])
})
