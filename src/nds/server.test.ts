import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { Identity } from '../crypto/identity.ts'
import { verifySignature } from '../crypto/node-crypto.ts'
import { ParleyError } from '../rpc/errors.ts'
import { RpcClient } from '../rpc/http-client.ts'
import type { OpenRpcDocument } from '../rpc/open-rpc.ts'
import { tlsSecurity } from '../rpc/tls-security.ts'
import { leaseText, verifyBySignature, type Lease } from './lease.ts'
import type { LeaseStore } from './lease-store.ts'
import { memoryStore } from './memory-store.ts'
import { createNetwork, heartbeat, listNetworks, ndsMethods, updateLeader } from './methods.ts'
import { groupId, leaseOf, serveNds, termId, testClock } from './nds-test.suite.ts'
import { startNds } from './server.ts'

const client = (): RpcClient => {
  const rpc = new RpcClient()
  onTestFinished(() => rpc.close())
  return rpc
}

const names = async (rpc: RpcClient, url: string): Promise<readonly string[]> => {
  const { networks } = await rpc.callMethod(url, listNetworks, {})
  return networks.map(({ listedAs }) => listedAs)
}

test('a group is created, found, taken over, and forgotten when nobody renews it', async () => {
  const clock = testClock()
  const nds = await serveNds({ now: clock.now })
  const rpc = client()
  const created = await rpc.callMethod(nds.url, createNetwork, leaseOf('lobby', 'alice'))
  expect(created).toMatchObject({ listedAs: 'lobby', leaseMs: 30_000, renewMs: 10_000, others: [] })
  await rpc.callMethod(
    nds.url,
    updateLeader,
    leaseOf('lobby', 'bob', { succeeds: [termId('term-of-alice')] }),
  )
  clock.advance(20_000)
  await rpc.callMethod(nds.url, heartbeat, leaseOf('lobby', 'bob'))
  clock.advance(29_000)
  const { networks } = await rpc.callMethod(nds.url, listNetworks, { prefix: 'LOB' })
  expect(networks).toMatchObject([
    { name: 'lobby', ageMs: 49_000, leases: [{ leader: { name: 'bob' }, expiresInMs: 1_000 }] },
  ])
  clock.advance(1_000)
  expect(await names(rpc, nds.url)).toEqual([])
  expect(nds.groupCount).toBe(1)
  await nds.sweep()
  expect(nds.groupCount).toBe(0)
})

test('two leaders of one group learn of each other by renewing', async () => {
  const nds = await serveNds()
  const rpc = client()
  await rpc.callMethod(nds.url, heartbeat, leaseOf('lobby', 'alice'))
  const { others } = await rpc.callMethod(nds.url, heartbeat, leaseOf('lobby', 'bob'))
  expect(others).toMatchObject([{ leader: { name: 'alice' }, addresses: ['127.0.0.1:7777'] }])
})

test('a taken name is refused over the wire with who has it', async () => {
  const nds = await serveNds()
  const rpc = client()
  await rpc.callMethod(nds.url, createNetwork, leaseOf('lobby', 'alice'))
  const rival = leaseOf('lobby', 'eve', { group: groupId('rival') })
  await expect(rpc.callMethod(nds.url, createNetwork, rival)).rejects.toMatchObject({
    code: 'NAME_TAKEN',
    data: { name: 'lobby', group: groupId('group-lobby') },
  })
})

test('leases and names survive a restart, however long it took', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-nds-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const clock = testClock()
  const rpc = client()
  const before = await serveNds({ dataDir, now: clock.now })
  await rpc.callMethod(before.url, createNetwork, leaseOf('lobby', 'alice'))
  await before.close()
  clock.advance(3_600_000)
  const after = await serveNds({ dataDir, now: clock.now })
  expect(await names(rpc, after.url)).toEqual(['lobby'])
  clock.advance(30_000)
  expect(await names(rpc, after.url)).toEqual([])
})

test('an empty service lists everybody again after one renewal', async () => {
  const rpc = client()
  const nds = await serveNds()
  await rpc.callMethod(nds.url, heartbeat, leaseOf('lobby', 'alice'))
  expect(await names(rpc, nds.url)).toEqual(['lobby'])
})

test('a full disk loses nothing that was answered, and works again with room', async () => {
  let isFull = false
  const disk = memoryStore()
  const store: LeaseStore = {
    ...disk,
    commit: (changes) =>
      isFull ? Promise.reject(new ParleyError('STORAGE_FULL')) : disk.commit(changes),
  }
  const nds = await serveNds({ store })
  const rpc = client()
  await rpc.callMethod(nds.url, createNetwork, leaseOf('lobby', 'alice'))
  isFull = true
  const refused = rpc.callMethod(nds.url, createNetwork, leaseOf('hall', 'bob'))
  await expect(refused).rejects.toMatchObject({ code: 'STORAGE_FULL' })
  expect(await names(rpc, nds.url)).toEqual(['lobby'])
  isFull = false
  await rpc.callMethod(nds.url, createNetwork, leaseOf('hall', 'bob'))
  expect(await names(rpc, nds.url)).toEqual(['hall', 'lobby'])
})

test('one address that asks too much is told when to come back', async () => {
  const clock = testClock()
  const rate = { burst: 2, perSecond: 1, maxKeys: 10 }
  const nds = await serveNds({ now: clock.now, config: { requests: rate } })
  const rpc = client()
  await names(rpc, nds.url)
  await names(rpc, nds.url)
  await expect(names(rpc, nds.url)).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    data: { retryMs: 1_000 },
  })
  clock.advance(1_000)
  expect(await names(rpc, nds.url)).toEqual([])
})

test('one address cannot make up groups without end, but renews those it has', async () => {
  const creations = { burst: 2, perSecond: 0.1, maxKeys: 10 }
  const nds = await serveNds({ now: testClock().now, config: { creations } })
  const rpc = client()
  await rpc.callMethod(nds.url, createNetwork, leaseOf('a', 'alice'))
  await rpc.callMethod(nds.url, heartbeat, leaseOf('b', 'alice'))
  for (const method of [createNetwork, heartbeat, updateLeader]) {
    const third = rpc.callMethod(nds.url, method, leaseOf('c', 'alice'))
    await expect(third).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  }
  await rpc.callMethod(nds.url, heartbeat, leaseOf('a', 'alice'))
  expect(await names(rpc, nds.url)).toEqual(['a', 'b'])
})

/** Leases whose leader signs itself, and how a registry looks at it. */
const signedLease = (identity: Identity, name: string, isRelease = false): Lease => {
  const leader = { id: identity.id, name: 'alice' }
  const lease = leaseOf(name, 'alice', { leader })
  return { ...lease, signature: identity.sign(leaseText(lease, isRelease)) }
}
const verifyLease = verifyBySignature(verifySignature)

test("a lease that is not its leader's own word is refused", async () => {
  const nds = await serveNds({ verifyLease })
  const rpc = client()
  const [alice, eve] = [Identity.generate(), Identity.generate()]
  const good = signedLease(alice, 'lobby')
  const release = signedLease(alice, 'lobby', true)
  const wrong: Lease[] = [
    leaseOf('lobby', 'alice', { leader: good.leader }),
    { ...good, signature: eve.sign(leaseText(good)) },
    { ...good, addresses: ['10.0.0.66:7777'] },
    { ...good, group: groupId('another') },
    release,
  ]
  for (const lease of wrong)
    await expect(rpc.callMethod(nds.url, createNetwork, lease)).rejects.toMatchObject({
      code: 'BAD_LEASE',
    })
  await rpc.callMethod(nds.url, createNetwork, good)
  // The signature that renews does not give up.
  await expect(
    rpc.callMethod(nds.url, heartbeat, { ...good, release: true }),
  ).rejects.toMatchObject({ code: 'BAD_LEASE' })
  expect(await names(rpc, nds.url)).toEqual(['lobby'])
  await rpc.callMethod(nds.url, heartbeat, { ...release, release: true })
  expect(await names(rpc, nds.url)).toEqual([])
})

test('with keys: only its leader brings a lease, and others read it', async () => {
  const [service, alice, eve] = [Identity.generate(), Identity.generate(), Identity.generate()]
  const nds = await serveNds({ verifyLease, security: tlsSecurity(service.tlsPair()) })
  expect(nds.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+#[\w-]{43}$/)
  const callAs = (who: Identity) => {
    const rpc = new RpcClient({ security: tlsSecurity(who.tlsPair()) })
    onTestFinished(() => rpc.close())
    return rpc
  }
  const lease = signedLease(alice, 'lobby')
  await expect(callAs(eve).callMethod(nds.url, createNetwork, lease)).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  })
  await callAs(alice).callMethod(nds.url, createNetwork, lease)
  expect(await names(callAs(eve), nds.url)).toEqual(['lobby'])
})

test.each([
  ['no group', { group: undefined }],
  ['a name with a line break', { name: 'lob\nby' }],
  ['no address', { addresses: [] }],
  ['nine addresses', { addresses: Array.from({ length: 9 }, (_, i) => `10.0.0.${i}:1`) }],
  ['an address that is none', { addresses: ['http://x'] }],
  ['a claim of nobody', { claim: { live: 0, number: 0 } }],
  ['a field too many', { color: 'red' }],
])('a lease with %s is refused at the gate', async (_, change) => {
  const nds = await serveNds()
  const params = { ...leaseOf('lobby', 'alice'), ...change }
  await expect(client().call(nds.url, 'create_network', params)).rejects.toMatchObject({
    code: 'INVALID_PARAMS',
  })
})

test('rpc.discover describes the methods, and their examples are true', async () => {
  const nds = await serveNds()
  const document = (await client().call(nds.url, 'rpc.discover')) as OpenRpcDocument
  expect(document.methods.map(({ name }) => name)).toEqual([
    'create_network',
    'heartbeat',
    'list_networks',
    'rpc.discover',
    'update_leader',
  ])
  for (const method of ndsMethods) {
    expect(method.examples?.length, method.name).toBeGreaterThan(0)
    for (const { params, result } of method.examples ?? []) {
      expect(method.params.safeParse(params).error).toBeUndefined()
      expect(method.result.safeParse(result).error).toBeUndefined()
    }
  }
})

test('a taken port fails the start, and leaves the folder free for the next try', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-nds-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  const { listen } = await serveNds()
  await expect(startNds({ listen, dataDir })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  await serveNds({ dataDir })
})
