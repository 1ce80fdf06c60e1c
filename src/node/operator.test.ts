import { expect, test } from 'vitest'

import type { ChatNode } from './running-node.ts'
import { agree, lobbyOf, node, until } from './test-nodes.suite.ts'

const lobbyOfThree = async (): Promise<[ChatNode, ChatNode, ChatNode]> =>
  (await lobbyOf('alice', 'bob', 'carol')) as [ChatNode, ChatNode, ChatNode]

test('an invite lets in as many as it says, and nobody once it is taken back', async () => {
  const alice = await node('alice')
  await alice.create('club', { policy: 'invite' })
  const { link, uses, expires } = await alice.operator.invite('club', { uses: 1 })
  expect(uses).toBe(1)
  expect(Date.parse(expires ?? '')).toBeGreaterThan(Date.now() + 6 * 86_400_000)
  expect(link).toMatch(/&exp=[^#]+#[\w-]{43}$/)
  const [bare = ''] = link.split('#')
  const mallory = await node('mallory')
  await expect(mallory.join({ target: bare, timeoutMs: 3_000 })).rejects.toMatchObject({
    code: 'REFUSED',
  })
  const bob = await node('bob')
  await bob.join({ target: link })
  await agree(alice, bob)
  await expect(mallory.join({ target: link, timeoutMs: 3_000 })).rejects.toMatchObject({
    code: 'REFUSED',
  })
  const second = await alice.operator.invite('club', { uses: 5 })
  expect(alice.operator.invites('club')).toMatchObject([{ usesLeft: 5, by: { name: 'alice' } }])
  await alice.operator.revoke('club', second.link)
  await expect(mallory.join({ target: second.link, timeoutMs: 3_000 })).rejects.toMatchObject({
    code: 'REFUSED',
  })
  await expect(bob.operator.invite('club')).rejects.toMatchObject({ code: 'REFUSED' })
  await expect(alice.operator.revoke('club', 'none-such')).rejects.toMatchObject({ code: 'USAGE' })
}, 20_000)

test('roles: given, used, and refused to those who are not entitled', async () => {
  const [alice, bob, carol] = await lobbyOfThree()
  await expect(bob.operator.rename('lobby', 'hall')).rejects.toMatchObject({ code: 'REFUSED' })
  await expect(bob.operator.setRole('lobby', 'bob', 'owner')).rejects.toMatchObject({
    code: 'REFUSED',
  })
  await alice.operator.setRole('lobby', 'bob', 'admin')
  await bob.operator.rename('lobby', 'hall')
  await until('all call it hall', () => carol.status().networks[0]?.name === 'hall')
  await bob.operator.ban('hall', '2')
  expect(alice.members('hall').map(({ name }) => name)).toEqual(['alice', 'bob'])
  await until('carol is out', () => carol.status().networks[0]?.role === 'left')
  await expect(
    carol.join({ target: `${alice.listen}/hall`, timeoutMs: 3_000 }),
  ).rejects.toMatchObject({ code: 'BANNED' })
  await alice.operator.unban('hall', 'carol')
  await carol.join({ target: `${alice.listen}/hall` })
  await expect(bob.operator.ban('hall', 'alice')).rejects.toMatchObject({ code: 'REFUSED' })
  await expect(alice.operator.unban('hall', 'carol')).rejects.toMatchObject({
    code: 'NOT_A_MEMBER',
  })
}, 20_000)

test('of two members with one name, neither is taken for the other', async () => {
  const [alice, one, two] = (await lobbyOf('alice', 'bob', 'bob')) as [ChatNode, ChatNode, ChatNode]
  await expect(alice.kick('lobby', 'bob')).rejects.toMatchObject({
    code: 'USAGE',
    data: { candidates: [one.id, two.id] },
  })
  await alice.kick('lobby', two.id.slice(0, 10))
  expect(alice.members('lobby').map(({ id }) => id)).toEqual([alice.id, one.id])
}, 20_000)

test('verify, and fingerprints that two members can compare', async () => {
  const [alice, bob] = await lobbyOfThree()
  for (const text of ['one', 'two', 'three']) await bob.send('lobby', text, { wait: 'all' })
  const found = await alice.operator.verify('lobby')
  expect(found).toMatchObject({ ok: true, messages: 3, head: alice.status().networks[0]?.head })
  expect(await bob.operator.verify('lobby')).toEqual(found)
  const early = await bob.operator.verify('lobby', 2)
  await bob.send('lobby', 'four', { wait: 'all' })
  expect((await alice.operator.verify('lobby', 2)).fingerprint).toBe(early.fingerprint)
  expect((await alice.operator.verify('lobby')).fingerprint).not.toBe(found.fingerprint)
  await expect(alice.operator.verify('lobby', 99)).rejects.toMatchObject({ code: 'USAGE' })
}, 20_000)

test('trace tells what is known of a message', async () => {
  const [alice, bob] = await lobbyOfThree()
  const { id } = await bob.send('lobby', 'where am I?', { wait: 'all' })
  await until('alice knows that bob has it', () => {
    return alice.operator.trace('lobby', '1').missing.length === 0
  })
  expect(alice.operator.trace('lobby', id)).toMatchObject({
    state: 'sequenced',
    author: { name: 'bob' },
    text: 'where am I?',
    position: 1,
    sequencedBy: { name: 'alice' },
    folded: false,
    storedBy: ['alice', 'bob', 'carol'],
  })
  expect(alice.operator.trace('lobby', id.slice(0, 13)).id).toBe(id)
  expect(() => alice.operator.trace('lobby', '#2')).toThrow('has no message')
}, 20_000)
