/**
 * Three replicas of one discovery service over three members of etcd, under 200 calls a second: any
 * one etcd and any two replicas are killed, then all of etcd.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { expect, onTestFinished, test } from 'vitest'

import type { GroupId, TermId } from '../../src/core/ids.ts'
import { copyIdentity } from '../../src/crypto/identity-file.ts'
import { Identity } from '../../src/crypto/identity.ts'
import { NdsClient, type Outcome } from '../../src/nds/client.ts'
import type { Lease } from '../../src/nds/lease.ts'
import { RpcClient } from '../../src/rpc/http-client.ts'
import { tlsSecurity } from '../../src/rpc/tls-security.ts'
import { report } from './harness/checks.ts'
import { EtcdCluster, whyNoEtcd } from './harness/etcd.ts'
import type { Started } from './harness/process.ts'
import { useScene } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()
const LEADERS = 20
const GROUPS_EACH = 5
const CALLS_PER_SECOND = 200
const LEASE_MS = 6_000
/** What the way through a replica, and its tries again, may add to etcd's own fail-over. */
const MARGIN_MS = 1_000

const hash = (text: string): string => Buffer.from(text.padEnd(32, '.')).toString('base64url')

/** A leader of some groups, who renews their leases. */
class Leader {
  readonly groups: readonly string[]
  readonly #identity = Identity.generate()
  readonly #name: string
  readonly #nds: NdsClient

  constructor(name: string, urls: readonly string[]) {
    this.#name = name
    this.groups = Array.from({ length: GROUPS_EACH }, (_, at) => `${name}-${at}`)
    const rpc = new RpcClient({ security: tlsSecurity(this.#identity.tlsPair()) })
    onTestFinished(() => rpc.close())
    this.#nds = new NdsClient({ urls, rpc, sign: (text) => this.#identity.sign(text) })
  }

  async create(group: string): Promise<Outcome<unknown>> {
    const { outcomes } = await this.#nds.create(this.#leaseOf(group))
    return one(outcomes)
  }

  async renew(group: string): Promise<Outcome<unknown>> {
    return one(await this.#nds.updateLeader(this.#leaseOf(group)))
  }

  async look(group: string): Promise<Outcome<number>> {
    const { outcomes } = await this.#nds.list({ group: hash(group) as GroupId })
    return one(outcomes)
  }

  /** Names of the groups that are listed. */
  async listed(): Promise<readonly string[]> {
    const { networks } = await this.#nds.list()
    return networks.map(({ name }) => name)
  }

  #leaseOf(group: string): Lease {
    return {
      group: hash(group) as GroupId,
      name: group,
      leader: { id: this.#identity.id, name: this.#name },
      addresses: ['127.0.0.1:7411'],
      term: hash(`term of ${group}`) as TermId,
      claim: { live: 1, number: 0 },
      issuedAt: Date.now(),
    }
  }
}

/** Replicas with one key are one service, which gives one answer. */
const one = <T>(outcomes: readonly Outcome<T>[]): Outcome<T> => {
  expect(outcomes).toHaveLength(1)
  return outcomes[0] as Outcome<T>
}

interface Told {
  readonly at: number
  readonly ms: number
  readonly isWrite: boolean
  /** Null if all was well. */
  readonly code: string | null
}

/** Calls at a steady rate, half of them renewals and half questions, until it is stopped. */
const load = (leaders: readonly Leader[]): { readonly told: Told[]; stop(): Promise<void> } => {
  const told: Told[] = []
  const running = new Set<Promise<void>>()
  let count = 0
  const ask = async (at: number): Promise<void> => {
    const leader = leaders[at % leaders.length]
    const group = leader?.groups[Math.floor(at / leaders.length / 2) % GROUPS_EACH]
    if (leader === undefined || group === undefined) throw new Error('there is no such group')
    const startedAt = performance.now()
    const isRenewal = Math.floor(at / leaders.length) % 2 === 0
    const outcome = await (isRenewal ? leader.renew(group) : leader.look(group))
    const isMissing = outcome.ok && !isRenewal && outcome.result !== 1
    // A renewal that waited may come after the next one of the same lease: then that one stands.
    const isLate = !outcome.ok && outcome.error.code === 'BAD_LEASE'
    const failure = outcome.ok ? null : outcome.error.code
    const code = isMissing ? 'LOST' : isLate ? null : failure
    told.push({ at: startedAt, ms: performance.now() - startedAt, isWrite: isRenewal, code })
  }
  const begun = performance.now()
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) / 1_000) * CALLS_PER_SECOND
    for (; count < due; count += 1) {
      const call = ask(count)
      running.add(call)
      void call.finally(() => running.delete(call))
    }
  }, 5)
  return {
    told,
    async stop() {
      clearInterval(timer)
      await Promise.all(running)
    },
  }
}

/** The longest time that whoever tried again and again would not have been served. */
const longestGap = (told: readonly Told[]): number => {
  const ends = told.map(({ at, ms, code }) => ({ at: at + ms, isWell: code === null }))
  let gap = 0
  let last = Math.min(...told.map(({ at }) => at))
  for (const { at, isWell } of ends.toSorted((a, b) => a.at - b.at)) {
    gap = Math.max(gap, at - last)
    if (isWell) last = at
  }
  return gap
}

/** The longest time that etcd itself does not take a write, asked again and again at every member. */
const watchEtcd = (etcd: EtcdCluster): { stop(): Promise<number> } => {
  const body = JSON.stringify({ key: 'cHJvYmU=', value: 'eA==' })
  let gap = 0
  let last = performance.now()
  const over = new AbortController()
  const probe = async (endpoint: string): Promise<void> => {
    while (!over.signal.aborted) {
      try {
        const signal = AbortSignal.timeout(1_000)
        const answer = await fetch(`${endpoint}/v3/kv/put`, { method: 'POST', body, signal })
        await answer.text()
        if (answer.ok) {
          gap = Math.max(gap, performance.now() - last)
          last = performance.now()
        }
      } catch {
        // It is dead, or has no leader.
      }
      await pause(50)
    }
  }
  const probes = etcd.endpoints.map(probe)
  return {
    async stop() {
      over.abort()
      await Promise.all(probes)
      return gap
    },
  }
}

const startReplicas = async (store: string) => {
  const replicas: { readonly url: string; readonly started: Started; readonly metrics: string }[] =
    []
  for (const at of [0, 1, 2]) {
    const name = `replica${at}`
    const folder = join(scene().folder, name)
    // One key for all of them: that makes them one service.
    if (at > 0) {
      mkdirSync(folder)
      copyIdentity(join(scene().folder, 'replica0'), folder, false)
    }
    const args = ['--store', store, '--lease-ms', `${LEASE_MS}`, '--rate', '2000']
    const { started, ready } = await scene().nds([...args, '--metrics', '127.0.0.1:0'], name)
    replicas.push({ url: ready.url, started, metrics: ready.metrics ?? '' })
  }
  return replicas
}

const codesOf = (told: readonly Told[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { code } of told) if (code !== null) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

test('one etcd and two replicas are killed under load, then all of etcd', async ({ skip }) => {
  const why = whyNoEtcd()
  if (why !== null) skip(why)
  const etcd = await EtcdCluster.start(3)
  onTestFinished(() => etcd.end())
  const replicas = await startReplicas(etcd.address)
  const urls = replicas.map(({ url }) => url)
  const names = Array.from({ length: LEADERS }, (_, at) => `leader${at}`)
  // Each has another replica that it turns to first.
  const leaders = names.map(
    (name, at) => new Leader(name, [...urls.slice(at % 3), ...urls.slice(0, at % 3)]),
  )
  await Promise.all(
    leaders.map(async (leader) => {
      for (const group of leader.groups) expect((await leader.create(group)).ok).toBe(true)
    }),
  )
  const all = leaders.flatMap(({ groups }) => groups).toSorted()

  // The leader of etcd is the worst to lose.
  const under = load(leaders)
  const probing = watchEtcd(etcd)
  await pause(1_500)
  await etcd.kill(await etcd.leader())
  await pause(2_500)
  await replicas[0]?.started.kill()
  await replicas[1]?.started.kill()
  await pause(2_000)
  await under.stop()
  const failOver = await probing.stop()
  const gap = longestGap(under.told.filter(({ isWrite }) => isWrite))
  const slowest = Math.max(...under.told.map(({ ms }) => ms))
  report(
    `${under.told.length} calls, failed: ${JSON.stringify(codesOf(under.told))}; no renewal for ` +
      `${Math.round(gap)} ms (etcd itself ${Math.round(failOver)}), slowest ` +
      `${Math.round(slowest)} ms`,
  )
  expect(codesOf(under.told)['LOST']).toBeUndefined()
  expect(gap).toBeLessThan(failOver + MARGIN_MS)
  expect(await leaders[0]?.listed()).toEqual(all)

  // All of etcd: the chat does not notice, the service says so, and comes back by itself.
  const [alice, bob] = await scene().group('lobby', ['alice', 'bob'], { nds: urls })
  await Promise.all([0, 1, 2].map((at) => etcd.kill(at)))
  const coded = await until('the service says that it is unavailable', async () => {
    const outcome = await leaders[0]?.look(leaders[0].groups[0] ?? '')
    return outcome?.ok === false && outcome.error.code === 'UNAVAILABLE' ? outcome : null
  })
  expect(coded.error.hint).toContain('goes on by itself')
  const watched = `${replicas[2]?.metrics}`
  expect((await fetch(`${watched}/readyz`)).status).toBe(503)
  expect((await fetch(`${watched}/healthz`)).status).toBe(200)
  expect(await (await fetch(`${watched}/metrics`)).text()).toContain('parley_nds_ready 0')
  const sent = await alice?.call('send', { network: 'lobby', text: 'on we go', wait: 'all' })
  expect(sent?.message.storedBy).toBe(2)
  expect(await bob?.history('lobby')).toMatchObject([{ text: 'on we go' }])

  const backAt = performance.now()
  etcd.restart(0, 1, 2)
  await until('it is ready again', async () => (await fetch(`${watched}/readyz`)).ok, 15_000)
  report(`ready ${Math.round(performance.now() - backAt)} ms after etcd was started again`)
  const renewed = await leaders[0]?.renew(leaders[0].groups[0] ?? '')
  expect(renewed?.ok).toBe(true)
  expect(await leaders[0]?.listed()).toEqual(expect.arrayContaining([...all, 'lobby']))
})
