import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import {
  changePassphrase,
  copyIdentity,
  IdentityError,
  identityPath,
  isIdentityLocked,
  loadIdentity,
} from './identity-file.ts'

/** Cheap, so that tests are fast. */
const LOG_N = 4

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-identity-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const faultOf = (work: () => unknown): unknown => {
  try {
    work()
  } catch (fault) {
    return fault
  }
  throw new Error('nothing was thrown')
}

it('a node that starts in a new folder gets an identity, and keeps it', () => {
  const folder = join(newFolder(), 'deep', 'data')
  const first = loadIdentity(folder)
  expect(loadIdentity(folder).id).toBe(first.id)
  expect(readdirSync(folder)).toEqual(['node-key.pem'])
})

it('nobody else may read the key, nor look into the folder', () => {
  const folder = join(newFolder(), 'data')
  loadIdentity(folder)
  expect(statSync(identityPath(folder)).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  chmodSync(identityPath(folder), 0o644)
  loadIdentity(folder)
  expect(statSync(identityPath(folder)).mode & 0o777).toBe(0o600)
})

it('a damaged key file is told, and left as it is', () => {
  const folder = newFolder()
  const path = identityPath(folder)
  writeFileSync(path, 'garbage')
  const fault = faultOf(() => loadIdentity(folder))
  expect(fault).toBeInstanceOf(IdentityError)
  expect(fault).toMatchObject({ code: 'IDENTITY_UNREADABLE', path })
  expect(readFileSync(path, 'utf8')).toBe('garbage')
})

it('a folder that cannot be made is told', () => {
  const file = join(newFolder(), 'file')
  writeFileSync(file, '')
  const fault = faultOf(() => loadIdentity(join(file, 'data')))
  expect(fault).toMatchObject({ name: 'IdentityError', path: join(file, 'data', 'node-key.pem') })
})

it('what a crash left of an earlier attempt is in nobody’s way', () => {
  const folder = newFolder()
  mkdirSync(join(folder, 'node-key.pem.0123456789ab'))
  loadIdentity(folder)
  expect(existsSync(identityPath(folder))).toBe(true)
})

it('under a passphrase from the start, the key is nowhere in the folder', () => {
  const folder = newFolder()
  const { id } = loadIdentity(folder, 'open sesame', LOG_N)
  expect(isIdentityLocked(folder)).toBe(true)
  expect(readdirSync(folder)).toEqual(['node-key.pem'])
  expect(readFileSync(identityPath(folder), 'utf8')).toContain('BEGIN PARLEY LOCKED PRIVATE KEY')
  expect(loadIdentity(folder, 'open sesame').id).toBe(id)
  expect(faultOf(() => loadIdentity(folder))).toMatchObject({ code: 'IDENTITY_LOCKED' })
  expect(faultOf(() => loadIdentity(folder, 'x'))).toMatchObject({ code: 'PASSPHRASE_WRONG' })
})

it('a key that lay open is locked by the first start with a passphrase, and stays the same', () => {
  const folder = newFolder()
  const { id } = loadIdentity(folder)
  expect(isIdentityLocked(folder)).toBe(false)
  expect(loadIdentity(folder, 'one', LOG_N).id).toBe(id)
  expect(isIdentityLocked(folder)).toBe(true)
  changePassphrase(folder, 'one', 'two', LOG_N)
  expect(faultOf(() => loadIdentity(folder, 'one'))).toMatchObject({ code: 'PASSPHRASE_WRONG' })
  changePassphrase(folder, 'two', null)
  expect(loadIdentity(folder).id).toBe(id)
  expect(readdirSync(folder)).toEqual(['node-key.pem'])
})

it('a copy of a key is the same node; another key is kept unless told otherwise', () => {
  const [from, to] = [join(newFolder(), 'a'), join(newFolder(), 'b')]
  copyIdentity(from, to, false)
  expect(existsSync(to)).toBe(false)
  const { id } = loadIdentity(from)
  copyIdentity(from, to, false)
  expect(loadIdentity(to).id).toBe(id)
  expect(statSync(identityPath(to)).mode & 0o777).toBe(0o600)
  rmSync(identityPath(from))
  const other = loadIdentity(from)
  copyIdentity(from, to, false)
  expect(loadIdentity(to).id).toBe(id)
  copyIdentity(from, to, true)
  expect(loadIdentity(to).id).toBe(other.id)
  expect(readdirSync(to)).toEqual(['node-key.pem'])
})
