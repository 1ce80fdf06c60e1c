import { expect, test } from 'vitest'

import { LOBBY, statusOf, who } from '../view-model/scene.suite.ts'
import { statusLines } from './reports.ts'

const node = { ...who('alice'), listen: '127.0.0.1:1', fingerprint: '12345' }
const splitSince = '2026-01-01T00:00:00.000Z'

test('a network in two is writable, but not where the disk takes nothing', () => {
  const split = statusOf(LOBBY, { splitSince })
  const fault = { code: 'STORAGE_FULL', message: 'The disk is full' }
  expect(statusLines({ node, networks: [split] })).toContain('still writable')
  const full = statusLines({ node, networks: [{ ...split, role: 'failed', fault }] })
  expect(full).toContain('STORAGE_FULL')
  expect(full).toContain(`cut off from others since ${splitSince}`)
  expect(full).not.toContain('writable')
})

test('a network that somebody was put out of says by whom, and of no members', () => {
  const removed = { code: 'BANNED', by: who('bob') } as const
  const text = statusLines({ node, networks: [statusOf(LOBBY, { role: 'left', removed })] })
  expect(text).toContain('you were banned from lobby by bob')
  expect(text).not.toContain('active')
})
