// What operators do to a running group: upgrade it node by node, and restore a node from a backup.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { expectSameHistory } from './harness/checks.ts'
import { startCollector } from './harness/collector.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()

/** Speaks the protocol as builds did that knew of nothing newer. */
const OLD = { env: { PARLEY_PROTOCOL: '1' } }
const NEW = { env: { PARLEY_PROTOCOL: '' } }

test('a group is upgraded node by node, and talks all the while', async () => {
  const collector = await startCollector()
  const old = await scene().group('lobby', ['alice', 'bob'], OLD)
  const [alice, bob] = old as [Member, Member]
  // The newest build says more than the old ones understand, and must not say it to them.
  const carol = await scene().member('carol', { args: ['--otlp', collector.url] })
  await carol.call('join', { target: `${alice.ready.listen}/lobby`, timeoutMs: 15_000 }, 20_000)
  const members = [alice, bob, carol]
  await allAgree(members, 'lobby')
  const say = async (from: Member, text: string): Promise<void> => {
    const { message } = await from.call('send', { network: 'lobby', text, wait: 'all' }, 20_000)
    expect(message.missing).toEqual([])
  }
  await say(carol, 'one is new')
  await bob.kill('SIGTERM')
  await bob.restart(NEW)
  await allAgree(members, 'lobby', { count: 1 })
  await say(bob, 'two are new')
  await alice.kill('SIGTERM')
  await alice.restart(NEW)
  await allAgree(members, 'lobby', { count: 2 })
  await say(alice, 'all are new')
  await allAgree(members, 'lobby', { count: 3 })
  await expectSameHistory(members, 'lobby')
  for (const member of members) {
    const { node } = await member.call('status', {})
    expect(node.turnedAway).toMatchObject({ malformed: 0, version: 0 })
  }
  await until('it was traced', () => collector.spans.some(({ name }) => name === 'message'))
})

test('a node that is too old is told that it is the one to be upgraded', async () => {
  const [alice] = (await scene().group('lobby', ['alice'])) as [Member]
  const ancient = await scene().member('ancient', { env: { PARLEY_PROTOCOL: '0' } })
  const joined = await ancient.run('join', `${alice.ready.listen}/lobby`)
  expect(joined.code).toBe(5)
  expect(joined.stderr).toContain('ancient must be upgraded (VERSION_MISMATCH)')
  const { stdout } = await scene().run(['logs', '--json', '--level', 'warn', alice.dataDir])
  const told = JSON.parse(stdout.trim().split('\n')[0] ?? '') as Record<string, unknown>
  expect(told).toMatchObject({ event: 'version-mismatch', upgrade: 'ancient' })
  const { node } = await alice.call('status', {})
  expect(node.turnedAway?.['version']).toBeGreaterThan(0)
})

test('a node restored from an older backup is another run of it, and harms nothing', async () => {
  const members = await scene().group('lobby', ['alice', 'bob', 'carol'])
  const [alice, bob, carol] = members as [Member, Member, Member]
  await bob.call('send', { network: 'lobby', text: 'before', wait: 'all' })
  await bob.kill('SIGTERM')
  const backup = join(scene().folder, 'backup')
  cpSync(bob.dataDir, backup, { recursive: true })
  await bob.restart()
  await allAgree(members, 'lobby', { count: 1 })
  for (const text of ['after 1', 'after 2'])
    await bob.call('send', { network: 'lobby', text, wait: 'all' })
  await bob.kill()
  rmSync(bob.dataDir, { recursive: true })
  cpSync(backup, bob.dataDir, { recursive: true })
  await bob.restart()
  await allAgree(members, 'lobby', { count: 3 })
  await bob.call('send', { network: 'lobby', text: 'restored', wait: 'all' })
  await allAgree(members, 'lobby', { count: 4 })
  const history = await expectSameHistory([alice, bob, carol], 'lobby')
  expect(history.map(({ text }) => text)).toEqual(['before', 'after 1', 'after 2', 'restored'])
})
