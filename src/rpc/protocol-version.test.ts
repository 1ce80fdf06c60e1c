import { expect, test } from 'vitest'

import { agreedVersion, heldVersion, spokenVersions, versionError } from './protocol-version.ts'

const alice = { id: 'a', name: 'alice' }
const bob = { id: 'b', name: 'bob' }

test.each([
  [{ version: 1 }, { version: 1, upTo: 2 }, 1],
  [{ version: 1, upTo: 2 }, { version: 1, upTo: 2 }, 2],
  [{ version: 1, upTo: 3 }, { version: 2, upTo: 5 }, 3],
  [{ version: 1 }, { version: 2, upTo: 3 }, null],
])('%j and %j talk in %s', (own, other, version) => {
  expect(agreedVersion(own, other)).toBe(version)
  expect(agreedVersion(other, own)).toBe(version)
  expect(versionError({ ...alice, ...own }, { ...bob, ...other }) === null).toBe(version !== null)
})

test('both ends name the one that must be upgraded', () => {
  const old = { ...alice, version: 1 }
  const recent = { ...bob, version: 2, upTo: 3 }
  for (const error of [versionError(old, recent), versionError(recent, old)]) {
    expect(error?.code).toBe('VERSION_MISMATCH')
    expect(error?.message).toContain('alice must be upgraded')
    expect(error?.data).toMatchObject({ upgrade: 'alice' })
  }
})

test('a node can be held at what this build speaks or spoke, and at nothing newer', () => {
  expect(heldVersion('1')).toEqual({ version: 1 })
  expect(heldVersion('9')).toBeNull()
  expect(heldVersion('one')).toBeNull()
  expect(agreedVersion({ version: 1 }, spokenVersions())).toBe(1)
})
