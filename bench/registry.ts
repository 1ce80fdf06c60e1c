/** How a discovery service does with many groups. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { GroupId, TermId } from '../src/core/ids.ts'
import { Identity } from '../src/crypto/identity.ts'
import { leaseText, type Lease } from '../src/nds/lease.ts'
import { createNetwork, heartbeat, listNetworks } from '../src/nds/methods.ts'
import { RpcClient } from '../src/rpc/http-client.ts'
import type { ResultOf } from '../src/rpc/method.ts'
import { tlsSecurity } from '../src/rpc/tls-security.ts'
import { readyOf, startParley } from '../test/e2e/harness/process.ts'
import { quantile, type Benchmark, type Note } from './benchmark.ts'

const GROUPS = 10_000
const QUICK_GROUPS = 1_000
/** Calls that are under way at one time. */
const AT_ONCE = 2
const PAGE = 200
/** Leaders, with this many groups each. */
const GROUPS_EACH = 100
const RATE = 1_000_000

const hash = (text: string): string => Buffer.from(text.padEnd(32, '.')).toString('base64url')

class Leader {
  readonly rpc: RpcClient
  readonly #identity = Identity.generate()

  constructor() {
    this.rpc = new RpcClient({ security: tlsSecurity(this.#identity.tlsPair()) })
  }

  leaseOf(name: string): Lease {
    const lease: Lease = {
      group: hash(name) as GroupId,
      name,
      leader: { id: this.#identity.id, name: 'leader' },
      addresses: ['192.168.1.20:7411', '[fd00::20]:7411'],
      term: hash(`term ${name}`) as TermId,
      claim: { live: 3, number: 0 },
      issuedAt: Date.now(),
    }
    return { ...lease, signature: this.#identity.sign(leaseText(lease)) }
  }
}

/** Runs all, a few at a time; resolves to how long each took. */
const timed = async (works: readonly (() => Promise<unknown>)[]): Promise<readonly number[]> => {
  const times: number[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (;;) {
      const work = works[next]
      next += 1
      if (work === undefined) return
      const startedAt = performance.now()
      await work()
      times.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return times
}

const noteTimes = (note: Note, what: string, times: readonly number[]): void => {
  note(`${what}, p50`, quantile(times, 0.5), 'ms')
  note(`${what}, p99`, quantile(times, 0.99), 'ms')
}

/** Every page of the list, one after the other, as a client goes through it. */
const pages = async (rpc: RpcClient, url: string, prefix?: string) => {
  const times: number[] = []
  let groups = 0
  let cursor: string | null = null
  do {
    const startedAt = performance.now()
    const query = { limit: PAGE, ...(prefix === undefined ? {} : { prefix }) }
    const page: ResultOf<typeof listNetworks> = await rpc.callMethod(url, listNetworks, {
      ...query,
      ...(cursor === null ? {} : { cursor }),
    })
    times.push(performance.now() - startedAt)
    groups += page.networks.length
    cursor = page.next
  } while (cursor !== null)
  return { times, groups }
}

const measure = async (url: string, note: Note, count: number): Promise<void> => {
  const leaders = Array.from({ length: Math.ceil(count / GROUPS_EACH) }, () => new Leader())
  const names = Array.from({ length: count }, (_, at) => `team ${at % 97} room ${at}`)
  const each = (call: (leader: Leader, name: string) => Promise<unknown>) =>
    names.map((name, at) => () => {
      const leader = leaders[Math.floor(at / GROUPS_EACH)]
      if (leader === undefined) throw new Error('there is a leader for every group')
      return call(leader, name)
    })
  const startedAt = performance.now()
  const created = await timed(
    each((leader, name) => leader.rpc.callMethod(url, createNetwork, leader.leaseOf(name))),
  )
  note('groups registered', count / ((performance.now() - startedAt) / 1_000), '/s')
  noteTimes(note, 'registering a group', created)
  const renewed = await timed(
    each((leader, name) => leader.rpc.callMethod(url, heartbeat, leader.leaseOf(name))),
  )
  noteTimes(note, 'renewing a lease', renewed)
  const [reader] = leaders
  if (reader === undefined) throw new Error('there are leaders')
  const listed: number[] = []
  for (let turn = 0; turn < 4; turn += 1) {
    const { times, groups } = await pages(reader.rpc, url)
    if (groups !== count) throw new Error(`${groups} of ${count} groups are listed`)
    listed.push(...times)
  }
  noteTimes(note, `a page of ${PAGE}`, listed)
  const expected = Array.from(
    { length: 97 },
    (_, team) => names.filter((name) => name.startsWith(`team ${team} `)).length,
  )
  const searches = Array.from({ length: 970 }, (_, at) => async () => {
    const { groups } = await pages(reader.rpc, url, `TEAM ${at % 97} `)
    if (groups !== expected[at % 97]) throw new Error('a search missed something')
  })
  noteTimes(note, 'a search by prefix', await timed(searches))
  await Promise.all(leaders.map(({ rpc }) => rpc.close()))
}

export const registry: Benchmark = {
  name: 'registry',
  question: 'How long does a call to a discovery service take that has 10,000 groups?',
  about:
    'One replica, a process of its own with its file, over TLS; leases are signed and verified. ' +
    `Up to ${AT_ONCE} calls at one time, whose client shares the machine with it.`,
  async run(note, { isQuick }) {
    const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'))
    const args = ['nds', '--json', '--listen', '127.0.0.1:0', '--data-dir', folder]
    const more = ['--rate', `${RATE}`, '--lease-ms', '600000']
    const started = startParley([...args, ...more], { name: 'nds', env: process.env })
    try {
      const { url } = await readyOf<{ readonly url: string }>(started)
      await measure(url, note, isQuick ? QUICK_GROUPS : GROUPS)
    } finally {
      await started.kill()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
