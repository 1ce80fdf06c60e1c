import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { identityPath } from '../crypto/identity-file.ts'
import type { NetworkStatus, NodeStatus } from '../node/api.ts'
import { checkFolder, checks, ROOM_BYTES, type Check } from './doctor-checks.ts'

const nodeOf = (reached: NodeStatus['node']['reached']) =>
  ({ reached, addresses: ['10.0.0.5:7411'] }) as unknown as NodeStatus['node']

const networkOf = (more: Partial<NetworkStatus>): NodeStatus => {
  const one = { name: 'lobby', role: 'leader', fault: null, splitSince: null, outbox: 0, ...more }
  return { networks: [one] } as unknown as NodeStatus
}

const lan = { cards: ['10.0.0.5'], fault: null, nodes: 1 }

test.each<[string, Check, RegExp]>([
  ['shut in by a firewall', checks.reachable(nodeOf('dial-out-only')), /port 7411.*firewall/],
  ['no multicast', checks.multicast({ ...lan, fault: 'EADDRINUSE' }), /UDP port 5353/],
  ['no network', checks.multicast({ ...lan, cards: [] }), /Connect/],
  ['a clock that is slow', checks.clock([60_000, 61_000, 0]), /Set this clock/],
  ['a clock that is fast', checks.clock([-60_000]), /Set this clock/],
  ['a name that is no name', checks.resolution('nowhere.example', null), /spelt/],
  ['an old version', checks.version('bob must be upgraded'), /Install the newer/],
  ['a full disk', checks.room(ROOM_BYTES - 1), /Make room/],
  [
    'a group that cannot store',
    checks.networks(networkOf({ fault: { code: 'X', message: 'disk' } }))[0] as Check,
    /status/,
  ],
  [
    'a group that is split',
    checks.networks(networkOf({ splitSince: '2026-01-01' }))[0] as Check,
    /by itself/,
  ],
])('%s is found, with what to do about it', (_, check, hint) => {
  expect(check.ok).toBe(false)
  expect(check.detail).not.toBe('')
  expect(check.hint).toMatch(hint)
})

test.each([
  ['reached', checks.reachable(nodeOf('both-ways'))],
  ['multicast', checks.multicast(lan)],
  ['the clock', checks.clock([4_000, -60_000, 90_000])],
  ['a name', checks.resolution('nds.example', '10.0.0.7')],
  ['room', checks.room(ROOM_BYTES)],
  ['a group', checks.networks(networkOf({}))[0] as Check],
])('%s that is well needs nothing', (_, check) => {
  expect(check).toMatchObject({ ok: true, hint: '' })
})

test.each([
  ['reached', checks.reachable(nodeOf('unknown'))],
  ['a clock', checks.clock([])],
  ['a network without others', checks.multicast({ ...lan, nodes: 0 })],
  ['a network that is left alone', checks.multicast(null)],
])('%s of which nothing is known is not called bad', (_, check) => {
  expect(check.ok).toBeNull()
})

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'parley-doctor-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const resultOf = (dataDir: string, name: string): Check | undefined =>
  checkFolder(dataDir).find((check) => check.name === name)

test('a folder and a key that others may read are found', () => {
  const dataDir = folder()
  writeFileSync(identityPath(dataDir), 'key', { mode: 0o600 })
  expect(resultOf(dataDir, 'permissions')?.ok).toBe(true)
  chmodSync(identityPath(dataDir), 0o644)
  expect(resultOf(dataDir, 'permissions')?.hint).toBe(`chmod 600 ${identityPath(dataDir)}`)
  chmodSync(dataDir, 0o755)
  expect(resultOf(dataDir, 'permissions')?.hint).toBe(`chmod 700 ${dataDir}`)
})

test('a folder that is not there is found', () => {
  expect(resultOf(join(folder(), 'none'), 'data folder')).toMatchObject({ ok: false })
})
