/** What a node serves at its port to whoever comes. */
import { expect, test } from 'vitest'

import type { GroupId } from '../core/ids.ts'
import { Identity, newInstanceId } from '../crypto/identity.ts'
import type { OpenRpcDocument } from '../rpc/open-rpc.ts'
import { encodePacket, packetKinds } from '../rpc/peer-codec.ts'
import { callerAs, discovery, lobbyOf, node, statusOf, until } from './test-nodes.suite.ts'

test('rpc.discover lists a method for every kind of packet, and little else', async () => {
  const [alice] = await lobbyOf('alice')
  const document = await callerAs(Identity.generate()).call(
    `https://${alice?.listen}`,
    'rpc.discover',
  )
  const names = (document as OpenRpcDocument).methods.map(({ name }) => name)
  expect(names).toEqual(
    [
      ...packetKinds,
      'dial_back',
      'hello',
      'list_networks',
      'message_times',
      'rpc.discover',
    ].toSorted(),
  )
})

test('groups are listed with their leader; a stranger cannot page beyond the end', async () => {
  const [alice, bob] = await lobbyOf('alice', 'bob')
  await alice?.create('hidden', { listed: false })
  const [first, second] = alice?.status().networks ?? []
  const rpc = callerAs(Identity.generate())
  for (const one of [alice, bob]) {
    const listed = await rpc.call(`https://${one?.listen}`, 'list_networks', { prefix: 'LOB' })
    expect(listed).toMatchObject({
      networks: [
        { name: 'lobby', leases: [{ leader: { name: 'alice' }, addresses: [alice?.listen] }] },
      ],
      next: null,
    })
  }
  const url = `https://${alice?.listen}`
  expect(await rpc.call(url, 'list_networks', { group: second?.id ?? '' })).toMatchObject({
    networks: [{ name: 'hidden' }],
  })
  expect(await rpc.call(url, 'list_networks', { cursor: first?.id ?? '' })).toMatchObject({
    networks: [],
  })
  expect(await rpc.call(url, 'hello')).toMatchObject({ id: alice?.id, name: 'alice', version: 1 })
})

test('a packet that comes over HTTP is answered with what it makes the node send', async () => {
  const [alice] = await lobbyOf('alice')
  const [network] = alice?.status().networks ?? []
  const stranger = Identity.generate()
  const rpc = callerAs(stranger)
  const url = `https://${alice?.listen}`
  const header = {
    group: network?.id,
    from: stranger.id,
    instance: newInstanceId(),
  }
  const { id } = stranger
  const sig = stranger.sign('something else')
  const asking = encodePacket({
    group: network?.id as GroupId,
    from: id,
    instance: header.instance,
    packet: {
      kind: 'join_network',
      card: { id, name: 'stranger', addresses: [], sig },
      proof: null,
      summary: { head: null, tips: [], terms: [] },
      anew: true,
    },
  })
  const { params } = JSON.parse(asking) as { params: Record<string, unknown> }
  const answer = await rpc.call(url, 'join_network', params)
  expect(answer).toMatchObject({
    packets: [
      {
        method: 'turned_away',
        params: { group: network?.id, from: alice?.id, code: 'NOT_INVITED' },
      },
    ],
  })
  // To somebody who was never let in a leader does not even say that it leads.
  const probe = { step: 'probe', term: null, leader: null, claim: null, answer: true }
  expect(await rpc.call(url, 'merge', { ...header, step: probe })).toEqual({ packets: [] })
  await expect(rpc.call(url, 'merge', { ...header, step: 'x' })).rejects.toMatchObject({
    code: 'INVALID_PARAMS',
  })
  const inAnothersName = { ...header, from: alice?.id, step: probe }
  await expect(rpc.call(url, 'merge', inAnothersName)).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  })
  const elsewhere = { ...header, group: 'g'.repeat(43), step: probe }
  await expect(rpc.call(url, 'merge', elsewhere)).rejects.toMatchObject({
    code: 'NETWORK_NOT_FOUND',
  })
})

test('of a group by invite a stranger sees who leads it and where, and nothing more', async () => {
  const service = await discovery()
  const alice = await node('alice', { nds: [service.url] })
  const bob = await node('bob')
  await alice.create('closed', { policy: 'invite' })
  await alice.create('hidden', { policy: 'invite', listed: false })
  const { link } = await alice.invite('closed')
  await bob.join({ target: link })
  await bob.send('closed', 'among us')
  await until('bob knows who leads', () => statusOf(bob, 'closed').leader?.id === alice.id)
  const { term, id: group } = statusOf(alice, 'closed')
  const { id, listen } = alice
  const rpc = callerAs(Identity.generate())
  for (const url of [`https://${listen}`, service.url, `https://${bob.listen}`]) {
    const seen = (await rpc.call(url, 'list_networks')) as { networks: object[] }
    expect(seen, url).toEqual({
      networks: [
        {
          id: group,
          name: 'closed',
          listedAs: 'closed',
          ageMs: expect.any(Number),
          leases: [expect.objectContaining({ leader: { id, name: 'alice' }, term })],
        },
      ],
      next: null,
    })
    const [lease = {}] = (seen.networks[0] as { leases: object[] }).leases
    const told = ['addresses', 'claim', 'expiresInMs', 'group', 'issuedAt', 'leader', 'name']
    const more = ['listed', 'signature', 'term']
    expect(
      Object.keys(lease)
        .filter((key) => !more.includes(key))
        .toSorted(),
    ).toEqual(told)
    const text = JSON.stringify(seen)
    for (const secret of ['bob', bob.id, 'among us', 'hidden', link.split('#')[1] ?? link])
      expect(text, url).not.toContain(secret)
  }
}, 20_000)
