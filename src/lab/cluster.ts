/** A cluster on this machine: a discovery service and nodes, each a process with its own folder. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { LocalClient } from '../node/local-api/client.ts'
import type { MessageView, NetworkStatus } from '../node/api.ts'
import { ParleyError } from '../rpc/errors.ts'
import { endProcess, startProcess, type Started } from './process.ts'

export const NETWORK = 'lobby'
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy']
export const MAX_NODES = 32

/** How often leaders show that they live: quick, so that one does not wait long for what happens. */
const HEARTBEAT_MS = 200
const JOIN_MS = 15_000

export type LabState = 'running' | 'paused' | 'gone'

/** Names for so many nodes, people's as far as they go. */
export const namesFor = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => NAMES[index] ?? `node${index + 1}`)

export class LabNode {
  readonly name: string
  readonly dataDir: string
  id = ''
  listen = '127.0.0.1:0'
  state: LabState = 'gone'
  delayMs = 0
  skewMs = 0
  started: Started | null = null

  constructor(name: string, folder: string) {
    this.name = name
    this.dataDir = join(folder, name)
  }

  client(): LocalClient {
    return new LocalClient(this.dataDir)
  }

  /** Null while it does not answer, or is in no network. */
  async status(timeoutMs = 1_000): Promise<NetworkStatus | null> {
    if (this.state !== 'running') return null
    try {
      const { networks } = await this.client().call('status', {}, { timeoutMs })
      return networks.find(({ name, removed }) => name === NETWORK && removed === undefined) ?? null
    } catch (thrown) {
      if (thrown instanceof ParleyError) return null
      throw thrown
    }
  }

  async history(): Promise<readonly MessageView[]> {
    const messages: MessageView[] = []
    for await (const line of this.client().messages({ network: NETWORK }))
      if (!('event' in line)) messages.push(line)
    return messages
  }
}

export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'parley-lab-'))
  readonly nodes: LabNode[] = []
  /** Who does not hear whom, as `from to`, by names. */
  readonly cuts = new Set<string>()
  #nds: Started | null = null

  node(name: string): LabNode {
    const found = this.nodes.find((one) => one.name === name)
    if (found !== undefined) return found
    throw new ParleyError('USAGE', `There is no node ${name}`, {
      hint: `Nodes are ${this.nodes.map((one) => one.name).join(', ')}.`,
    })
  }

  running(): readonly LabNode[] {
    return this.nodes.filter(({ state }) => state === 'running')
  }

  /** Starts a discovery service, the first node with a network, and the others one after another. */
  async assemble(names: readonly string[]): Promise<void> {
    const args = ['--listen', '127.0.0.1:0', '--data-dir', join(this.folder, 'nds')]
    this.#nds = await startProcess(this.folder, ['nds', ...args])
    this.nodes.push(...names.map((name) => new LabNode(name, this.folder)))
    await Promise.all(this.nodes.map((node) => this.start(node)))
    for (const name of names) await this.join(name)
  }

  /** A new node comes in; the first of all founds the network. */
  async join(name: string): Promise<void> {
    const known = this.nodes.find((one) => one.name === name)
    const node = known ?? new LabNode(name, this.folder)
    if (known === undefined) this.nodes.push(node)
    if (node.state === 'gone') await this.start(node)
    if (node === this.nodes[0]) await node.client().call('create', { name: NETWORK })
    else {
      const params = { target: NETWORK, timeoutMs: JOIN_MS }
      await node.client().call('join', params, { timeoutMs: JOIN_MS + 2_000 })
    }
  }

  /** Starts the process of a node; where it ran before, it is the same node at the same address. */
  async start(node: LabNode): Promise<void> {
    mkdirSync(node.dataDir, { recursive: true, mode: 0o700 })
    const args = ['run', '--name', node.name, '--data-dir', node.dataDir, '--no-mdns']
    args.push('--listen', node.listen, '--nds', this.#nds?.ready.url ?? '')
    args.push('--heartbeat-ms', String(HEARTBEAT_MS))
    node.started = await startProcess(this.folder, args)
    node.id = node.started.ready.id ?? ''
    node.listen = node.started.ready.listen
    node.state = 'running'
    this.tellWeather()
  }

  async crash(node: LabNode): Promise<void> {
    node.state = 'gone'
    if (node.started !== null) await endProcess(node.started.child, 'SIGKILL')
  }

  pause(node: LabNode): void {
    if (node.state !== 'running') return
    node.state = 'paused'
    node.started?.child.kill('SIGSTOP')
  }

  wake(node: LabNode): void {
    if (node.state !== 'paused') return
    node.state = 'running'
    node.started?.child.kill('SIGCONT')
  }

  cut(from: string, to: string): void {
    this.cuts.add(`${this.node(from).name} ${this.node(to).name}`)
  }

  isCut(from: LabNode, to: LabNode): boolean {
    return this.cuts.has(`${from.name} ${to.name}`)
  }

  /** All links as they should be, and nobody slow; clocks stay as they are. */
  heal(): void {
    this.cuts.clear()
    for (const node of this.nodes) node.delayMs = 0
    this.tellWeather()
  }

  /** Tells all nodes what is wrong between them. */
  tellWeather(): void {
    for (const node of this.nodes) {
      const deaf = this.nodes.filter((other) => this.isCut(other, node)).map(({ id }) => id)
      const { delayMs, skewMs } = node
      const child = node.started?.child
      if (child?.connected === true) child.send({ deaf, delayMs, skewMs })
    }
  }

  /** Running nodes that reach each other, in groups. */
  sides(): readonly (readonly LabNode[])[] {
    const left = new Set(this.running())
    const sides: LabNode[][] = []
    for (const first of left) {
      const side = [first]
      left.delete(first)
      for (const one of side)
        for (const other of left)
          if (!this.isCut(one, other) && !this.isCut(other, one)) {
            side.push(other)
            left.delete(other)
          }
      sides.push(side)
    }
    return sides
  }

  /** Ends everything, and leaves nothing behind. */
  async end(): Promise<void> {
    const started = [...this.nodes.map((node) => node.started), this.#nds]
    const running = started.filter((one) => one !== null)
    await Promise.all(running.map(({ child }) => endProcess(child, 'SIGKILL')))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
