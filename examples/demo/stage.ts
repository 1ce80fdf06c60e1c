/** The stage of the demonstration: real processes, what is said about them, and what must be true. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const program = join(root, 'bin', 'parley.js')
const LOOK_EVERY_MS = 50

export interface Shown {
  readonly text: string
  readonly author: { readonly name: string }
  readonly position: number
}

export interface Seen {
  readonly number: number | null
  readonly name: string
  readonly leader: boolean
  readonly active: boolean
}

export interface Status {
  readonly networks: readonly {
    readonly name: string
    readonly head: string
    readonly count: number
    readonly role: string
    readonly leader: { readonly name: string } | null
    readonly active: number
  }[]
}

/** One process of the demonstration. */
export interface Actor {
  readonly name: string
  readonly dataDir: string
  readonly child: ChildProcess
  readonly listen: string
}

export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'parley-demo-'))
  readonly #children = new Set<ChildProcess>()
  readonly #startedAt = performance.now()
  #scene = 0

  /** A new part of the story. */
  scene(text: string): void {
    this.#scene += 1
    console.log(`\n${this.#scene}. ${text}`)
  }

  /** Something that happened. */
  tell(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(5)
    console.log(`   ${seconds} s  ${text}`)
  }

  /** Something that must be true; throws, which ends the demonstration, if it is not. */
  check(text: string, isTrue: boolean): void {
    this.tell(`${isTrue ? '✓' : '✗'} ${text}`)
    if (!isTrue) throw new Error(`not as told: ${text}`)
  }

  /** Waits until something is true, and says so. */
  async becomes(text: string, look: () => Promise<boolean>, withinMs = 10_000): Promise<void> {
    const end = performance.now() + withinMs
    while (performance.now() < end) {
      if (await look()) {
        this.check(text, true)
        return
      }
      await pause(LOOK_EVERY_MS)
    }
    this.check(`${text} (within ${withinMs / 1000} s)`, false)
  }

  /** Starts a process and waits for its ready line. */
  async start(name: string, args: readonly string[]): Promise<Record<string, string>> {
    const child = spawn(process.execPath, [program, ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Nothing is left behind in the folders of whoever watches.
      env: { ...process.env, XDG_DATA_HOME: join(this.folder, 'data') },
    })
    this.#children.add(child)
    const lines = createInterface({ input: child.stdout })
    const ended = once(child, 'exit').then(() => null)
    const line = await Promise.race([once(lines, 'line'), ended])
    if (line === null) throw new Error(`${name} did not start`)
    return { ...(JSON.parse(String(line[0])) as Record<string, string>), pid: String(child.pid) }
  }

  /** Starts a node on its folder; where it ran before, it is the same node again. */
  async node(name: string, nds: string, listen = '127.0.0.1:0'): Promise<Actor> {
    const dataDir = join(this.folder, name)
    const args = ['run', '--name', name, '--listen', listen, '--nds', nds, '--data-dir', dataDir]
    const ready = await this.start(name, args)
    const child = [...this.#children].find(({ pid }) => String(pid) === ready['pid'])
    if (child === undefined) throw new Error(`${name} is not there`)
    return { name, dataDir, child, listen: ready['listen'] ?? '' }
  }

  /** `kill -9`: no goodbye, no last words. */
  async kill({ child }: Actor): Promise<void> {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    this.#children.delete(child)
  }

  /** Runs a command for an actor's node, shows it, and gives what it printed. Throws if it fails. */
  async run(actor: Actor, args: readonly string[], isShown = true): Promise<readonly unknown[]> {
    const child = spawn(
      process.execPath,
      [program, ...args, '--json', '--data-dir', actor.dataDir],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    this.#children.add(child)
    let out = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    await once(child, 'close')
    this.#children.delete(child)
    if (isShown) this.tell(`${actor.name} $ parley ${args.join(' ')}`)
    if (child.exitCode !== 0) throw new Error(`parley ${args.join(' ')}: ${errors}`)
    const lines = out.split('\n').filter((line) => line !== '')
    return lines.map((line): unknown => JSON.parse(line))
  }

  async statusOf(actor: Actor): Promise<Status['networks'][number] | null> {
    const [status] = (await this.run(actor, ['status'], false)) as [Status]
    return status.networks[0] ?? null
  }

  async membersOf(actor: Actor): Promise<readonly Seen[]> {
    const [answer] = (await this.run(actor, ['members', 'lobby'], false)) as [{ members: Seen[] }]
    return answer.members
  }

  async historyOf(actor: Actor): Promise<readonly Shown[]> {
    return (await this.run(actor, ['history', 'lobby'], false)) as readonly Shown[]
  }

  /** Ends everything that was started. */
  end(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}
