/** Links between nodes with keys: who somebody is, is what it has proven. */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

import { expect, onTestFinished, test } from 'vitest'

import type { NodeId } from '../../core/ids.ts'
import type { Envelope, Packet } from '../../core/packet.ts'
import { Identity, newInstanceId } from '../../crypto/identity.ts'
import { dialLink } from '../../rpc/dial-link.ts'
import type { CloseReason, FrameLink } from '../../rpc/frame-link.ts'
import { startRpcServer, type RpcServer } from '../../rpc/http-server.ts'
import { MethodTable } from '../../rpc/method-table.ts'
import { encodePacket } from '../../rpc/peer-codec.ts'
import type { Hello } from '../../rpc/peer-methods.ts'
import { spokenVersions } from '../../rpc/protocol-version.ts'
import { tlsSecurity } from '../../rpc/tls-security.ts'
import { outcomeOf } from '../../rpc/test-server.suite.ts'
import { until } from '../test-nodes.suite.ts'
import { AddressBook } from './address-book.ts'
import { PeerLinks } from './peer-links.ts'

interface End {
  readonly identity: Identity
  readonly links: PeerLinks
  readonly book: AddressBook
  readonly server: RpcServer
  readonly got: Envelope[]
  readonly refused: NodeId[]
}

const helloOf = (id: NodeId): Hello => ({
  id,
  name: 'x',
  instance: newInstanceId(),
  ...spokenVersions(),
  addresses: [],
})

const end = async (isWanted = true): Promise<End> => {
  const identity = Identity.generate()
  const security = tlsSecurity(identity.tlsPair())
  const got: Envelope[] = []
  const refused: NodeId[] = []
  const book = new AddressBook()
  const own = helloOf(identity.id)
  const table = new MethodTable({ title: 'Test', version: '1' })
  const links = new PeerLinks({
    book,
    own: () => own,
    security,
    onPacket: (envelope) => got.push(envelope),
    onRefused: (peer) => refused.push(peer),
    isWanted: () => isWanted,
    invokeFor: (context) => table.invokeFor(context),
  })
  const onLink = links.accept.bind(links)
  const server = await startRpcServer({
    listen: '127.0.0.1:0',
    table,
    about: 'a test',
    security,
    onLink,
  })
  onTestFinished(async () => {
    links.destroy()
    await server.close()
  })
  return { identity, links, book, server, got, refused }
}

const leave: Packet = { kind: 'leave_network' }
const textOf = (from: NodeId, packet: Packet = leave): string =>
  encodePacket({
    group: 'g'.repeat(43) as Envelope['group'],
    from,
    instance: newInstanceId(),
    packet,
  })

/** A link of somebody who says whatever it likes. */
const linkTo = async ({ server }: End, identity: Identity): Promise<FrameLink> => {
  const link = await dialLink(server.listen, { security: tlsSecurity(identity.tlsPair()) })
  onTestFinished(() => link.destroy())
  link.onFrame(() => null)
  return link
}

const closeOf = (link: FrameLink): Promise<CloseReason> =>
  new Promise((resolve) => link.onClose(resolve))

test('a greeting in the name of another ends the link', async () => {
  const [alice, bob, eve] = [await end(), await end(), Identity.generate()]
  const link = await linkTo(alice, eve)
  link.send('hello', helloOf(bob.identity.id))
  link.sendText(textOf(bob.identity.id))
  expect(await closeOf(link)).toMatchObject({
    kind: 'goodbye',
    text: expect.stringContaining('id'),
  })
  expect(alice.got).toEqual([])
  expect(alice.links.linked()).toEqual([])
})

test('packets before a greeting, and in the name of another, are counted and dropped', async () => {
  const [alice, bob, eve] = [await end(), await end(), Identity.generate()]
  const link = await linkTo(alice, eve)
  link.sendText(textOf(eve.id))
  link.send('hello', helloOf(eve.id))
  link.sendText(textOf(bob.identity.id))
  link.sendText(textOf(eve.id))
  await until('the last one is there', () => alice.got.length === 1)
  expect(alice.got[0]?.from).toBe(eve.id)
  expect(alice.links.counters).toMatchObject({ foreign: 2, malformed: 0 })
})

test('another key at the address of a node is told nothing, and it counts as gone', async () => {
  const [alice, mallory, bob] = [await end(), await end(), Identity.generate()]
  alice.book.learn(bob.id, [mallory.server.listen])
  alice.links.send([bob.id], Buffer.from(textOf(alice.identity.id)), false)
  await until('bob is refused', () => alice.refused.length === 1)
  expect(alice.refused).toEqual([bob.id])
  expect(alice.book.of(bob.id)).toEqual([])
  expect(alice.links.counters.foreign).toBe(1)
  expect([mallory.got, mallory.links.linked()]).toEqual([[], []])
})

test('whoever answers at an address is taken for whom it proves to be', async () => {
  const [alice, bob] = [await end(), await end()]
  const hello = await alice.links.resolve(bob.server.listen)
  expect(hello.id).toBe(bob.identity.id)
  expect(await outcomeOf(alice.links.resolve('127.0.0.1:1'))).toBe('refused')
})

test('a stranger that floods is read from slowly; a member is not', async () => {
  const [strict, open] = [await end(false), await end(true)]
  for (const [one, most, least] of [
    [strict, 800, 300],
    [open, 3_000, 3_000],
  ] as const) {
    const eve = Identity.generate()
    const link = await linkTo(one, eve)
    link.send('hello', helloOf(eve.id))
    const text = textOf(eve.id)
    for (let count = 0; count < 3_000; count += 1) {
      if (link.sendText(text) === 'full') await once(drained(link), 'drain')
    }
    await until('what may be read is read', () => one.got.length >= least)
    // As long as all of it would take.
    await pause(200)
    expect(one.got.length).toBeLessThanOrEqual(most)
  }
})

const drained = (link: FrameLink): EventTarget => {
  const target = new EventTarget()
  link.onDrain(() => target.dispatchEvent(new Event('drain')))
  return target
}
