/**
 * A stage for one test: a temporary folder, any number of nodes and discovery services in it, and
 * an end at which all of them are killed. If the test failed, what they said is printed.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach } from 'vitest'

import type { MessageView, NetworkStatus } from '../../../src/node/api.ts'
import { LocalClient } from '../../../src/node/local-api/client.ts'
import type { LocalMethod, LocalMethods } from '../../../src/node/local-api/types.ts'
import { readyOf, runParley, startParley, type Exit, type Ran, type Started } from './process.ts'
import { until } from './until.ts'

export interface NodeReady {
  readonly event: 'ready'
  readonly kind: 'node'
  readonly id: string
  readonly name: string
  readonly listen: string
  readonly web: string
  readonly pid: number
}

export interface NdsReady {
  readonly event: 'ready'
  readonly kind: 'nds'
  readonly listen: string
  readonly url: string
  /** Where its plain pages are, if it was told to have any. */
  readonly metrics?: string
  readonly pid: number
}

export interface MemberOptions {
  readonly nds?: readonly string[]
  /** Null to let the node choose. */
  readonly listen?: string | null
  readonly args?: readonly string[]
  readonly wrapper?: readonly string[]
  readonly uid?: number
  readonly dataDir?: string
  /** Beside what all processes of the scene are given. */
  readonly env?: Readonly<Record<string, string>>
}

/** The end of what a process said is what tells most. */
const MAX_LOG_CHARS = 4_000

/** One node: the process that runs it may change, its folder and name stay. */
export class Member {
  readonly name: string
  readonly dataDir: string
  readonly #scene: Scene
  readonly #options: MemberOptions
  started: Started
  ready: NodeReady

  constructor(
    scene: Scene,
    name: string,
    options: MemberOptions,
    started: Started,
    ready: NodeReady,
  ) {
    this.name = name
    this.dataDir = scene.folderOf(name, options)
    this.#scene = scene
    this.#options = options
    this.started = started
    this.ready = ready
  }

  /** Starts it again on the same folder and, unless told otherwise, the same address. */
  async restart(options: MemberOptions = {}): Promise<void> {
    const again = { ...this.#options, listen: this.ready.listen, ...options }
    const { started, ready } = await this.#scene.startNode(this.name, again)
    this.started = started
    this.ready = ready
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    return this.started.kill(signal)
  }

  signal(signal: NodeJS.Signals): void {
    this.started.signal(signal)
  }

  client(): LocalClient {
    return new LocalClient(this.dataDir)
  }

  async call<M extends LocalMethod>(
    method: M,
    params: LocalMethods[M]['params'],
    timeoutMs = 10_000,
  ): Promise<LocalMethods[M]['result']> {
    return this.client().call(method, params, { timeoutMs })
  }

  /** Runs a command for this node. */
  run(...args: readonly string[]): Promise<Ran> {
    return this.#scene.run([...args, '--data-dir', this.dataDir])
  }

  /** Runs a command with `--json` that must succeed; its one object. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const ran = await this.run(...args, '--json')
    if (ran.code !== 0) throw new Error(`${args.join(' ')}: exit ${ran.code}: ${ran.stderr}`)
    return JSON.parse(ran.stdout) as T
  }

  async network(name: string): Promise<NetworkStatus> {
    const { networks } = await this.call('status', {})
    const found = networks.find((network) => network.name === name)
    if (found === undefined) throw new Error(`${this.name} is not in ${name}`)
    return found
  }

  /** The whole history, as a command would read it. */
  async history(network: string): Promise<readonly MessageView[]> {
    const messages: MessageView[] = []
    for await (const line of this.client().messages({ network })) {
      if (!('event' in line)) messages.push(line)
    }
    return messages
  }
}

export class Scene {
  readonly folder = mkdtempSync(join(tmpdir(), 'parley-e2e-'))
  readonly #all: Started[] = []

  /** Nothing of the user who runs the tests: neither settings nor folders. */
  get env(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([key]) => !key.startsWith('PARLEY_'))
    return {
      ...Object.fromEntries(own),
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_DATA_HOME: join(this.folder, 'data'),
      NO_COLOR: '1',
      // Tests that run beside each other on one network are not to hear of one another.
      PARLEY_MDNS: 'off',
    }
  }

  folderOf(name: string, options: MemberOptions = {}): string {
    return options.dataDir ?? join(this.folder, name)
  }

  /** Starts a process and remembers it, so that it is ended with the test. */
  start(name: string, args: readonly string[], options: MemberOptions = {}): Started {
    const { wrapper, uid } = options
    const started = startParley(args, {
      name,
      env: { ...this.env, ...options.env },
      ...(wrapper === undefined ? {} : { wrapper }),
      ...(uid === undefined ? {} : { uid }),
    })
    this.#all.push(started)
    return started
  }

  async startNode(
    name: string,
    options: MemberOptions,
  ): Promise<{ readonly started: Started; readonly ready: NodeReady }> {
    const dataDir = this.folderOf(name, options)
    mkdirSync(dataDir, { recursive: true })
    const args = ['run', '--json', '--name', name, '--data-dir', dataDir]
    const { listen = '127.0.0.1:0' } = options
    if (listen !== null) args.push('--listen', listen)
    for (const url of options.nds ?? []) args.push('--nds', url)
    const started = this.start(name, [...args, ...(options.args ?? [])], options)
    return { started, ready: await readyOf<NodeReady>(started) }
  }

  async member(name: string, options: MemberOptions = {}): Promise<Member> {
    const { started, ready } = await this.startNode(name, options)
    return new Member(this, name, options, started, ready)
  }

  async nds(
    args: readonly string[] = [],
    name = 'nds',
    options: MemberOptions = {},
  ): Promise<{ readonly started: Started; readonly ready: NdsReady }> {
    const given = ['nds', '--json', '--data-dir', join(this.folder, name), ...args]
    if (!args.includes('--listen')) given.push('--listen', '127.0.0.1:0')
    const started = this.start(name, given, options)
    return { started, ready: await readyOf<NdsReady>(started) }
  }

  run(args: readonly string[], input = ''): Promise<Ran> {
    return runParley(args, { name: args.join(' '), env: this.env, input })
  }

  /** Members in the order of their names, the first of which created the group. */
  async group(
    network: string,
    names: readonly string[],
    options: MemberOptions = {},
  ): Promise<readonly Member[]> {
    const members: Member[] = []
    for (const name of names) {
      const member = await this.member(name, options)
      const [first] = members
      if (first === undefined) await member.call('create', { name: network })
      else {
        const target = `${first.ready.listen}/${network}`
        await member.call('join', { target, timeoutMs: 15_000 }, 20_000)
      }
      members.push(member)
    }
    await allAgree(members, network)
    return members
  }

  logs(): string {
    return this.#all
      .map(({ name, pid, stderr }) => `--- ${name} (${pid})\n${stderr().slice(-MAX_LOG_CHARS)}`)
      .join('\n')
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((started) => started.kill()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The statuses of all once they have one leader, one head and so many messages; rejects if never. */
export const allAgree = (
  members: readonly Member[],
  network: string,
  expected: { readonly count?: number; readonly withinMs?: number } = {},
): Promise<readonly NetworkStatus[]> => {
  const { count, withinMs = 15_000 } = expected
  const names = members.map(({ name }) => name).join(', ')
  return until(
    `${names} agree on ${network}${count === undefined ? '' : ` with ${count} messages`}`,
    async () => {
      const all = await Promise.all(members.map((member) => member.network(network)))
      const isOne = new Set(all.map(({ head }) => head)).size === 1
      const leaders = all.filter(({ role }) => role === 'leader').length
      const isComplete = all.every((one) => one.active === members.length && one.outbox === 0)
      const counts = all.map((one) => one.count)
      if (isOne && leaders === 1 && isComplete) {
        if (count === undefined || counts.every((one) => one === count)) return all
      }
      const short = all.map((one) => [one.role, one.head?.slice(0, 6), one.active, one.count])
      throw new Error(JSON.stringify(short))
    },
    withinMs,
  )
}

/** A fresh scene for every test of a file. */
export const useScene = (): (() => Scene) => {
  let scene: Scene | null = null
  beforeEach(() => {
    scene = new Scene()
  })
  afterEach(async ({ task }) => {
    const ended = scene
    scene = null
    if (ended === null) return
    if (task.result?.state === 'fail') console.log(`${task.name}\n${ended.logs()}`)
    await ended.end()
  })
  return () => {
    if (scene === null) throw new Error('there is a scene only inside of a test')
    return scene
  }
}
