/** Groups of many members, of which several share a process: see `crowd-host.ts`. */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { root } from '../test/tidy/source.ts'
import { until } from '../test/e2e/harness/until.ts'
import { NETWORK } from './cluster.ts'

export type Ask =
  | {
      readonly do: 'start'
      readonly folder: string
      readonly name: string
      readonly isHasty: boolean
    }
  | { readonly do: 'create'; readonly at: number; readonly names: readonly string[] }
  | { readonly do: 'join'; readonly at: number; readonly targets: readonly string[] }
  | {
      readonly do: 'send'
      readonly at: number
      readonly network: string
      readonly texts: readonly string[]
    }
  | { readonly do: 'status'; readonly network: string }
  | { readonly do: 'usage' }
  | { readonly do: 'stop' }

export interface Told {
  readonly count: number
  readonly head: string | null
  readonly active: number
  readonly role: string
}

export interface Usage {
  readonly cpuMs: number
  readonly rssMib: number
}

export interface Answer {
  readonly id: number
  readonly result: unknown
  readonly error: string | null
}

export class Host {
  readonly child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #lastId = 0

  constructor() {
    const path = join(root, 'bench', 'crowd-host.ts')
    this.child = fork(path, [], { execArgv: ['--expose-gc'], stdio: 'inherit' })
    this.child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    this.child.once('exit', () => {
      for (const [id, tell] of this.#waiting) tell({ id, result: null, error: 'the host is gone' })
    })
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** What the host answers is of the type that the caller knows. */
  ask<Result>(ask: Ask): Promise<Result> {
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error === null) resolve(result as Result)
        else reject(new Error(error))
      })
      this.child.send({ id, ask })
    })
  }

  usage(): Promise<Usage> {
    return this.ask<Usage>({ do: 'usage' })
  }

  /** Starts a node; resolves to where it listens. A hasty one knows no limit of its own speed. */
  start(folder: string, name: string, isHasty = false): Promise<string> {
    return this.ask<string>({ do: 'start', folder, name, isHasty })
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill('SIGKILL')
    await gone
  }
}

/** Which host a member lives in, and its number there. */
interface Seat {
  readonly host: Host
  readonly at: number
}

export class Crowd {
  readonly folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'parley-crowd-'))
  readonly hosts: readonly Host[]
  readonly seats: Seat[] = []

  constructor(hosts: number) {
    this.hosts = Array.from({ length: hosts }, () => new Host())
  }

  /** So many members in so many processes; the first one leads, alone in the first process. */
  static async of(members: number, hosts: number): Promise<Crowd> {
    const crowd = new Crowd(hosts)
    try {
      await crowd.#fill(members)
      return crowd
    } catch (thrown) {
      await crowd.end()
      throw thrown
    }
  }

  async #fill(members: number): Promise<void> {
    const [first, ...others] = this.hosts
    if (first === undefined) throw new Error('a crowd needs a host')
    const listen = await first.start(this.folder, 'member-0')
    await first.ask({ do: 'create', at: 0, names: [NETWORK] })
    this.seats.push({ host: first, at: 0 })
    const targets = [`${listen}/${NETWORK}`]
    const fill = async (host: Host, start: number): Promise<void> => {
      for (let member = start; member < members; member += others.length) {
        await host.start(this.folder, `member-${member}`)
        const at = Math.floor((member - 1) / others.length)
        await host.ask({ do: 'join', at, targets })
        this.seats.push({ host, at })
      }
    }
    await Promise.all(others.map((host, at) => fill(host, at + 1)))
    await this.agree(0, members)
  }

  seat(at: number): Seat {
    const seat = this.seats[at]
    if (seat === undefined) throw new Error(`there is no member ${at}`)
    return seat
  }

  async statuses(): Promise<readonly Told[]> {
    const ask = { do: 'status', network: NETWORK } as const
    const all = await Promise.all(this.hosts.map((host) => host.ask<readonly Told[]>(ask)))
    return all.flat()
  }

  /** All are in one view and have one history of so many messages. */
  async agree(count: number, members = this.seats.length): Promise<void> {
    await until(
      `${members} members have the same ${count} messages`,
      async () => {
        const all = await this.statuses()
        const isOne = new Set(all.map(({ head }) => head)).size === 1
        return isOne && all.every((one) => one.active === members && one.count === count)
      },
      120_000,
    )
  }

  async usage(): Promise<readonly Usage[]> {
    return Promise.all(this.hosts.map((host) => host.usage()))
  }

  async end(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.end()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export const withCrowd = async (
  members: number,
  hosts: number,
  work: (crowd: Crowd) => Promise<void>,
): Promise<void> => {
  const crowd = await Crowd.of(members, hosts)
  try {
    await work(crowd)
  } finally {
    await crowd.end()
  }
}
