/** A real etcd cluster on this machine, for one test: members that can be killed and started again. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { until } from './until.ts'

interface Member {
  readonly name: string
  readonly client: string
  readonly peer: string
  readonly folder: string
  process: ChildProcess | null
}

/** Why there can be none here; null if there can. Without it a test is skipped, in CI it fails. */
export const whyNoEtcd = (): string | null => {
  try {
    execFileSync('etcd', ['--version'], { stdio: 'pipe' })
    return null
  } catch {
    const why = 'etcd is not installed (package etcd-server)'
    if (process.env['CI'] === 'true') throw new Error(why)
    return why
  }
}

const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  for (const server of servers) server.close()
  return ports
}

const post = async (client: string, path: string): Promise<Record<string, unknown>> => {
  const signal = AbortSignal.timeout(1_000)
  const answer = await fetch(`${client}/v3/${path}`, { method: 'POST', body: '{}', signal })
  return (await answer.json()) as Record<string, unknown>
}

export class EtcdCluster {
  readonly #members: readonly Member[]
  readonly #folder: string

  private constructor(folder: string, members: readonly Member[]) {
    this.#folder = folder
    this.#members = members
  }

  static async start(size: number): Promise<EtcdCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'parley-etcd-'))
    const ports = await freePorts(size * 2)
    const members = Array.from({ length: size }, (_, at): Member => ({
      name: `e${at}`,
      client: `http://127.0.0.1:${ports[2 * at]}`,
      peer: `http://127.0.0.1:${ports[2 * at + 1]}`,
      folder: join(folder, `e${at}`),
      process: null,
    }))
    const cluster = new EtcdCluster(folder, members)
    for (const member of members) cluster.#launch(member)
    await cluster.ready()
    return cluster
  }

  get size(): number {
    return this.#members.length
  }

  /** What `--store` takes. */
  get address(): string {
    return `etcd://${this.endpoints.map((one) => one.slice('http://'.length)).join(',')}`
  }

  get endpoints(): readonly string[] {
    return this.#members.map(({ client }) => client)
  }

  /** The index of the member that leads. */
  async leader(): Promise<number> {
    return until('etcd has a leader', async () => {
      for (const [at, { client, process: running }] of this.#members.entries()) {
        if (running === null) continue
        const { leader, header } = await post(client, 'maintenance/status')
        const { member_id: own } = header as { readonly member_id?: string }
        if (leader === own) return { at }
      }
      return null
    }).then(({ at }) => at)
  }

  /** Resolves when a majority answers. */
  async ready(): Promise<void> {
    const body = JSON.stringify({ key: 'AA==' })
    await until('etcd answers', async () => {
      const [{ client } = { client: '' }] = this.#members.filter((one) => one.process !== null)
      const signal = AbortSignal.timeout(1_000)
      const answer = await fetch(`${client}/v3/kv/range`, { method: 'POST', body, signal })
      return answer.ok
    })
  }

  async kill(at: number): Promise<void> {
    const member = this.#members[at]
    const running = member?.process ?? null
    if (member === undefined || running === null) return
    member.process = null
    const ended = once(running, 'exit')
    running.kill('SIGKILL')
    await ended
  }

  /** The same members on the same folders. */
  restart(...which: readonly number[]): void {
    for (const at of which) {
      const member = this.#members[at]
      if (member?.process === null) this.#launch(member)
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#members.map((_, at) => this.kill(at)))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #launch(member: Member): void {
    const { name, client, peer, folder } = member
    const all = this.#members.map((one) => `${one.name}=${one.peer}`).join(',')
    const settings = {
      name,
      'data-dir': folder,
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': all,
      'initial-cluster-token': this.#folder,
      'log-level': 'error',
    }
    const args = Object.entries(settings).map(([key, value]) => `--${key}=${value}`)
    member.process = spawn('etcd', args, { stdio: 'ignore' })
  }
}
