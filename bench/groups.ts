/** What a group of real processes does: how soon, how much, and how it takes the loss of its leader. */
import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'

import { entryText } from '../src/core/entry-codec.ts'
import { until } from '../test/e2e/harness/until.ts'
import { quantile, type Benchmark, type Note } from './benchmark.ts'
import { NETWORK, withCluster, type BenchNode, type Cluster } from './cluster.ts'
import { atPace, follow, sendAll, textOf } from './load.ts'

const REAL =
  'Every member is a process of its own (`bin/parley.js`) on one machine, with TLS, ' +
  'signatures and a disk ' +
  'that is written through (FULL) before anything is acknowledged; texts of 200 bytes.'

const LIGHT_PER_SECOND = 50

/** Notes when each message is told at each node; resolves once all follow. */
const watch = async (
  nodes: readonly BenchNode[],
  signal: AbortSignal,
): Promise<ReadonlyMap<BenchNode, ReadonlyMap<string, number>>> => {
  const seen = new Map<BenchNode, Map<string, number>>()
  for (const node of nodes) {
    const times = new Map<string, number>()
    seen.set(node, times)
    // A stream that ends too soon shows in what is missing.
    follow(node, (text) => times.set(text, performance.now()), signal).catch(() => {})
  }
  // Until a message has been told everywhere, a stream may not have begun.
  const [first] = nodes
  for (let turn = 0; [...seen.values()].some((times) => times.size === 0); turn += 1) {
    await first?.client.call('send', { network: NETWORK, text: `warm ${turn}`, wait: 'all' })
    await pause(50)
  }
  return seen
}

/** Waits for every call, so that none is left when the nodes are ended; throws what failed first. */
const allAnswered = async (calls: readonly Promise<unknown>[]): Promise<void> => {
  const settled = await Promise.allSettled(calls)
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

const noteTimes = (note: Note, what: string, times: readonly number[]): void => {
  note(`${what}, p50`, quantile(times, 0.5), 'ms')
  note(`${what}, p99`, quantile(times, 0.99), 'ms')
}

export const latency = async (cluster: Cluster, note: Note, count: number): Promise<void> => {
  const stop = new AbortController()
  const seen = await watch(cluster.nodes, stop.signal)
  const author = cluster.node(1)
  const sentAt = new Map<string, number>()
  const answered: number[] = []
  const sending: Promise<unknown>[] = []
  const before = cluster.cpuMs()
  await atPace(LIGHT_PER_SECOND, count, (number) => {
    const text = textOf(number)
    const at = performance.now()
    sentAt.set(text, at)
    const sent = author.client.call('send', { network: NETWORK, text, wait: 'all' })
    sending.push(sent.then(() => answered.push(performance.now() - at)))
  })
  await allAnswered(sending)
  const all = [...seen.values()]
  await until('all have been told', () => all.every((times) => times.has(textOf(count - 1))))
  const took = [...sentAt].map(([text, at]) => Math.max(...all.map((t) => t.get(text) ?? NaN)) - at)
  if (took.some((ms) => !Number.isFinite(ms))) throw new Error('a message was not told')
  stop.abort()
  noteTimes(note, 'to the last member', took)
  noteTimes(note, 'until the sender knows that all have stored it', answered)
  const deliveries = count * cluster.nodes.length
  note('processor time for 1,000 deliveries', ((cluster.cpuMs() - before) / deliveries) * 1e3, 'ms')
}

export const latencyOf = (members: number): Benchmark => ({
  name: `latency-${members}`,
  question: `At 50 messages/s in a group of ${members}: how long until the last member is told?`,
  about:
    `${REAL} One member that does not lead sends, over its local API, and waits for ` +
    '"stored by all"; ' +
    'the times end when the last member’s local API has told a follower, or the sender ' +
    'has its answer. ' +
    'Senders, followers and members share the machine.',
  run: (note, { isQuick }) =>
    withCluster(members, (cluster) => latency(cluster, note, isQuick ? 100 : 400)),
})

/** What is said before anything is measured: freshly started processes are slow. */
const WARM_UP = 3_000

/** Seconds until all members have so many messages. */
export const timeToAll = async (cluster: Cluster, count: number): Promise<number> => {
  const start = performance.now()
  await sendAll(cluster, count)
  await cluster.agree(WARM_UP + count)
  return (performance.now() - start) / 1_000
}

export const warmUp = async (cluster: Cluster): Promise<void> => {
  await sendAll(cluster, WARM_UP)
  await cluster.agree(WARM_UP)
}

const saturate = async (cluster: Cluster, note: Note, count: number): Promise<void> => {
  const members = cluster.nodes.length
  await warmUp(cluster)
  const cpuBefore = cluster.cpuMs()
  const seconds = await timeToAll(cluster, count)
  const cpuMs = cluster.cpuMs() - cpuBefore
  await cluster.expectSameOrder(WARM_UP + count)
  note('delivered to all', count / seconds, 'messages/s')
  note('processor time for a delivery', (cpuMs * 1_000) / (count * members), 'µs')
  note('share of the machine that they got', (cpuMs / seconds / 1_000 / cpus().length) * 100, '%')
  await cluster.stop()
  const entries = cluster.node(1).entries()
  const said = entries.filter(({ entry }) => entry.kind === 'message')
  const bytes = said.reduce((sum, { entry }) => sum + Buffer.byteLength(entryText(entry)), 0)
  const all = WARM_UP + count
  note('messages under one author’s signature', all / said.length, '')
  const signed = said.filter(({ sig }) => sig !== null).length
  note('messages under one leader’s signature', all / signed, '')
  note('bytes of a message with its share of the entry', bytes / all, 'B')
}

export const saturationOf = (members: number): Benchmark => ({
  name: `saturation-${members}`,
  question: `How many messages a second does a group of ${members} deliver to all its members?`,
  about:
    `${REAL} Ten senders over the local API, each with 256 messages under way, 64 in a call; ` +
    'after 3,000 to warm up, the time ends when all members have all of it. That all have the ' +
    'same messages in the same order is checked each time.',
  run: (note, { isQuick }) =>
    withCluster(members, (cluster) => saturate(cluster, note, isQuick ? 5_000 : 20_000)),
})

const FAILOVER_PER_SECOND = 100

const loseLeader = async (
  cluster: Cluster,
  note: Note,
  count: number,
  signal: 'SIGKILL' | 'SIGSTOP',
): Promise<void> => {
  const stop = new AbortController()
  const [leader, author, other] = [cluster.node(0), cluster.node(1), cluster.node(2)]
  const seen = await watch([author, other], stop.signal)
  const sending: Promise<unknown>[] = []
  let killedAt = 0
  await atPace(FAILOVER_PER_SECOND, count, (number) => {
    if (number === Math.floor(count / 2)) {
      killedAt = performance.now()
      leader.started.signal(signal)
    }
    // Not to wait longer: a command has a connection, and a node takes 256 of them at a time.
    const params = { network: NETWORK, text: textOf(number), wait: 'queued' } as const
    sending.push(author.client.call('send', params, { timeoutMs: 30_000 }))
  })
  await allAnswered(sending)
  const told = seen.get(other)
  if (told === undefined) throw new Error('nobody followed')
  await until('all have been told', () => told.has(textOf(count - 1)), 30_000)
  const times = [...told.values()].toSorted((a, b) => a - b)
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at))
  const next = times.find((at) => at > killedAt + 20)
  stop.abort()
  for (let number = 0; number < count; number += 1)
    if (!told.has(textOf(number))) throw new Error(`message ${number} was lost`)
  note('longest time without a delivery', Math.max(...gaps), 'ms')
  note('from the loss to the next delivery', (next ?? NaN) - killedAt, 'ms')
}

const LOSSES = { kill: 'SIGKILL', silence: 'SIGSTOP' } as const

export const failoverBy = (loss: keyof typeof LOSSES): Benchmark => ({
  name: loss === 'kill' ? 'failover' : 'failover-silent',
  question:
    `The leader of three ${loss === 'kill' ? 'is killed' : 'falls silent'} under 100 messages a ` +
    'second: how long is nothing delivered?',
  about:
    `${REAL} A member that stays sends, another one is watched. A delivery within 20 ms ` +
    'of the loss may still be the old leader’s and is not counted as the next one. Nothing is ' +
    'lost: checked each time.',
  run: (note, { isQuick }) =>
    withCluster(3, (cluster) => loseLeader(cluster, note, isQuick ? 300 : 900, LOSSES[loss])),
})
