import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import type { Proof } from '../rpc/security.ts'
import { KnownHosts } from './known-hosts.ts'

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'parley-hosts-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const proof = (letter: string, isVouched = false): Proof => ({
  id: null,
  pin: letter.repeat(43),
  isVouched,
})

const HOST = 'https://10.0.0.1:7400'

test('the first key is taken, and from then on no other, also after a restart', () => {
  const home = folder()
  const first = new KnownHosts(home).expect(HOST)
  first(proof('a'))
  first(proof('a'))
  expect(statSync(join(home, 'known-hosts')).mode & 0o777).toBe(0o600)
  const later = new KnownHosts(home)
  expect(() => later.expect(HOST)(proof('b'))).toThrow('another key than before')
  later.expect('https://10.0.0.1:7401')(proof('b'))
  later.expect(HOST)(proof('a'))
})

test('whoever shows no key at all is nobody', () => {
  expect(() => new KnownHosts(folder()).expect(HOST)(null)).toThrow('shows no key')
})

test('an authority may vouch for a key, which is not remembered', () => {
  const hosts = new KnownHosts(folder())
  hosts.expect(HOST)(proof('a', true))
  hosts.expect(HOST)(proof('b', true))
  hosts.expect(HOST)(proof('c'))
  expect(() => hosts.expect(HOST)(proof('a'))).toThrow('another key')
})

test('a line that is removed is forgotten; lines that are none are let be', () => {
  const home = folder()
  const path = join(home, 'known-hosts')
  new KnownHosts(home).expect(HOST)(proof('a'))
  expect(readFileSync(path, 'utf8')).toBe(`10.0.0.1:7400 ${'a'.repeat(43)}\n`)
  writeFileSync(path, '# none\nx y\n')
  new KnownHosts(home).expect(HOST)(proof('b'))
})

test('where it cannot be written down it holds until the end', () => {
  const faults: string[] = []
  const hosts = new KnownHosts(join(folder(), 'missing'), (what) => faults.push(what))
  hosts.expect(HOST)(proof('a'))
  expect(faults).toEqual(['known hosts'])
  expect(() => hosts.expect(HOST)(proof('b'))).toThrow('another key')
})
