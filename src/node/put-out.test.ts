import { PassThrough } from 'node:stream'

import { describe, expect, test } from 'vitest'

import { ParleyError } from '../rpc/errors.ts'
import type { StreamLine } from './local-api/types.ts'
import { streamMessages } from './local-api/message-stream.ts'
import { refusalOf } from './put-out.ts'
import type { ChatNode } from './running-node.ts'
import { agree, eventsOf, lobbyOf, node, statusOf, tempFolder, until } from './test-nodes.suite.ts'

const errorOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'done'
  } catch (error) {
    return error instanceof ParleyError ? `${error.code}: ${error.message}` : String(error)
  }
}

const wordsOf = (what: () => unknown): Promise<string> =>
  errorOf(new Promise((resolve) => resolve(what())))

const isOut = (one: ChatNode): Promise<void> =>
  until(`${one.name} is out`, () => statusOf(one).removed !== undefined)

/** All lines of a stream that ends by itself. */
const linesOf = async (one: ChatNode, network: string, follow: boolean): Promise<StreamLine[]> => {
  const out = new PassThrough()
  streamMessages(one, { network, follow }, out)
  const text = (await out.toArray()).join('')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StreamLine)
}

describe('a member that is put out', () => {
  test('is told by whom, keeps what was said, and puts it away when it likes', async () => {
    const [alice, bob] = await lobbyOf('alice', 'bob')
    if (alice === undefined || bob === undefined) throw new Error('no nodes')
    await bob.send('lobby', 'hello', { wait: 'all' })
    const following = linesOf(bob, 'LOBBY', true)
    await alice.kick('lobby', 'bob')
    await isOut(bob)
    const by = { id: alice.id, name: 'alice' }
    expect(statusOf(bob)).toMatchObject({ count: 1, removed: { code: 'NOT_A_MEMBER', by } })
    const lines = await following
    const { id: network, name } = bob.find('lobby')
    expect(lines).toContainEqual({ event: 'removed', network, name, code: 'NOT_A_MEMBER', by })
    expect(lines.at(-1)).toMatchObject({ event: 'end', code: 'NOT_A_MEMBER' })
    const said = 'NOT_A_MEMBER: You were removed from lobby by alice'
    expect(await errorOf(bob.send('lobby', 'why?'))).toBe(said)
    expect(await errorOf(bob.setTopic('lobby', 'why?'))).toBe(said)
    expect(await linesOf(bob, 'Lobby', false)).toMatchObject([{ text: 'hello' }])
    expect(
      (await linesOf(bob, 'lobby', true)).map((line) => 'event' in line && line.event),
    ).toEqual([false, 'end'])
    await bob.leave('lobby')
    expect(bob.status().networks).toEqual([])
    expect(await errorOf(bob.leave('lobby'))).toBe('NOT_A_MEMBER: This node has left lobby')
    expect(await linesOf(bob, 'lobby', false)).toMatchObject([{ text: 'hello' }])
  })

  test('and was away then, is shown the ban, also after another start', async () => {
    const folder = tempFolder()
    const alice = await node('alice')
    await alice.create('lobby')
    const carol = await node('carol')
    const bob = await node('bob', { dataDir: folder })
    for (const one of [carol, bob]) await one.join({ target: alice.listen })
    await agree(alice, carol, bob)
    await bob.destroy()
    await until('bob is missed', () => statusOf(alice).active === 2)
    await alice.operator.ban('lobby', 'bob')
    const back = await node('bob', { dataDir: folder })
    await isOut(back)
    const removed = { code: 'BANNED', by: { id: alice.id, name: 'alice' } }
    expect(statusOf(back)).toMatchObject({ removed })
    expect(await errorOf(back.send('lobby', 'hm'))).toBe(
      'BANNED: You were banned from lobby by alice',
    )
    await until('it has ended', () => statusOf(back).role === 'left')
    await back.stop()
    const again = await node('bob', { dataDir: folder })
    expect(statusOf(again)).toMatchObject({ role: 'left', removed })
    await alice.operator.unban('lobby', 'bob')
    await again.join({ target: alice.listen })
    expect(statusOf(again).removed).toBeUndefined()
    await again.send('lobby', 'thanks', { wait: 'all' })
  })
})

test('a link that lets nobody in any more says so, and not that a link is needed', async () => {
  const alice = await node('alice')
  await alice.create('club', { policy: 'invite' })
  const { link } = await alice.invite('club')
  const bob = await node('bob')
  await bob.join({ target: link })
  const carol = await node('carol')
  expect(await errorOf(carol.join({ target: link }))).toMatch(/^REFUSED: The invite .* is used up/)
  expect(await errorOf(carol.join({ target: alice.listen }))).toMatch(/only those who are invited/)
  expect(carol.status().networks).toEqual([])
})

test('an invite that was taken back, and one that has expired, say so', async () => {
  const alice = await node('alice')
  await alice.create('club', { policy: 'invite' })
  const bob = await node('bob')
  const { link } = await alice.invite('club')
  await alice.operator.revoke('club', link)
  expect(await errorOf(bob.join({ target: link }))).toMatch(/^REFUSED: The invite .* taken back/)
  expect(refusalOf('INVITE_EXPIRED', true).message).toBe('The invite has expired')
})

test('what cannot be is refused at once, and a queued message waits for all others', async () => {
  const [alice, bob] = await lobbyOf('alice', 'bob')
  if (alice === undefined || bob === undefined) throw new Error('no nodes')
  expect(await errorOf(bob.send('lobby', 'x', { wait: 3 }))).toBe(
    'USAGE: Wait for 3? Members of lobby: 2',
  )
  expect(await bob.send('lobby', 'x', { wait: 'queued' })).toMatchObject({
    position: null,
    storedBy: 1,
    of: 2,
    missing: ['alice'],
  })
  expect(await errorOf(bob.create(''))).toMatch(/^USAGE: A name has/)
})

test('several networks of one name: none of them is picked silently', async () => {
  const [alice, bob, carol] = [await node('alice'), await node('bob'), await node('carol')]
  await alice.create('lobby')
  await bob.create('Lobby')
  await carol.join({ target: alice.listen })
  await carol.leave('lobby')
  await carol.join({ target: bob.listen })
  await carol.leave('lobby')
  expect(await wordsOf(() => streamMessages(carol, { network: 'lobby' }, new PassThrough()))).toBe(
    'USAGE: Several networks fit lobby',
  )
})

test('a split that ends without anything to merge ends with a word', async () => {
  const folder = tempFolder()
  const alice = await node('alice')
  await alice.create('lobby')
  const bob = await node('bob', { dataDir: folder })
  await bob.join({ target: alice.listen })
  await agree(alice, bob)
  const events = eventsOf(alice)
  await bob.destroy()
  await until('alice is alone', () => events.some(({ event }) => event === 'split'))
  const back = await node('bob', { dataDir: folder })
  await agree(alice, back)
  await until('it is over', () => events.some(({ event }) => event === 'whole'))
  expect(statusOf(alice).splitSince).toBeNull()
})
