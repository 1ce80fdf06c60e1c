/** Long histories: how soon a newcomer has one, and how soon a node that has one goes on. */
import { until } from '../test/e2e/harness/until.ts'
import type { Benchmark, Note } from './benchmark.ts'
import { NETWORK, startNode } from './cluster.ts'
import { Crowd, type Host, type Told } from './crowd.ts'
import { textOf } from './load.ts'

const WINDOW = 64
const CALLS = 8

/** A node says all of it, as fast as it can. */
const tell = async (host: Host, count: number): Promise<void> => {
  let next = 0
  const say = async (): Promise<void> => {
    while (next < count) {
      const size = Math.min(WINDOW, count - next)
      const texts = Array.from({ length: size }, (_, at) => textOf(next + at))
      next += size
      await host.ask({ do: 'send', at: 0, network: NETWORK, texts })
    }
  }
  await Promise.all(Array.from({ length: CALLS }, say))
}

const statusOf = async (host: Host): Promise<Told | undefined> =>
  (await host.ask<readonly Told[]>({ do: 'status', network: NETWORK }))[0]

const newcomer = async (note: Note, count: number): Promise<void> => {
  const crowd = new Crowd(3)
  try {
    const [first, second, last] = crowd.hosts as [Host, Host, Host]
    const listen = await first.start(crowd.folder, 'first', true)
    await first.ask({ do: 'create', at: 0, names: [NETWORK] })
    await tell(first, count)
    const targets = [`${listen}/${NETWORK}`]
    await second.start(crowd.folder, 'second')
    await second.ask({ do: 'join', at: 0, targets })
    const has = async (host: Host): Promise<boolean> => (await statusOf(host))?.count === count
    await until('the second has it all', () => has(second), 120_000)
    await last.start(crowd.folder, 'last')
    const before = await last.usage()
    const start = performance.now()
    const joined = last.ask({ do: 'join', at: 0, targets }).then(() => performance.now() - start)
    await until('the newcomer has it all', () => has(last), 120_000)
    note('until it has all', performance.now() - start, 'ms')
    note('until it is in the group and can speak', await joined, 'ms')
    const after = await last.usage()
    note('processor time of the newcomer', after.cpuMs - before.cpuMs, 'ms')
    note('memory of the newcomer afterwards', after.rssMib, 'MiB')
  } finally {
    await crowd.end()
  }
}

export const join100k: Benchmark = {
  name: 'join',
  question: 'How soon can a newcomer to 100,000 messages speak, and how soon has it all of them?',
  about:
    'Two members have it (quick: 10,000), each in a process of its own; real links, keys and ' +
    'disks; texts of 200 bytes, as said by a busy member: 64 under a signature. All is verified ' +
    'by the newcomer before it is shown.',
  run: (note, { isQuick }) => newcomer(note, isQuick ? 10_000 : 100_000),
}

const SEARCHES = 5

const longStart = async (note: Note, count: number): Promise<void> => {
  const crowd = new Crowd(1)
  try {
    const [host] = crowd.hosts as [Host]
    await host.start(crowd.folder, 'member', true)
    await host.ask({ do: 'create', at: 0, names: [NETWORK] })
    await tell(host, count)
    await host.ask({ do: 'stop' })
    await host.end()
    const start = performance.now()
    const node = await startNode({ name: 'member', folder: crowd.folder })
    note('from the start of the process until it is ready', performance.now() - start, 'ms')
    try {
      const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
        const began = performance.now()
        await work()
        note(what, performance.now() - began, 'ms')
      }
      await timed('open: the last 50 messages', () =>
        node.client.call('history', { network: NETWORK, limit: 50 }),
      )
      const params = { network: NETWORK, query: `${Math.floor(count / 2)}`, limit: 50 }
      await timed('the first search', () => node.client.call('search', params))
      for (let turn = 0; turn < SEARCHES; turn += 1) {
        const query = `${Math.floor((count / (turn + 3)) * 2)}`
        await timed('search', () => node.client.call('search', { ...params, query }))
      }
      await timed('search of a word that is everywhere', () =>
        node.client.call('search', { ...params, query: 'lorem ipsum' }),
      )
    } finally {
      await node.started.kill()
    }
  } finally {
    await crowd.end()
  }
}

export const million: Benchmark = {
  name: 'million',
  question: 'A node with 1,000,000 messages: how soon does it start, open a chat, and find a word?',
  about:
    'Quick: 50,000. The process is `bin/parley.js run`, from its start to the line that says it ' +
    'is ready; then over its local API.',
  run: (note, { isQuick }) => longStart(note, isQuick ? 50_000 : 1_000_000),
}
