import { expect, test } from 'vitest'

import { agree, lobbyOf, statusOf, until } from './test-nodes.suite.ts'

test('who alone has a part of the history does not leave by mistake', async () => {
  const [alice, bob] = await lobbyOf('alice', 'bob')
  if (alice === undefined || bob === undefined) throw new Error('two are needed')
  await alice.send('lobby', 'for both', { wait: 'all' })
  await bob.destroy()
  await until('bob is missed', () => statusOf(alice).active === 1)
  await alice.send('lobby', 'for nobody')
  await expect(alice.leave('lobby')).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'Nobody else in lobby has one message of its history',
    data: { onlyHere: 1 },
  })
  expect(statusOf(alice).role).toBe('leader')
  await alice.leave('lobby', { force: true })
  expect(alice.status().networks).toEqual([])
})

test('where all have all of it, anybody may go', async () => {
  const [alice, bob] = await lobbyOf('alice', 'bob')
  if (alice === undefined || bob === undefined) throw new Error('two are needed')
  await alice.send('lobby', 'for both', { wait: 'all' })
  await agree(alice, bob)
  await bob.leave('lobby')
  await alice.leave('lobby')
  expect(alice.status().networks).toEqual([])
})

test('a network of one is nobody’s loss', async () => {
  const [alice] = await lobbyOf('alice')
  await alice?.send('lobby', 'to myself')
  await alice?.leave('lobby')
  expect(alice?.status().networks).toEqual([])
})
