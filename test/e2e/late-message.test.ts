import { expect, test } from 'vitest'

import { expectSameHistory, textsOf } from './harness/checks.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'

const scene = useScene()

/** Slow beats: there is time to type before anybody notices that the leader is silent. */
const slow = { args: ['--heartbeat-ms', '1500'] }

interface Timeout {
  readonly error: { readonly code: string; readonly hint: string }
}

test('a message typed while no leader answers is sent later by itself, once', async () => {
  const members = await scene().group('lobby', ['alice', 'bob'], slow)
  const [alice, bob] = members as [Member, Member]
  alice.signal('SIGSTOP')
  const ran = await bob.run('send', 'lobby', 'anybody?', '--timeout-ms', '500', '--json')
  expect(ran.code).toBe(4)
  expect((JSON.parse(ran.stderr) as Timeout).error.code).toBe('TIMEOUT')
  expect((await bob.network('lobby')).outbox).toBe(1)
  alice.signal('SIGCONT')
  await allAgree(members, 'lobby', { count: 1, withinMs: 30_000 })
  expect(textsOf(await expectSameHistory(members, 'lobby'))).toEqual(['anybody?'])
})

test('also if the author is killed in between', async () => {
  const members = await scene().group('lobby', ['alice', 'bob'], slow)
  const [alice, bob] = members as [Member, Member]
  alice.signal('SIGSTOP')
  const { message } = await bob.call('send', {
    network: 'lobby',
    text: 'before the end',
    wait: 'queued',
  })
  expect(message.position).toBeNull()
  await bob.kill()
  alice.signal('SIGCONT')
  await bob.restart()
  await bob.json('send', 'lobby', 'after it')
  await allAgree(members, 'lobby', { count: 2, withinMs: 30_000 })
  const texts = textsOf(await expectSameHistory(members, 'lobby'))
  expect(texts).toEqual(['before the end', 'after it'])
})

test('a member that is alone goes on alone, and says what it has when others come', async () => {
  const members = await scene().group('lobby', ['alice', 'bob'])
  const [alice, bob] = members as [Member, Member]
  await Promise.all([alice.kill(), bob.kill()])
  await bob.restart()
  await bob.json('send', 'lobby', 'is this on?', '--wait', 'queued')
  await alice.restart()
  await allAgree(members, 'lobby', { count: 1, withinMs: 30_000 })
  expect(textsOf(await expectSameHistory(members, 'lobby'))).toEqual(['is this on?'])
})
