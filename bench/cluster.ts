/** Groups of real nodes, each a process of its own, as a user would run them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { SignedEntry } from '../src/core/entry.ts'
import type { GroupId } from '../src/core/ids.ts'
import type { NetworkStatus } from '../src/node/api.ts'
import { LocalClient } from '../src/node/local-api/client.ts'
import { SqliteStore } from '../src/store/sqlite-store.ts'
import { readyOf, startParley, type Started } from '../test/e2e/harness/process.ts'
import { until } from '../test/e2e/harness/until.ts'

export const NETWORK = 'lobby'

/** Ticks of processor time a second, as /proc counts them on Linux. */
const TICKS = 100

export class BenchNode {
  readonly name: string
  readonly dataDir: string
  readonly started: Started
  readonly listen: string
  readonly client: LocalClient

  constructor(name: string, dataDir: string, started: Started, listen: string) {
    this.name = name
    this.dataDir = dataDir
    this.started = started
    this.listen = listen
    this.client = new LocalClient(dataDir)
  }

  async status(): Promise<NetworkStatus> {
    const { networks } = await this.client.call('status', {})
    const [network] = networks
    if (network === undefined) throw new Error(`${this.name} is in no group`)
    return network
  }

  /** Processor time so far, in ms. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.started.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1_000
  }

  /** Ids of all messages in their order. */
  async order(): Promise<readonly string[]> {
    const ids: string[] = []
    for await (const line of this.client.messages({ network: NETWORK }))
      if ('text' in line) ids.push(`${line.author.id} ${line.id}`)
    return ids
  }

  /** What its disk has; only when it does not run any more. */
  entries(): readonly SignedEntry[] {
    const store = new SqliteStore(this.dataDir)
    try {
      const [group] = store.groups()
      return [...(store.openGroup(group?.id as GroupId)?.allEntries() ?? [])]
    } finally {
      store.close()
    }
  }
}

export interface NodeStart {
  readonly name: string
  /** Where its data folder is, or will be. */
  readonly folder: string
  /** Default: any port. */
  readonly listen?: string
  /** Further arguments of `parley run`. */
  readonly args?: readonly string[]
}

/** Runs a node; resolves when it can be asked. */
export const startNode = async ({
  name,
  folder,
  listen,
  args: more = [],
}: NodeStart): Promise<BenchNode> => {
  const dataDir = join(folder, name)
  mkdirSync(dataDir, { recursive: true })
  const at = listen ?? '127.0.0.1:0'
  const args = ['run', '--json', '--name', name, '--listen', at, '--data-dir', dataDir]
  const own = Object.entries(process.env).filter(([key]) => !key.startsWith('PARLEY_'))
  const env = { ...Object.fromEntries(own), HOME: folder, XDG_CONFIG_HOME: folder }
  const started = startParley([...args, ...more], { name, env })
  const ready = await readyOf<{ listen: string }>(started, 60_000)
  return new BenchNode(name, dataDir, started, ready.listen)
}

export class Cluster {
  readonly folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'parley-bench-'))
  readonly nodes: BenchNode[] = []

  /** So many members, the first of which leads; all have the same history. */
  static async of(members: number, args: readonly string[] = []): Promise<Cluster> {
    const cluster = new Cluster()
    try {
      for (let count = 0; count < members; count += 1)
        await cluster.#add(`member-${count + 1}`, args)
      await cluster.agree(0)
      return cluster
    } catch (thrown) {
      await cluster.end()
      throw thrown
    }
  }

  node(at: number): BenchNode {
    const node = this.nodes[at]
    if (node === undefined) throw new Error(`there is no node ${at}`)
    return node
  }

  /** All are in one view and have one history of so many messages. */
  async agree(count: number, nodes: readonly BenchNode[] = this.nodes): Promise<void> {
    const isSame = async (): Promise<boolean> => {
      const all = await Promise.all(nodes.map((node) => node.status()))
      const isOne = new Set(all.map(({ head }) => head)).size === 1
      return isOne && all.every((one) => one.active === nodes.length && one.count === count)
    }
    await until(`all have the same ${count} messages`, isSame, 60_000)
  }

  /** Throws unless all have the same messages in the same order, and so many. */
  async expectSameOrder(count: number): Promise<void> {
    const all = await Promise.all(this.nodes.map(async (node) => (await node.order()).join('\n')))
    if (new Set(all).size !== 1) throw new Error('members have different orders')
    const ids = new Set(all[0]?.split('\n'))
    if (ids.size !== count) throw new Error(`${ids.size} different messages instead of ${count}`)
  }

  cpuMs(): number {
    return this.nodes.reduce((sum, node) => sum + node.cpuMs(), 0)
  }

  /** Stops all in good order, so that their folders can be read. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(({ started }) => started.kill('SIGTERM')))
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map(({ started }) => started.kill()))
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #add(name: string, args: readonly string[]): Promise<void> {
    const node = await startNode({ name, folder: this.folder, args })
    const [first] = this.nodes
    this.nodes.push(node)
    if (first === undefined) await node.client.call('create', { name: NETWORK })
    else {
      const params = { target: `${first.listen}/${NETWORK}`, timeoutMs: 60_000 }
      await node.client.call('join', params, { timeoutMs: 65_000 })
    }
  }
}

/** A cluster for some work; it is gone afterwards. */
export const withCluster = async (
  members: number,
  work: (cluster: Cluster) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> => {
  const cluster = await Cluster.of(members, args)
  try {
    await work(cluster)
  } finally {
    await cluster.end()
  }
}
