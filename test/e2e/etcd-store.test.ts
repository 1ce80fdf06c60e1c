/** The registry in a real etcd: what every store does, and what only one with others in it does. */
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import type { Change } from '../../src/nds/lease.ts'
import type { LeaseStore } from '../../src/nds/lease-store.ts'
import { etcdConfig } from '../../src/nds/etcd/etcd-config.ts'
import { openEtcdStore } from '../../src/nds/etcd/etcd-store.ts'
import { leaseStoreSuite, recordOf } from '../../src/nds/lease-store.suite.ts'
import { nameKey } from '../../src/nds/names.ts'
import { groupOf } from '../../src/nds/lease.ts'
import { leaseOf, serveNds } from '../../src/nds/nds-test.suite.ts'
import { NdsClient } from '../../src/nds/client.ts'
import { EtcdCluster, whyNoEtcd } from './harness/etcd.ts'
import { until } from './harness/until.ts'

const why = whyNoEtcd()
let etcd: EtcdCluster | null = null
let places = 0

beforeAll(async () => {
  if (why === null) etcd = await EtcdCluster.start(1)
})
afterAll(() => etcd?.end())
beforeEach(({ skip }) => {
  if (why !== null) skip(why)
})

/** A place of its own in the cluster, and stores in it. */
const place = (): { readonly open: (more?: object) => LeaseStore } => {
  const prefix = `t${(places += 1)}`
  return {
    open: (more = {}) => {
      const config = etcdConfig(`${etcd?.address ?? 'etcd://127.0.0.1:1'}/${prefix}`, {})
      const store = openEtcdStore(config, { leaseMs: 30_000, ...more })
      onTestFinished(() => store.close())
      return store
    },
  }
}

leaseStoreSuite('etcd', place)

const put = (name: string, leader?: string): Change => ({
  kind: 'put',
  record: recordOf(name, leader),
})

describe('several in one cluster', () => {
  test('what one writes the others are told', async () => {
    const { open } = place()
    const [one, other] = [open(), open()]
    await Promise.all([one.load(), other.load()])
    const heard: Change[] = []
    const nothing = (): void => {}
    other.follow?.({
      onChanges: (changes) => heard.push(...changes),
      onLost: nothing,
      onFound: nothing,
      onFault: nothing,
    })
    await one.commit([put('a'), put('部屋')])
    const a = put('a')
    await one.commit([{ kind: 'drop', group: groupOf(a) }])
    await until('all three are heard', () => heard.length === 3)
    expect(heard).toEqual([a, put('部屋'), { kind: 'drop', group: groupOf(a) }])
  })

  test('who was late to change a group is told how it is', async () => {
    const { open } = place()
    const stores = [open(), open(), open()]
    await Promise.all(stores.map((store) => store.load()))
    const changes = stores.map((_, at) => put('a', `leader${at}`))
    const outcomes = await Promise.all(
      stores.map((store, at) => store.commit(changes.slice(at, at + 1))),
    )
    const stored = changes.filter((_, at) => outcomes[at]?.ok === true)
    expect(stored).toHaveLength(1)
    for (const outcome of outcomes) if (!outcome.ok) expect(outcome.actual).toEqual(stored)
    // Now that all know, everybody may.
    const [late] = stores.filter((_, at) => outcomes[at]?.ok === false)
    expect(await late?.commit([put('a', 'dave')])).toEqual({ ok: true, late: [] })
  })

  test('of two that ask for one name at the same time one gets it', async () => {
    const { open } = place()
    const stores = [open(), open()]
    await Promise.all(stores.map((store) => store.load()))
    const claims = stores.map((store, at) => {
      const record = { ...recordOf(`group ${at}`), name: 'lobby' }
      return store.commit([{ kind: 'put', record }], nameKey('Lobby'))
    })
    const outcomes = await Promise.all(claims)
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    const [refused] = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.actual]))
    // Its own group is not there, and somebody else's has the name.
    expect(refused?.map(({ kind }) => kind)).toEqual(['drop', 'put'])
  })

  test('two services: a name is taken once, whoever is asked', async () => {
    const { open } = place()
    const services = [await serveNds({ store: open() }), await serveNds({ store: open() })]
    const clients = services.map(({ url }) => new NdsClient({ urls: [url] }))
    for (const client of clients) onTestFinished(() => client.close())
    const [first, second] = clients
    if (first === undefined || second === undefined) throw new Error('two are needed')
    const asked = await Promise.all(
      Array.from({ length: 10 }, async (_, at) => {
        const client = at % 2 === 0 ? first : second
        const { error } = await client.create(leaseOf('lobby', `leader${at}`, { group: id(at) }))
        return error?.code ?? 'granted'
      }),
    )
    expect(asked.filter((code) => code === 'granted')).toHaveLength(1)
    expect(new Set(asked)).toEqual(new Set(['granted', 'NAME_TAKEN']))
    await until('both list it', async () => {
      const lists = await Promise.all(clients.map((client) => client.list()))
      return lists.every(({ networks }) => networks.length === 1)
    })
  })
})

const id = (at: number) => groupOf(put(`group ${at}`))

test('a cluster that is not there: coded, and no start fails for it', async () => {
  const store = openEtcdStore(etcdConfig('etcd://127.0.0.1:1', {}), { leaseMs: 30_000 })
  onTestFinished(() => store.close())
  const nds = await serveNds({ store })
  expect(nds.isReady).toBe(false)
  const client = new NdsClient({ urls: [nds.url] })
  onTestFinished(() => client.close())
  const { outcomes } = await client.list()
  expect(outcomes).toMatchObject([{ ok: false, error: { code: 'UNAVAILABLE' } }])
  const { status } = await fetch(`http://${nds.listen}/readyz`)
  expect(status).toBe(503)
  expect((await fetch(`http://${nds.listen}/healthz`)).status).toBe(200)
})
