import { expect, test } from 'vitest'

import { Identity } from './identity.ts'
import { isLocked, lockKey, unlockKey } from './locked-key.ts'

/** Cheap, so that tests are fast. */
const LOG_N = 4

test('the passphrase opens what it locked, and no other does', () => {
  const pem = Identity.generate().toPem()
  const locked = lockKey(pem, 'correct horse', LOG_N)
  expect(isLocked(locked)).toBe(true)
  expect(isLocked(pem)).toBe(false)
  expect(locked).not.toContain(pem.split('\n')[1])
  expect(unlockKey(locked, 'correct horse')).toBe(pem)
  for (const wrong of ['', 'correct hors', 'correct horse ', 'Correct horse'])
    expect(unlockKey(locked, wrong)).toBeNull()
})

test('it does not matter how an accent was typed', () => {
  const locked = lockKey('x', 'caf\u00e9', LOG_N)
  expect(unlockKey(locked, 'cafe\u0301')).toBe('x')
})

test('the same key and passphrase look different every time', () => {
  expect(lockKey('x', 'y', LOG_N)).not.toBe(lockKey('x', 'y', LOG_N))
})

test('one bit changed anywhere, and it does not open', () => {
  const locked = lockKey('a private key', 'y', LOG_N)
  const lines = locked.trim().split('\n')
  const bytes = Buffer.from(lines.slice(1, -1).join(''), 'base64')
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    const text = [lines[0], changed.toString('base64'), lines.at(-1)].join('\n')
    let opened: string | null = null
    try {
      opened = unlockKey(text, 'y')
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(TypeError)
    }
    expect(opened, `byte ${at}`).toBeNull()
  }
})

test('a file that asks for all the memory there is, is none', () => {
  const locked = lockKey('x', 'y', LOG_N)
  const [first = '', ...rest] = locked.split('\n')
  const bytes = Buffer.from(rest[0] ?? '', 'base64')
  bytes[1] = 40
  const text = [first, bytes.toString('base64'), ...rest.slice(1)].join('\n')
  expect(() => unlockKey(text, 'y')).toThrow('not a locked key')
})
