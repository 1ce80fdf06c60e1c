/** Nodes that talk: real sockets, real disks, one process. */
import { expect, test } from 'vitest'

import { ParleyError } from '../rpc/errors.ts'
import type { SentMessage } from './api.ts'
import {
  agree,
  discovery,
  eventsOf,
  lobbyOf,
  node,
  statusOf,
  tempFolder,
  textsOf,
  until,
} from './test-nodes.suite.ts'

const failing = (code: string) => expect.objectContaining({ code })

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'no error'
  } catch (error) {
    return error instanceof ParleyError ? error.code : String(error)
  }
}

test('three found a group, join it through each other, and all see the same', async () => {
  const alice = await node('alice')
  const created = await alice.create('lobby')
  expect(created.network.name).toBe('lobby')
  expect(created.member).toBe(0)
  const bob = await node('bob')
  expect(await bob.join({ target: alice.listen })).toMatchObject({
    member: 1,
    network: created.network,
  })
  const carol = await node('carol')
  // Bob does not lead: Carol is sent on to Alice.
  expect(await carol.join({ target: `${bob.listen}/lobby` })).toMatchObject({ member: 2 })
  const sent: SentMessage[] = []
  for (const one of [alice, bob, carol])
    sent.push(await one.send('lobby', `hello from ${one.name}`, { wait: 'all' }))
  expect(
    sent.map(({ position, storedBy, of, missing }) => ({ position, storedBy, of, missing })),
  ).toEqual([1, 2, 3].map((position) => ({ position, storedBy: 3, of: 3, missing: [] })))
  await agree(alice, bob, carol)
  for (const one of [alice, bob, carol])
    expect(textsOf(one)).toEqual(['hello from alice', 'hello from bob', 'hello from carol'])
  const members = carol.members('lobby')
  expect(
    members.map(({ number, name, leader, active, self }) => [number, name, leader, active, self]),
  ).toEqual([
    [0, 'alice', true, true, false],
    [1, 'bob', false, true, false],
    [2, 'carol', false, true, true],
  ])
  expect(statusOf(bob)).toMatchObject({
    role: 'follower',
    active: 3,
    roster: 3,
    count: 3,
    outbox: 0,
  })
  // What is joined already is there at once.
  expect(await carol.join({ target: 'lobby' })).toMatchObject({ member: 2 })
})

test('a newcomer has the whole history, and is told what it is told in order', async () => {
  const alice = await node('alice')
  await alice.create('lobby')
  const texts = Array.from({ length: 300 }, (_, at) => `message ${at}`)
  await Promise.all(texts.map((text) => alice.send('lobby', text)))
  const bob = await node('bob')
  const events = eventsOf(bob)
  await bob.join({ target: alice.listen })
  expect(textsOf(bob)).toEqual(texts)
  const positions = events.flatMap((one) => (one.event === 'message' ? one.message.position : []))
  expect(positions).toEqual(texts.map((_, at) => at + 1))
  expect(bob.history('lobby', { from: 100, limit: 2 }).map(({ text }) => text)).toEqual([
    'message 99',
    'message 100',
  ])
  expect(bob.search('lobby', 'message 299', { limit: 5 }).map(({ position }) => position)).toEqual([
    300,
  ])
})

test('what is no message is refused with a code', async () => {
  const [alice] = await lobbyOf('alice')
  if (alice === undefined) throw new Error('no node')
  expect(await codeOf(alice.send('lobby', ''))).toBe('USAGE')
  expect(await codeOf(alice.send('lobby', 'x'.repeat(65_537)))).toBe('TOO_LARGE')
  expect(await codeOf(alice.send('nowhere', 'x'))).toBe('NETWORK_NOT_FOUND')
  expect(await codeOf(alice.create('lobby'))).toBe('NAME_TAKEN')
  expect(await codeOf(alice.create(' '))).toBe('USAGE')
  expect(await codeOf(alice.join({ target: 'parley://join/x' }))).toBe('USAGE')
  expect(await codeOf(alice.join({ target: 'nowhere', timeoutMs: 500 }))).toBe('NETWORK_NOT_FOUND')
  expect(await codeOf(alice.join({ target: '127.0.0.1:1', timeoutMs: 500 }))).toBe('UNREACHABLE')
  await alice.send('lobby', 'x'.repeat(65_536))
  await alice.send('lobby', 'broken \ud800 text')
  expect(textsOf(alice).at(-1)).toBe('broken \ufffd text')
  await expect(alice.send('lobby', 'for nine', { wait: 9 })).rejects.toEqual(failing('USAGE'))
  expect(textsOf(alice).at(-1)).toBe('broken \ufffd text')
  await expect(alice.send('lobby', 'x', { wait: 0 })).rejects.toEqual(failing('USAGE'))
})

test('a leader that stops hands over, and comes back as the youngest', async () => {
  const dataDir = tempFolder()
  const alice = await node('alice', { dataDir })
  await alice.create('lobby')
  const bob = await node('bob')
  const carol = await node('carol')
  await bob.join({ target: alice.listen })
  await carol.join({ target: bob.listen })
  await agree(alice, bob, carol)
  await alice.stop()
  await agree(bob, carol)
  expect(statusOf(carol).leader).toMatchObject({ name: 'bob', number: 1 })
  // Whoever left is not missed.
  expect(statusOf(bob).splitSince).toBeNull()
  await carol.send('lobby', 'without alice', { wait: 'all' })
  const again = await node('alice', { dataDir })
  await agree(again, bob, carol)
  expect(statusOf(again).leader?.name).toBe('bob')
  expect(again.members('lobby').map(({ name }) => name)).toEqual(['bob', 'carol', 'alice'])
  expect(textsOf(again)).toEqual(['without alice'])
})

test('a leader is killed: the next one leads, and nothing acknowledged is lost', async () => {
  const [alice, bob, carol] = await lobbyOf('alice', 'bob', 'carol')
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error('no nodes')
  await carol.send('lobby', 'before', { wait: 'all' })
  const events = eventsOf(carol)
  await alice.destroy()
  const killed = performance.now()
  // Sent before anybody knows that the leader is gone.
  await carol.send('lobby', 'during')
  expect(performance.now() - killed).toBeLessThan(3_500)
  await agree(bob, carol)
  expect(statusOf(carol)).toMatchObject({ leader: { name: 'bob' }, active: 2, roster: 3 })
  expect(textsOf(bob)).toEqual(['before', 'during'])
  expect(statusOf(bob).splitSince).not.toBeNull()
  expect(events.map(({ event }) => event)).toContain('leader')
  expect(events.filter(({ event }) => event === 'split')).toHaveLength(1)
})

test('everybody is killed and started again: all is there, once', async () => {
  const folders = [tempFolder(), tempFolder(), tempFolder()]
  const names = ['alice', 'bob', 'carol']
  const start = () =>
    Promise.all(names.map((name, at) => node(name, { dataDir: folders[at] ?? '' })))
  const first = await start()
  await first[0]?.create('lobby')
  for (const one of first.slice(1)) await one.join({ target: first[0]?.listen ?? '' })
  await agree(...first)
  const texts = Array.from({ length: 30 }, (_, at) => `message ${at}`)
  for (const [at, text] of texts.entries()) await first[at % 3]?.send('lobby', text)
  await Promise.all(first.map((one) => one.destroy()))
  const second = await start()
  // The ports are the same as before, so that they find each other.
  expect(second.map(({ listen }) => listen)).toEqual(first.map(({ listen }) => listen))
  await agree(...second)
  for (const one of second) expect(textsOf(one)).toEqual(texts)
  await second[2]?.send('lobby', 'again', { wait: 'all' })
})

test('a message typed alone with nobody to lead waits on the disk and is sent once', async () => {
  const folder = tempFolder()
  const alice = await node('alice')
  await alice.create('lobby')
  const bob = await node('bob', { dataDir: folder })
  await bob.join({ target: alice.listen })
  await agree(alice, bob)
  await bob.send('lobby', 'queued', { wait: 'queued' })
  await bob.destroy()
  const again = await node('bob', { dataDir: folder })
  await agree(alice, again)
  await until('it is there', () => textsOf(alice).length === 1)
  expect(textsOf(again)).toEqual(['queued'])
})

test('a member is put out: everybody knows, and it does not come back by itself', async () => {
  const [alice, bob, carol] = await lobbyOf('alice', 'bob', 'carol')
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error('no nodes')
  const events = eventsOf(carol)
  expect(await codeOf(bob.kick('lobby', 'alice'))).toBe('REFUSED')
  await alice.kick('lobby', 'carol')
  await agree(alice, bob)
  await until('carol knows', () => events.some(({ event }) => event === 'removed'))
  await until('carol is out', () => statusOf(carol).role === 'left')
  expect(await codeOf(carol.send('lobby', 'hello?'))).toBe('NOT_A_MEMBER')
  expect(textsOf(carol)).toEqual([])
  await alice.setTopic('lobby', 'without carol')
  await until('bob reads it', () => statusOf(bob).topic === 'without carol')
  expect(bob.members('lobby').map(({ name }) => name)).toEqual(['alice', 'bob'])
})

test('whoever leaves keeps the history to read, and can come back', async () => {
  const [alice, bob] = await lobbyOf('alice', 'bob')
  if (alice === undefined || bob === undefined) throw new Error('no nodes')
  await bob.send('lobby', 'mine', { wait: 'all' })
  await bob.leave('lobby')
  expect(bob.status().networks).toEqual([])
  expect(textsOf(bob)).toEqual(['mine'])
  await until('alice is alone', () => statusOf(alice).active === 1)
  expect(statusOf(alice).splitSince).toBeNull()
  const { link } = await alice.invite('lobby')
  expect(await bob.join({ target: link })).toMatchObject({ member: 2 })
  await bob.send('lobby', 'back', { wait: 'all' })
  expect(textsOf(alice)).toEqual(['mine', 'back'])
})

test('unread are the messages of others since the last look', async () => {
  const [alice, bob] = await lobbyOf('alice', 'bob')
  if (alice === undefined || bob === undefined) throw new Error('no nodes')
  const unread = async () => (await bob.networks()).map((network) => network.unread)
  await bob.send('lobby', 'own', { wait: 'all' })
  expect(await unread()).toEqual([0])
  await alice.send('lobby', 'one', { wait: 'all' })
  await alice.send('lobby', 'two', { wait: 'all' })
  expect(await unread()).toEqual([2])
  bob.markRead('lobby', 2)
  expect(await unread()).toEqual([1])
  bob.markRead('lobby')
  expect(await unread()).toEqual([0])
})

test('a discovery service finds groups by name; without it, all goes on', async () => {
  const nds = await discovery()
  const services = [nds.url]
  const alice = await node('alice', { nds: services })
  await alice.create('lobby')
  const bob = await node('bob', { nds: services })
  expect(await codeOf(bob.create('Lobby'))).toBe('NAME_TAKEN')
  expect(bob.status().networks).toEqual([])
  expect(await bob.networks()).toMatchObject([
    { name: 'lobby', joined: false, leader: { name: 'alice' } },
  ])
  await bob.join({ target: 'lobby' })
  const carol = await node('carol', { nds: services })
  await carol.join({ target: 'LOBBY' })
  await nds.close()
  const started = performance.now()
  await carol.create('other')
  expect(performance.now() - started).toBeLessThan(1_000)
  await alice.destroy()
  await bob.send('lobby', 'nobody registers this', { wait: 2 })
  const dave = await node('dave', { nds: services })
  await dave.join({ target: `${carol.listen}/lobby` })
  expect(textsOf(dave)).toEqual(['nobody registers this'])
})

test('a leader that takes over tells the discovery service', async () => {
  const nds = await discovery()
  const services = [nds.url]
  const alice = await node('alice', { nds: services })
  await alice.create('lobby')
  const bob = await node('bob', { nds: services })
  await bob.join({ target: 'lobby' })
  await alice.destroy()
  const carol = await node('carol', { nds: services })
  await until('bob is listed', async () => {
    const [listed] = await carol.networks()
    return listed?.leader?.name === 'bob'
  })
  await carol.join({ target: 'lobby' })
  expect(statusOf(carol).leader?.name).toBe('bob')
  await carol.stop()
  await bob.stop()
  // The last one gives the name back.
  expect(nds.groupCount).toBe(0)
  await nds.close()
})
