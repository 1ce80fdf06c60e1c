/** Plays a scenario with real processes: does what it says, and waits for what must come of it. */
import { LogReader } from '../observe/log-files.ts'
import type { LogLine } from '../observe/log-line.ts'
import { actOf, durationOf, linkOf, parseScenario, quotedIn, sidesOf } from '../core/scenario.ts'
import { ParleyError } from '../rpc/errors.ts'
import { Bots } from './bots.ts'
import { MAX_NODES, NETWORK, type Cluster, type LabNode } from './cluster.ts'
import type { Seen, Watch } from './watch.ts'

type LabAct = (words: readonly string[], line: string) => Promise<void> | void

const LOOK_EVERY_MS = 50

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export class Script {
  readonly #cluster: Cluster
  readonly #watch: Watch
  readonly #bots: Bots
  readonly #expectMs: number
  readonly #tell: (text: string) => void
  readonly #readers = new Map<string, LogReader>()
  /** What nodes have decided since the last expectation. */
  #told: LogLine[] = []

  constructor(cluster: Cluster, watch: Watch, expectMs: number, tell: (text: string) => void) {
    this.#expectMs = expectMs
    this.#cluster = cluster
    this.#watch = watch
    this.#tell = tell
    this.#bots = new Bots(cluster, watch)
  }

  /** Throws USAGE for what is no scenario, VERIFICATION_FAILED for what did not come true. */
  async play(text: string): Promise<void> {
    try {
      // What is done at the end need not be followed by any expectation.
      for (const { doing, expected } of parseScenario(`${text.trimEnd()}\n\n----\n`)) {
        for (const line of doing) await this.#perform(line)
        for (const line of expected) await this.#expect(line)
        this.#told = []
      }
    } finally {
      this.#bots.stop()
    }
  }

  async #perform(line: string): Promise<void> {
    if (line.startsWith('#')) this.#tell(`\n${line.replace(/^#\s*/, '')}`)
    let found: ReturnType<typeof actOf<LabAct>>
    try {
      found = actOf(this.#acts, line)
    } catch (thrown) {
      throw new ParleyError('USAGE', String(thrown instanceof Error ? thrown.message : thrown), {
        hint: `Acts are ${Object.keys(this.#acts).join(', ')}.`,
      })
    }
    if (found === null) return
    this.#tell(`> ${line}`)
    await found.act(found.words, line)
    this.#watch.noteChange()
  }

  readonly #acts: Readonly<Record<string, LabAct>> = {
    nodes: (words) => this.#assemble(words),
    advance: ([time = '']) => pause(durationOf(time)),
    say: ([name = ''], line) => void this.#watch.say(this.#cluster.node(name), quotedIn(line)),
    bots: ([pace = 'off']) => {
      this.#bots.stop()
      if (pace !== 'off') this.#bots.start(durationOf(pace))
    },
    partition: (_, line) => this.#partition(line),
    heal: () => this.#cluster.heal(),
    cut: ([link = '']) => {
      const { from, to, isBoth } = linkOf(link)
      this.#cluster.cut(from, to)
      if (isBoth) this.#cluster.cut(to, from)
      this.#cluster.tellWeather()
    },
    mend: ([link = '']) => {
      const { from, to } = linkOf(link)
      for (const way of [`${from} ${to}`, `${to} ${from}`]) this.#cluster.cuts.delete(way)
      this.#cluster.tellWeather()
    },
    slow: ([name = '', time = '']) => {
      this.#cluster.node(name).delayMs = durationOf(time)
      this.#cluster.tellWeather()
    },
    skew: ([name = '', time = '']) => {
      this.#cluster.node(name).skewMs = durationOf(time)
      this.#cluster.tellWeather()
    },
    crash: async (names) => {
      for (const name of names) await this.#cluster.crash(this.#cluster.node(name))
    },
    restart: async (names) => {
      for (const name of names) await this.#cluster.start(this.#cluster.node(name))
    },
    pause: ([name = '', time]) => {
      const node = this.#cluster.node(name)
      this.#cluster.pause(node)
      if (time !== undefined) setTimeout(() => this.#cluster.wake(node), durationOf(time))
    },
    wake: ([name = '']) => this.#cluster.wake(this.#cluster.node(name)),
    join: ([name = '']) => this.#cluster.join(name),
    leave: async ([name = '']) => {
      await this.#cluster.node(name).client().call('leave', { network: NETWORK })
    },
    kick: async ([by = '', member = '']) => {
      await this.#cluster.node(by).client().call('kick', { network: NETWORK, member })
    },
    ban: async ([by = '', member = '']) => {
      await this.#cluster.node(by).client().call('ban', { network: NETWORK, member })
    },
    // What it shows stands in the expectation.
    show: () => undefined,
  }

  /** `nodes 5`, named by their numbers as in the simulator, or `nodes alice bob`. */
  async #assemble(words: readonly string[]): Promise<void> {
    const [first = ''] = words
    const isCount = /^\d+$/.test(first)
    if (isCount && Number(first) > MAX_NODES)
      throw new ParleyError('USAGE', `A laboratory has at most ${MAX_NODES} nodes`)
    const names = isCount ? Array.from({ length: Number(first) }, (_, at) => `${at + 1}`) : words
    await this.#cluster.assemble(names)
  }

  #partition(line: string): void {
    const sides = sidesOf(line)
    const sideOf = ({ name }: LabNode): number => sides.findIndex((side) => side.includes(name))
    this.#cluster.cuts.clear()
    for (const a of this.#cluster.nodes)
      for (const b of this.#cluster.nodes)
        if (sideOf(a) !== sideOf(b)) this.#cluster.cut(a.name, b.name)
    this.#cluster.tellWeather()
  }

  async #expect(line: string): Promise<void> {
    const startedAt = performance.now()
    for (;;) {
      const seen = await this.#watch.look()
      this.#readLogs()
      if (await this.#isTrue(line, seen)) {
        this.#tell(`  ✓ ${line}  (${Math.round(performance.now() - startedAt)} ms)`)
        return
      }
      if (performance.now() - startedAt > this.#expectMs) {
        this.#tell(`  ✗ ${line}`)
        throw new ParleyError(
          'VERIFICATION_FAILED',
          `Not within ${this.#expectMs / 1_000} s: ${line}`,
          {
            hint: 'Either the scenario says what Parley does not promise, or Parley is wrong.',
          },
        )
      }
      await pause(LOOK_EVERY_MS)
    }
  }

  #readLogs(): void {
    for (const { name, dataDir } of this.#cluster.nodes) {
      const reader = this.#readers.get(name) ?? new LogReader(dataDir)
      this.#readers.set(name, reader)
      this.#told.push(...reader.take())
    }
  }

  async #isTrue(line: string, seen: readonly Seen[]): Promise<boolean> {
    if (line.startsWith('heads ')) return this.#areHeads(sidesOf(line), seen)
    const { names, rest } = this.#split(line)
    for (const name of names) if (!(await this.#holdsFor(name, rest, seen))) return false
    return names.length > 0
  }

  /** `2 3 follows 1`: who, and what. */
  #split(line: string): { readonly names: readonly string[]; readonly rest: string } {
    const words = line.split(' ')
    const isName = (word: string): boolean => this.#cluster.nodes.some(({ name }) => name === word)
    const end = words.findIndex((word) => !isName(word))
    return { names: words.slice(0, end), rest: words.slice(end).join(' ') }
  }

  /** Those in the same brackets have the same head, and others another. */
  #areHeads(groups: readonly (readonly string[])[], seen: readonly Seen[]): boolean {
    const headOf = (name: string): string | null =>
      seen.find(({ node }) => node.name === name)?.status?.head ?? null
    const heads = groups.map((group) => new Set(group.map(headOf)))
    const all = heads.flatMap((some) => [...some])
    return heads.every((some) => some.size === 1) && new Set(all).size === all.length
  }

  async #holdsFor(name: string, what: string, seen: readonly Seen[]): Promise<boolean> {
    const { node, status = null } = seen.find((one) => one.node.name === name) ?? {}
    const [, position, author, text] = /^reads #(\d+) (\S+): (.*)$/.exec(what) ?? []
    if (node !== undefined && position !== undefined) {
      if (status === null) return false
      const params = { network: NETWORK, from: Number(position), limit: 1 }
      const { messages } = await node.client().call('history', params)
      return messages[0]?.author.name === author && messages[0]?.text === text
    }
    const view = /view=\[(.*)\]$/.exec(what)?.[1]
    if (node !== undefined && view !== undefined && !(await this.#isView(node, view))) return false
    if (what.startsWith('view=')) return true
    if (what.startsWith('leads ')) return status?.role === 'leader'
    if (what.startsWith('follows '))
      return status?.role === 'follower' && status.leader?.name === what.slice('follows '.length)
    return this.#told.some((line) => line.name === name && line.text === what)
  }

  async #isView(node: LabNode, view: string): Promise<boolean> {
    if (node.state !== 'running') return false
    const { members } = await node.client().call('members', { network: NETWORK })
    const active = members.filter((member) => member.active)
    return active.map((member) => member.name).join(' ') === view
  }
}
