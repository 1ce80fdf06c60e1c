/** Hosts on one network, nodes that were told their names and nothing else. */
import { expect, test } from 'vitest'

import type { NetworkSummary } from '../../../src/node/api.ts'
import { report } from '../harness/checks.ts'
import { allAgree, type Member } from '../harness/scene.ts'
import { until } from '../harness/until.ts'
import * as h from './hosts.ts'

const hosts = h.useHosts('file')

/** A node with nothing but a name, on the host of that number. */
const plainNode = (number: number, ...args: readonly string[]): Promise<Member> => {
  const { scene, hosts: all } = hosts()
  const host = all[number]
  if (host === undefined) throw new Error('there is no such host')
  const env = { PARLEY_MDNS: 'on' }
  return scene.member(host.name, { wrapper: host.wrapper, listen: null, env, args })
}

const listed = async (member: Member): Promise<readonly string[]> => {
  const { networks } = await member.json<{ networks: NetworkSummary[] }>('networks')
  return networks.map(({ name }) => name)
}

test('nodes told nothing but their names find each other, and groups by name', async () => {
  const alice = await plainNode(0)
  const bob = await plainNode(1)
  await alice.json('create', 'lobby')
  await alice.json('create', 'attic', '--unlisted')
  const startedAt = performance.now()
  await bob.json('join', 'lobby')
  report(`joined by name ${Math.round(performance.now() - startedAt)} ms after it was asked for`)
  await allAgree([alice, bob], 'lobby')
  const around = await bob.call('surroundings', {})
  expect(around).toMatchObject({ nds: [], lan: { fault: null, nodes: 1 } })

  // One more sees what is listed before it joins anything, and nothing that is not listed.
  const carol = await plainNode(2)
  await until('carol sees the lobby', async () => (await listed(carol)).includes('lobby'))
  expect(await listed(carol)).toEqual(['lobby'])
  const unknown = await carol.run('join', 'attic', '--json')
  expect(JSON.parse(unknown.stderr)).toMatchObject({ error: { code: 'NETWORK_NOT_FOUND' } })
  await carol.json('join', 'lobby')
  await allAgree([alice, bob, carol], 'lobby')

  // Who wants no part in that neither tells nor hears anything.
  const dave = await plainNode(3, '--no-mdns')
  expect((await dave.call('surroundings', {})).lan).toBeNull()
  expect(await listed(dave)).toEqual([])
  expect((await alice.call('surroundings', {})).lan?.nodes).toBe(2)

  // The one who is left by all, and comes back where nobody knows, is found again.
  await alice.kill()
  await allAgree([bob, carol], 'lobby')
  await alice.restart()
  await allAgree([alice, bob, carol], 'lobby')
})

test('a discovery service is heard of, and lists what nobody else there has', async () => {
  const { scene, hosts: all } = hosts()
  const [first, , , , last] = all
  const args = ['--listen', `${first.address}:7400`]
  const env = { PARLEY_MDNS: 'on' }
  const nds = await scene.nds(args, 'nds', { wrapper: first.wrapper, env })
  // Told of it, and not on the local network's multicast itself.
  const away = { wrapper: last.wrapper, listen: `${last.address}:0`, nds: [nds.ready.url] }
  const erin = await scene.member('erin', away)
  await erin.json('create', 'far')
  const dave = await scene.member('dave', { wrapper: all[3].wrapper, listen: null, env })
  await until('the service is heard', async () => {
    const { nearby } = await dave.call('surroundings', {})
    return nearby.includes(nds.ready.url)
  })
  await dave.json('join', 'far')
  const [one] = await allAgree([erin, dave], 'far')
  expect(one?.leader?.name).toBe(erin.name)
})
