/** Links between nodes over real sockets, without any group. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

import { expect, onTestFinished, test } from 'vitest'

import type { InstanceId, NodeId } from '../../core/ids.ts'
import type { Envelope, Packet } from '../../core/packet.ts'
import { Identity, newInstanceId } from '../../crypto/identity.ts'
import { dialLink } from '../../rpc/dial-link.ts'
import { encodeFrame } from '../../rpc/frame-link.ts'
import { startRpcServer, type RpcServer } from '../../rpc/http-server.ts'
import { MethodTable } from '../../rpc/method-table.ts'
import { encodePacket } from '../../rpc/peer-codec.ts'
import { outcomeOf } from '../../rpc/test-server.suite.ts'
import { until } from '../test-nodes.suite.ts'
import { AddressBook } from './address-book.ts'
import { PeerLinks } from './peer-links.ts'

interface End {
  readonly id: NodeId
  readonly instance: InstanceId
  readonly links: PeerLinks
  readonly book: AddressBook
  readonly server: RpcServer
  readonly got: string[]
  readonly refused: NodeId[]
  say(to: End, text: string, isBody?: boolean): void
}

const CONNECT_MS = 200

const end = async (listen = '127.0.0.1:0', version = 1): Promise<End> => {
  const { id } = Identity.generate()
  const instance = newInstanceId()
  const got: string[] = []
  const refused: NodeId[] = []
  const book = new AddressBook()
  let addresses: string[] = []
  const table = new MethodTable({ title: 'Test', version: '1' })
  const links = new PeerLinks({
    book,
    own: () => ({ id, name: 'x', instance, version, addresses }),
    onPacket: ({ packet }) => {
      if (packet.kind === 'turned_away') got.push(packet.code)
    },
    onRefused: (peer) => refused.push(peer),
    isWanted: () => true,
    connectTimeoutMs: CONNECT_MS,
    invokeFor: (context) => table.invokeFor(context),
  })
  const onLink = links.accept.bind(links)
  const server = await startRpcServer({ listen, table, about: 'a test', onLink })
  addresses = [server.listen]
  onTestFinished(async () => {
    links.destroy()
    await server.close()
  })
  const say = (to: End, code: string, isBody = false): void => {
    const group = 'g'.repeat(43) as Envelope['group']
    const packet: Packet = { kind: 'turned_away', code, retryMs: null, proof: null }
    const text = encodePacket({ group, from: id, instance, packet })
    links.send([to.id], Buffer.from(text), isBody)
  }
  return { id, instance, links, book, server, got, refused, say }
}

const pair = async (): Promise<[End, End]> => {
  const a = await end()
  const b = await end()
  a.book.learn(b.id, [b.server.listen])
  return [a, b]
}

test('a packet for a node without a link dials it; the answer comes back by it', async () => {
  const [a, b] = await pair()
  a.say(b, 'one')
  await until('b has it', () => b.got.length === 1)
  b.say(a, 'two')
  await until('a has it', () => a.got.length === 1)
  expect(b.server.linkCount).toBe(1)
  expect(a.server.linkCount).toBe(0)
  expect(a.links.linked().map(({ id }) => id)).toEqual([b.id])
  expect(a.links.lastHeardMs(b.id)).toBeLessThan(1_000)
  expect(b.book.of(a.id)).toEqual([a.server.listen])
})

test('both dial at once: one link is kept, nothing is lost, nothing comes twice', async () => {
  const [a, b] = await pair()
  b.book.learn(a.id, [a.server.listen])
  const texts = Array.from({ length: 50 }, (_, at) => String(at))
  for (const text of texts) {
    a.say(b, text)
    b.say(a, text)
    await turn()
  }
  await until('all is there', () => a.got.length >= 50 && b.got.length >= 50)
  await until('one is left', () => a.server.linkCount + b.server.linkCount === 1)
  expect(a.got.toSorted()).toEqual(texts.toSorted())
  expect(b.got.toSorted()).toEqual(texts.toSorted())
  // The one that the smaller id dialled.
  const [, larger] = a.id < b.id ? [a, b] : [b, a]
  expect(larger.server.linkCount).toBe(1)
})

test('a process that dies is refused, once; a new one at the address is linked again', async () => {
  const [a, b] = await pair()
  a.say(b, 'one')
  await until('b has it', () => b.got.length === 1)
  const { listen } = b.server
  b.links.destroy()
  await b.server.close()
  await until('a knows', () => a.refused.length === 1)
  for (let round = 0; round < 5; round += 1) {
    a.say(b, 'into the void')
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
  expect(a.refused).toEqual([b.id])
  // Somebody else took the address: it is linked as who it is, and the old one is not there.
  const c = await end(listen)
  await until('c is found', () => {
    a.say(b, 'anybody?')
    return a.links.isLinked(c.id)
  })
  expect(c.got).toEqual([])
  expect(a.book.of(b.id)).toEqual([])
})

/** Stands between two nodes; `freeze` makes all connections so far carry nothing, and stay open. */
const between = async (target: string): Promise<{ address: string; freeze: () => void }> => {
  const { hostname, port } = new URL(`http://${target}`)
  const pipes: (() => void)[] = []
  const proxy = createServer((near) => {
    const far = connect(Number(port), hostname)
    near.on('error', () => far.destroy()).on('close', () => far.destroy())
    far.on('error', () => near.destroy()).on('close', () => near.destroy())
    near.pipe(far).pipe(near)
    pipes.push(() => {
      near.unpipe()
      far.unpipe()
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void proxy.close())
  await once(proxy, 'listening')
  const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  return { address, freeze: () => pipes.splice(0).forEach((stop) => stop()) }
}

test('a link that died without knowing is replaced within seconds', async () => {
  const [a, b] = [await end(), await end()]
  const wire = await between(b.server.listen)
  a.book.learn(b.id, [wire.address])
  a.say(b, 'one')
  await until('b has it', () => b.got.length === 1)
  wire.freeze()
  const frozenAt = performance.now()
  await until('something gets through', () => {
    a.say(b, 'again')
    return b.got.length > 1
  })
  expect(performance.now() - frozenAt).toBeLessThan(4_500)
  await until('one link is left', () => b.server.linkCount === 1)
  expect(a.refused).toEqual([])
})

test('silence is no refusal', async () => {
  const [a, b] = await pair()
  const deaf = Identity.generate().id
  let calls = 0
  const silent = createServer(() => (calls += 1)).listen(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await once(silent, 'listening')
  a.book.learn(deaf, [`127.0.0.1:${(silent.address() as AddressInfo).port}`])
  for (let round = 0; round < 2; round += 1) {
    a.links.send([deaf], Buffer.from('{}'), false)
    a.say(b, 'others are not held up')
    await until('b has it', () => b.got.length === round + 1)
    await new Promise((resolve) => setTimeout(resolve, 2 * CONNECT_MS))
  }
  expect(calls).toBeGreaterThan(1)
  expect(a.refused).toEqual([])
})

test('who answers at an address is asked by a greeting', async () => {
  const [a, b] = await pair()
  expect((await a.links.resolve(b.server.listen)).id).toBe(b.id)
  expect(await outcomeOf(a.links.resolve('127.0.0.1:1'))).toBe('refused')
  const old = await end('127.0.0.1:0', 2)
  expect(await outcomeOf(a.links.resolve(old.server.listen))).toBe('VERSION_MISMATCH')
  expect(a.links.isLinked(old.id)).toBe(false)
})

test('packets before a greeting, in the name of another, or that are none do no harm', async () => {
  const [a, b] = await pair()
  a.say(b, 'one')
  await until('b has it', () => b.got.length === 1)
  const stranger = await dialLink(b.server.listen)
  onTestFinished(() => stranger.destroy())
  const header = { group: 'g'.repeat(43), from: a.id, instance: a.instance }
  const packet = { ...header, code: 'x', retryMs: 1, proof: null }
  stranger.send('turned_away', packet)
  expect(await outcomeOf(stranger.call('rpc.discover', {}))).toBe('no error')
  stranger.send('hello', {
    id: Identity.generate().id,
    name: 'mallory',
    instance: newInstanceId(),
    version: 1,
    addresses: [],
  })
  stranger.send('turned_away', packet)
  stranger.send('turned_away', { ...packet, more: 1 })
  await until('all is counted', () => b.links.counters.malformed === 1)
  expect(b.links.counters).toMatchObject({ foreign: 2, malformed: 1 })
  expect(b.got).toEqual(['one'])
})

test('bodies that find no room give way to what is urgent, the oldest first', async () => {
  const [a, b] = await pair()
  a.say(b, 'one')
  await until('b has it', () => b.got.length === 1)
  const body = encodeFrame('nothing', { pad: 'x'.repeat(60_000) })
  // Within one turn nothing is read: what the machine and the queue do not hold must go.
  for (let frame = 0; frame < 500; frame += 1) a.links.send([b.id], body, true)
  a.say(b, 'urgent')
  expect(a.links.counters.dropped).toBeGreaterThan(100)
  await until('the urgent one is through', () => b.got.includes('urgent'))
  await until('the rest drains', () => {
    a.say(b, 'probe', true)
    return b.got.includes('probe')
  })
})
