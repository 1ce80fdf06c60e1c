import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { loadIdentity } from '../crypto/identity-file.ts'
import { recallKey, rememberKey } from './nds-keys.ts'

let home = ''
const before = process.env['XDG_DATA_HOME']

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'parley-nds-keys-'))
  process.env['XDG_DATA_HOME'] = home
})

afterEach(() => {
  if (before === undefined) delete process.env['XDG_DATA_HOME']
  else process.env['XDG_DATA_HOME'] = before
  rmSync(home, { recursive: true, force: true })
})

test('a service that comes back empty at its address has its key, and no other has', () => {
  const { id } = loadIdentity(join(home, 'one'))
  rememberKey('127.0.0.1:7400', join(home, 'one'), () => {})
  recallKey('127.0.0.1:7400', join(home, 'empty'))
  expect(loadIdentity(join(home, 'empty')).id).toBe(id)
  recallKey('127.0.0.1:7401', join(home, 'elsewhere'))
  expect(loadIdentity(join(home, 'elsewhere')).id).not.toBe(id)
  // One that has a key of its own keeps it.
  const own = loadIdentity(join(home, 'own'))
  recallKey('127.0.0.1:7400', join(home, 'own'))
  expect(loadIdentity(join(home, 'own')).id).toBe(own.id)
})

test('the number of copies is bounded', () => {
  loadIdentity(join(home, 'one'))
  for (let port = 1; port <= 40; port += 1) rememberKey(`h:${port}`, join(home, 'one'), () => {})
  expect(readdirSync(join(home, 'parley', 'nds-keys'))).toHaveLength(32)
})

test('where no copy can be made it says so', () => {
  const notes: string[] = []
  loadIdentity(join(home, 'one'))
  writeFileSync(join(home, 'parley'), 'in the way')
  rememberKey('h:1', join(home, 'one'), (text) => notes.push(text))
  expect(notes.join()).toContain('no second copy')
})
