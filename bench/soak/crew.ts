/** The members of a soak: real processes that are stopped, killed and started again. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { NETWORK, startNode, type BenchNode } from '../cluster.ts'

export type State = 'up' | 'down' | 'paused'

export interface Member {
  readonly name: string
  /** Where its data folder lies. */
  readonly folder: string
  /** The same from start to start, so that others find it again. */
  readonly listen: string
  node: BenchNode
  state: State
}

/** Bytes of the disk that can be filled. */
const SMALL_DISK = 512 * 1024 * 1024

/** A disk of its own, to be filled up; null where this user may not mount one. */
const smallDisk = (path: string): string | null => {
  mkdirSync(path, { recursive: true })
  const options = ['-t', 'tmpfs', '-o', `size=${SMALL_DISK},mode=0700`, 'tmpfs', path]
  try {
    execFileSync('mount', options, { stdio: 'ignore' })
    return path
  } catch {
    return null
  }
}

export class Crew {
  readonly folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'parley-soak-'))
  readonly members: Member[] = []
  /** The disk of the last member; null if it is like all others. */
  #disk: string | null = null
  /** What processes that have ended had to say. */
  readonly #said: string[] = []

  static async of(size: number): Promise<Crew> {
    const crew = new Crew()
    try {
      for (let count = 0; count < size; count += 1) await crew.#add(count, count === size - 1)
      return crew
    } catch (thrown) {
      await crew.end()
      throw thrown
    }
  }

  async #add(index: number, isLast: boolean): Promise<void> {
    const name = `member-${index + 1}`
    if (isLast) this.#disk = smallDisk(join(this.folder, 'small-disk'))
    const folder = (isLast ? this.#disk : null) ?? this.folder
    const node = await startNode({ name, folder })
    const member: Member = { name, folder, listen: node.listen, node, state: 'up' }
    const [first] = this.members
    this.members.push(member)
    if (first === undefined) await node.client.call('create', { name: NETWORK })
    else {
      const params = { target: `${first.listen}/${NETWORK}`, timeoutMs: 60_000 }
      await node.client.call('join', params, { timeoutMs: 65_000 })
    }
  }

  get disk(): string | null {
    return this.#disk
  }

  up(): readonly Member[] {
    return this.members.filter(({ state }) => state === 'up')
  }

  async start(member: Member): Promise<void> {
    const { name, folder, listen } = member
    member.node = await startNode({ name, folder, listen })
    member.state = 'up'
  }

  async stop(member: Member, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    member.state = 'down'
    await member.node.started.kill(signal)
    this.#said.push(member.node.started.stderr())
  }

  /** Lines in which nodes have told of bugs of their own. */
  faults(): readonly string[] {
    const now = this.members.map(({ node }) => node.started.stderr())
    const lines = [...this.#said, ...now].flatMap((text) => text.split('\n'))
    return lines.filter((line) => /"INTERNAL"|INTERNAL:/.test(line))
  }

  pause(member: Member): void {
    member.state = 'paused'
    member.node.started.signal('SIGSTOP')
  }

  goOn(member: Member): void {
    member.node.started.signal('SIGCONT')
    member.state = 'up'
  }

  async end(): Promise<void> {
    for (const { node } of this.members) node.started.signal('SIGCONT')
    await Promise.all(this.members.map(({ node }) => node.started.kill()))
    if (this.#disk !== null) execFileSync('umount', ['-l', this.#disk], { stdio: 'ignore' })
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Memory that a process has in use, in MiB; NaN if it is gone. */
export const memoryMib = (pid: number): number => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN) / 1_024
  } catch {
    // It has just ended.
    return NaN
  }
}
