import { expect, onTestFinished, test } from 'vitest'

import { Identity } from '../crypto/identity.ts'
import { verifySignature } from '../crypto/node-crypto.ts'
import { NdsClient, othersOf, type NdsClientOptions } from './client.ts'
import { verifyBySignature, type NetworkView } from './lease.ts'
import { groupId, leaseOf, serveNds, testClock } from './nds-test.suite.ts'
import { unionOf } from './union.ts'

const clientOf = (urls: readonly string[], options: Partial<NdsClientOptions> = {}): NdsClient => {
  const client = new NdsClient({ urls, ...options })
  onTestFinished(() => client.close())
  return client
}

/** A url where nobody answers. */
const deadUrl = async (): Promise<string> => {
  const nds = await serveNds()
  await nds.close()
  return nds.url
}

test('a service that makes up leaders, or changes their addresses, is not believed', async () => {
  const liar = await serveNds()
  const alice = Identity.generate()
  const verify = verifyBySignature(verifySignature)
  const honest = clientOf([liar.url], { sign: (text) => alice.sign(text), verify })
  const lease = leaseOf('lobby', 'alice', { leader: { id: alice.id, name: 'alice' } })
  await honest.create(lease)
  const eve = clientOf([liar.url])
  await eve.create(leaseOf('trap', 'mallory'))
  await eve.renew(leaseOf('lobby', 'mallory', { issuedAt: 9_000 }))
  const { networks } = await honest.list()
  expect(networks.map(({ name }) => name)).toEqual(['lobby'])
  expect(networks[0]?.leases.map(({ leader }) => leader.id)).toEqual([alice.id])
  expect(othersOf(await honest.renew(lease))).toEqual([])
  const changed = { ...lease, addresses: ['10.6.6.6:1'], signature: alice.sign('something else') }
  await eve.renew({ ...changed, issuedAt: 10_000 })
  expect((await honest.list()).networks).toEqual([])
})

test('without any service everything works and nothing is found', async () => {
  const client = clientOf([])
  expect(await client.create(leaseOf('lobby', 'alice'))).toEqual({ error: null, outcomes: [] })
  expect(await client.renew(leaseOf('lobby', 'alice'))).toEqual([])
  expect(await client.list()).toEqual({ networks: [], outcomes: [] })
})

test('everything is written to all and read from all; one that is down is told of', async () => {
  const [one, two, dead] = [await serveNds(), await serveNds(), await deadUrl()]
  const client = clientOf([one.url, two.url, dead])
  const { error, outcomes } = await client.create(leaseOf('lobby', 'alice'))
  expect(error).toBeNull()
  expect(outcomes).toMatchObject([
    { ok: true },
    { ok: true },
    { ok: false, error: { code: 'UNREACHABLE', data: { reason: 'refused' } } },
  ])
  await clientOf([two.url]).create(leaseOf('hall', 'bob'))
  const { networks } = await client.list()
  expect(networks.map(({ name }) => name)).toEqual(['hall', 'lobby'])
  expect(await client.find(groupId('group-hall'))).toMatchObject({ name: 'hall' })
  expect(await client.find(groupId('nope'))).toBeNull()
})

test('a name that is taken anywhere is refused, and given back where it was granted', async () => {
  const [one, two] = [await serveNds(), await serveNds()]
  await clientOf([two.url]).create(leaseOf('lobby', 'bob', { group: groupId('other') }))
  const client = clientOf([one.url, two.url])
  const { error } = await client.create(leaseOf('lobby', 'alice'))
  expect(error).toMatchObject({ code: 'NAME_TAKEN' })
  expect((await clientOf([one.url]).list()).networks).toEqual([])
})

test('a service that was down is left alone for a while by renewals, not by people', async () => {
  const clock = testClock(0)
  const dead = await deadUrl()
  const client = clientOf([dead], { now: clock.now, random: () => 0 })
  const lease = leaseOf('lobby', 'alice')
  const reasons = async (): Promise<unknown> => {
    const [outcome] = await client.renew(lease)
    return outcome?.ok === false ? outcome.error.data?.['reason'] : 'ok'
  }
  expect(await reasons()).toBe('refused')
  expect(await reasons()).toBe('backoff')
  expect((await client.list()).outcomes).toMatchObject([{ error: { data: { reason: 'refused' } } }])
  clock.advance(2_000)
  expect(await reasons()).toBe('refused')
})

test('other leaders that any service knows are told of once', async () => {
  const [one, two] = [await serveNds(), await serveNds()]
  const client = clientOf([one.url, two.url])
  await client.renew(leaseOf('lobby', 'bob'))
  const outcomes = await client.renew(leaseOf('lobby', 'alice'))
  expect(othersOf(outcomes).map(({ leader }) => leader.name)).toEqual(['bob'])
  await client.release(leaseOf('lobby', 'bob'))
  expect(othersOf(await client.renew(leaseOf('lobby', 'alice')))).toEqual([])
})

test('what is no Node Discovery Service harms nobody', async () => {
  const client = clientOf(['ftp://x', 'nonsense'])
  expect((await client.list()).outcomes).toMatchObject([
    { ok: false, error: { code: 'USAGE' } },
    { ok: false, error: { code: 'USAGE' } },
  ])
})

const viewOf = (name: string, group: string, ageMs: number, issuedAt = 1): NetworkView => {
  const lease = leaseOf(name, 'alice', { issuedAt })
  return {
    id: groupId(group),
    name,
    listedAs: name,
    ageMs,
    leases: [{ ...lease, group: groupId(group), expiresInMs: 5 }],
  }
}

test('in the union each group is there once, under its latest name', () => {
  const union = unionOf([viewOf('lobby', 'a', 5, 1), viewOf('hall', 'a', 3, 2)])
  expect(union).toMatchObject([{ name: 'hall', listedAs: 'hall', ageMs: 3 }])
})

test('in the union, of two groups of one name the one known longer has it', () => {
  const union = unionOf([viewOf('lobby', 'young', 5), viewOf('Lobby', 'old', 9)])
  expect(union.map(({ listedAs }) => listedAs)).toEqual(['Lobby', 'lobby~young000'])
})
