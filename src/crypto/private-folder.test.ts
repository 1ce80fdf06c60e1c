import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { makePrivateFolder } from './private-folder.ts'

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

const place = (name: string, ...files: readonly string[]): string => {
  const parent = mkdtempSync(join(tmpdir(), 'parley-private-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  const path = join(parent, name)
  if (files.length === 0) return path
  mkdirSync(path, { mode: 0o755 })
  for (const file of files) if (file !== '') writeFileSync(join(path, file), '')
  return path
}

test('a new folder is for its owner alone', () => {
  const path = place('new/inner')
  makePrivateFolder(path)
  expect(modeOf(path)).toBe('700')
})

test('an empty one, and one that a node has used, are shut; what is not ours is let be', () => {
  const [empty, used, home] = [place('a', ''), place('b', 'node-key.pem', 'x'), place('c', 'diary')]
  for (const path of [empty, used, home]) makePrivateFolder(path)
  expect([empty, used, home].map(modeOf)).toEqual(['700', '700', '755'])
  chmodSync(empty, 0o555)
  makePrivateFolder(empty)
  // Where even its owner may not write, that is how somebody wanted it.
  expect(modeOf(empty)).toBe('500')
})

test('a folder that cannot be there is an error, not a search without end', () => {
  expect(() => makePrivateFolder('/proc/parley-data/deep')).toThrow(/ENOENT|EACCES|EPERM/)
})
