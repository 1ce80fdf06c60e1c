import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import type { NetworkSummary } from '../../src/node/api.ts'
import { report } from './harness/checks.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()
/** What a discovery service gives unless told otherwise. */
const LEASE_MS = 30_000

test('the discovery service dies, then the leader; empty again, it lists the group', async () => {
  const nds = await scene().nds()
  const urls = [nds.ready.url]
  const alice = await scene().member('alice', { nds: urls })
  await alice.json('create', 'lobby')
  const bob = await scene().member('bob', { nds: urls })
  const carol = await scene().member('carol', { nds: urls })
  // By name: found through the discovery service.
  await bob.json('join', 'lobby')
  await carol.json('join', 'lobby')
  await allAgree([alice, bob, carol], 'lobby')
  await bob.json('send', 'lobby', 'with discovery')

  await nds.started.kill()
  await bob.json('send', 'lobby', 'without discovery')
  await alice.kill()
  const sent = await carol.json<{ message: { position: number } }>('send', 'lobby', 'on we go')
  expect(sent.message.position).toBe(3)
  const [first] = await allAgree([bob, carol], 'lobby', { count: 3 })
  expect(first?.leader?.name).toBe('bob')

  // Joining by address needs no discovery service either.
  const dave = await scene().member('dave', { nds: urls })
  await dave.json('join', `${carol.ready.listen}/lobby`)
  await allAgree([bob, carol, dave], 'lobby', { count: 3 })

  // Its key too: the service knows its copy by the address, and the nodes the service by its key.
  rmSync(join(scene().folder, 'nds'), { recursive: true })
  const backAt = performance.now()
  await scene().nds(['--listen', nds.ready.listen])
  const erin = await scene().member('erin', { nds: urls })
  const lobby = await until(
    'the group is listed again',
    async () => {
      const { networks } = await erin.json<{ networks: NetworkSummary[] }>('networks')
      return networks.find(({ name }) => name === 'lobby')
    },
    2 * LEASE_MS,
  )
  report(`listed again after ${Math.round(performance.now() - backAt)} ms (lease ${LEASE_MS} ms)`)
  expect(lobby.leader?.name).toBe('bob')
  expect(lobby.joined).toBe(false)
  await erin.json('join', 'lobby')
  await allAgree([bob, carol, dave, erin], 'lobby', { count: 3 })
})

test('a name is taken once, and a discovery service keeps what it knows over kill -9', async () => {
  const nds = await scene().nds()
  const urls = [nds.ready.url]
  const alice = await scene().member('alice', { nds: urls })
  const bob = await scene().member('bob', { nds: urls })
  await alice.json('create', 'lobby')
  const taken = await bob.run('create', 'lobby', '--json')
  expect(taken.code).toBe(5)
  expect(JSON.parse(taken.stderr)).toMatchObject({ error: { code: 'NAME_TAKEN' } })
  await nds.started.kill()
  await scene().nds(['--listen', nds.ready.listen])
  await until('the group is still listed', async () => {
    const { networks } = await bob.json<{ networks: NetworkSummary[] }>('networks')
    return networks.some(({ name }) => name === 'lobby')
  })
  await bob.json('join', 'lobby')
  await allAgree([alice, bob] satisfies Member[], 'lobby')
})
