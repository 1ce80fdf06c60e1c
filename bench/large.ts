/** Large groups and many groups: what a member costs, and what a node that has nothing to do does. */
import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

import { until } from '../test/e2e/harness/until.ts'
import type { Benchmark, Note } from './benchmark.ts'
import { NETWORK } from './cluster.ts'
import { Crowd, withCrowd, type Host, type Told } from './crowd.ts'
import { textOf } from './load.ts'

const SENDERS = 10
const CALLS = 4
const WINDOW = 64
/** Processes: one for the leader, the others share the rest. */
export const HOSTS = 3

const SHARED =
  `${HOSTS} processes: the leader has one of its own, the other members share the rest, each ` +
  'with its own key, TLS links, replica and disk folder written through (FULL); texts of 200 bytes.'

const sendAll = async (crowd: Crowd, count: number): Promise<void> => {
  let next = 0
  const send = async (sender: number): Promise<void> => {
    const seat = crowd.seat(sender % crowd.seats.length)
    while (next < count) {
      const size = Math.min(WINDOW, count - next)
      const texts = Array.from({ length: size }, (_, at) => textOf(next + at))
      next += size
      await seat.host.ask({ do: 'send', at: seat.at, network: NETWORK, texts })
    }
  }
  await Promise.all(Array.from({ length: SENDERS * CALLS }, (_, at) => send(at % SENDERS)))
}

const WARM_UP = 500

/** Seconds until all members have so many messages more. */
export const crowdTimeToAll = async (crowd: Crowd, count: number): Promise<number> => {
  const before = (await crowd.statuses())[0]?.count ?? 0
  const start = performance.now()
  await sendAll(crowd, count)
  await crowd.agree(before + count)
  return (performance.now() - start) / 1_000
}

const saturate = async (crowd: Crowd, note: Note, count: number): Promise<void> => {
  const members = crowd.seats.length
  await sendAll(crowd, WARM_UP)
  await crowd.agree(WARM_UP)
  const before = await crowd.usage()
  const seconds = await crowdTimeToAll(crowd, count)
  const after = await crowd.usage()
  const cpu = after.map(({ cpuMs }, at) => cpuMs - (before[at]?.cpuMs ?? 0))
  const all = cpu.reduce((sum, one) => sum + one, 0)
  const memory = after.slice(1).reduce((sum, { rssMib }) => sum + rssMib, 0)
  note('delivered to all', count / seconds, 'messages/s')
  note('processor time for a delivery', (all * 1_000) / (count * members), 'µs')
  note('the leader’s processor time for a message', ((cpu[0] ?? NaN) * 1_000) / count, 'µs')
  note('memory of a member', memory / (members - 1), 'MiB')
}

export const crowdOf = (members: number): Benchmark => ({
  name: `saturation-${members}`,
  question: `How many messages a second does a group of ${members} deliver to all its members?`,
  about:
    `${SHARED} Ten senders, each with 256 messages under way; ` +
    'the time ends when all have all.',
  run: (note, { isQuick }) => {
    const count = Math.round((isQuick ? 50_000 : 200_000) / members)
    return withCrowd(members, HOSTS, (crowd) => saturate(crowd, note, count))
  },
})

/** Bytes that a process's connections have carried, both ways, as the kernel counts them. */
const trafficOf = (pid: number): number => {
  const text = execFileSync('ss', ['-tinpH'], { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 })
  let sum = 0
  let isOwn = false
  for (const line of text.split('\n')) {
    if (!line.startsWith('\t')) isOwn = line.includes(`pid=${pid},`)
    else if (isOwn)
      for (const [, bytes] of line.matchAll(/bytes_(?:sent|received):(\d+)/g)) sum += Number(bytes)
  }
  return sum
}

const isThere = (): boolean => {
  try {
    trafficOf(0)
    return true
  } catch {
    // No `ss` on this machine.
    return false
  }
}

const QUIET_MS = 20_000

/** What a process does while nothing is said. */
const watchIdle = async (host: Host, note: Note, what: string, ms: number): Promise<void> => {
  const counts = isThere()
  const before = await host.usage()
  const carried = counts ? trafficOf(host.pid) : NaN
  await pause(ms)
  const after = await host.usage()
  const bytes = counts ? trafficOf(host.pid) - carried : NaN
  note(`${what}: memory`, after.rssMib, 'MiB')
  note(`${what}: processor`, ((after.cpuMs - before.cpuMs) / ms) * 100, '% of a core')
  if (counts) note(`${what}: traffic, both ways`, bytes / ms, 'kB/s')
}

export const idle: Benchmark = {
  name: 'idle',
  question: 'What does a member of an idle group of 32 cost, and what its leader?',
  about: `${SHARED} Here the first two processes have one member each; bytes as the kernel counts.`,
  run: async (note, { isQuick }) => {
    const crowd = new Crowd(3)
    try {
      const [leader, member, others] = crowd.hosts as [Host, Host, Host]
      const listen = await leader.start(crowd.folder, 'leader')
      await leader.ask({ do: 'create', at: 0, names: ['lobby'] })
      const targets = [`${listen}/lobby`]
      await member.start(crowd.folder, 'member')
      await member.ask({ do: 'join', at: 0, targets })
      for (let at = 0; at < 30; at += 1) {
        await others.start(crowd.folder, `other-${at}`)
        await others.ask({ do: 'join', at, targets })
      }
      await crowd.agree(0, 32)
      await pause(isQuick ? 2_000 : 10_000)
      await watchIdle(leader, note, 'leader of 32', isQuick ? 5_000 : QUIET_MS)
      await watchIdle(member, note, 'member of 32', isQuick ? 5_000 : QUIET_MS)
    } finally {
      await crowd.end()
    }
  },
}

const sharedGroups = async (note: Note, groups: number, quietMs: number): Promise<void> => {
  const crowd = new Crowd(3)
  try {
    const names = Array.from({ length: groups }, (_, at) => `group-${at}`)
    const [first, ...others] = crowd.hosts
    if (first === undefined) return
    const listen = await first.start(crowd.folder, 'first')
    await first.ask({ do: 'create', at: 0, names })
    const targets = names.map((name) => `${listen}/${name}`)
    for (const [at, host] of others.entries()) {
      await host.start(crowd.folder, `other-${at}`)
      await host.ask({ do: 'join', at: 0, targets })
    }
    await until('all are in the last group', async () => {
      const ask = { do: 'status', network: names.at(-1) ?? '' } as const
      const all = await Promise.all(crowd.hosts.map((host) => host.ask<readonly Told[]>(ask)))
      return all.flat().every(({ active }) => active === 3)
    })
    await pause(5_000)
    await watchIdle(first, note, `leads ${groups} groups of 3`, quietMs)
    for (const host of others.slice(0, 1))
      await watchIdle(host, note, `follows in ${groups} groups of 3`, quietMs)
  } finally {
    await crowd.end()
  }
}

const aloneIn = async (note: Note, groups: number, quietMs: number): Promise<void> => {
  const crowd = new Crowd(1)
  try {
    const [host] = crowd.hosts
    if (host === undefined) return
    await host.start(crowd.folder, 'alone')
    const names = Array.from({ length: groups }, (_, at) => `group-${at}`)
    await host.ask({ do: 'create', at: 0, names })
    await watchIdle(host, note, `alone in ${groups} groups`, quietMs)
  } finally {
    await crowd.end()
  }
}

export const many: Benchmark = {
  name: 'many-groups',
  question: 'What does a node cost that is in many groups in which nothing is said?',
  about: 'Three nodes, each in a process of its own, in the same groups; then one alone in 1,000.',
  run: async (note, { isQuick }) => {
    const quietMs = isQuick ? 5_000 : QUIET_MS
    await sharedGroups(note, 10, quietMs)
    if (!isQuick) await sharedGroups(note, 100, quietMs)
    await aloneIn(note, isQuick ? 100 : 1_000, quietMs)
  },
}
