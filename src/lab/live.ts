/** The laboratory by key: what people do to it, and what they see of it. */
import { Painter } from '../tui/painter.ts'
import { painterOf, themeFrom } from '../tui/screen/theme.ts'
import { sizeOf, TerminalInput } from '../tui/terminal.ts'
import type { Terminal } from '../tui/run.ts'
import type { Input } from '../tui/input/keys.ts'
import { ParleyError } from '../rpc/errors.ts'
import { Bots } from './bots.ts'
import { namesFor, type Cluster, type LabNode } from './cluster.ts'
import { labScreen } from './screen.ts'
import type { Watch } from './watch.ts'

const BOTS_MS = 400
const SLOW_MS = 300
const SKEW_MS = 60_000
const MAX_TOLD = 200

export class LiveLab {
  readonly #cluster: Cluster
  readonly #watch: Watch
  readonly #bots: Bots
  readonly #terminal: Terminal
  readonly #told: string[] = []
  readonly #over = Promise.withResolvers<void>()
  readonly #leaders = new Map<string, string>()
  #picked = 0
  #redraw: () => void = () => {}

  constructor(cluster: Cluster, watch: Watch, terminal: Terminal) {
    this.#cluster = cluster
    this.#watch = watch
    this.#terminal = terminal
    this.#bots = new Bots(cluster, watch)
  }

  tell(text: string): void {
    const time = new Date().toISOString().slice(11, 19)
    this.#told.push(`${time} ${text}`)
    if (this.#told.length > MAX_TOLD) this.#told.shift()
    this.#redraw()
  }

  /** Shows it until somebody quits, or a signal ends it. */
  async run(signalled: Promise<void>): Promise<void> {
    const { stdin, stdout } = this.#terminal
    const source = {
      screen: () => labScreen({ ...this.#view(), ...sizeOf(stdout) }),
      subscribe: (listener: () => void) => {
        this.#redraw = listener
        return () => (this.#redraw = () => {})
      },
    }
    const painter = new Painter(stdout, source, painterOf(themeFrom(process.env)))
    const input = new TerminalInput(stdin, stdout, (inputs) => {
      for (const one of inputs) this.#take(one)
    })
    const onResize = (): void => painter.forget()
    stdout.on('resize', onResize)
    this.#watch.onSeen = () => this.#onSeen()
    this.#bots.start(BOTS_MS)
    try {
      await Promise.race([this.#over.promise, signalled])
    } finally {
      this.#bots.stop()
      this.#watch.onSeen = () => {}
      stdout.off('resize', onResize)
      input.close()
      painter.close()
    }
  }

  #view() {
    const { acknowledged, sending, broken, seen } = this.#watch
    return {
      seen,
      picked: this.#picked,
      isCut: (from: LabNode, to: LabNode) => this.#cluster.isCut(from, to),
      acknowledged: acknowledged.size,
      sending,
      broken,
      told: this.#told,
    }
  }

  #onSeen(): void {
    for (const { node, status } of this.#watch.seen) {
      const leader = status?.leader?.name ?? ''
      if (leader === '' || this.#leaders.get(node.name) === leader) continue
      this.#leaders.set(node.name, leader)
      this.tell(leader === node.name ? `★ ${node.name} leads` : `${node.name} follows ${leader}`)
    }
    this.#redraw()
  }

  #take(input: Input): void {
    if (input.kind === 'key' && (input.name === 'escape' || (input.ctrl && input.name === 'c')))
      this.#over.resolve()
    if (input.kind === 'text') for (const key of input.text) this.#press(key)
  }

  #press(key: string): void {
    const number = Number(key)
    if (number >= 1 && number <= this.#cluster.nodes.length) {
      this.#picked = number - 1
      this.#redraw()
      return
    }
    const act = this.#acts[key]
    const node = this.#cluster.nodes[this.#picked]
    if (act === undefined || node === undefined) return
    this.#watch.noteChange()
    Promise.resolve(act(node)).catch((thrown: unknown) => {
      this.tell(thrown instanceof ParleyError ? thrown.message : String(thrown))
    })
  }

  readonly #acts: Readonly<Record<string, (node: LabNode) => Promise<void> | void>> = {
    q: () => this.#over.resolve(),
    k: async (node) => {
      const isGone = node.state === 'gone'
      this.tell(isGone ? `${node.name} is started` : `${node.name} is killed`)
      await (isGone ? this.#cluster.start(node) : this.#cluster.crash(node))
    },
    p: (node) => {
      const isPaused = node.state === 'paused'
      this.tell(isPaused ? `${node.name} goes on` : `${node.name} stands still`)
      if (isPaused) this.#cluster.wake(node)
      else this.#cluster.pause(node)
    },
    s: () => this.#split(),
    o: (node) => {
      node.delayMs = node.delayMs > 0 ? 0 : SLOW_MS
      this.#cluster.tellWeather()
      this.tell(`${node.name} hears others ${node.delayMs} ms late`)
    },
    w: (node) => {
      node.skewMs = node.skewMs > 0 ? 0 : SKEW_MS
      this.#cluster.tellWeather()
      this.tell(`the clock of ${node.name} is ${node.skewMs / 1_000} s ahead`)
    },
    h: () => {
      this.#cluster.heal()
      this.tell('all links are healed')
    },
    b: () => {
      if (this.#bots.isOn) this.#bots.stop()
      else this.#bots.start(BOTS_MS)
      this.tell(this.#bots.isOn ? 'bots chat' : 'bots are silent')
    },
    j: async () => {
      const { length } = this.#cluster.nodes
      const name = namesFor(length + 1)[length] ?? ''
      this.tell(`${name} joins`)
      await this.#cluster.join(name)
    },
  }

  /** Those up to the picked one on one side, the others on the other. */
  #split(): void {
    const { nodes } = this.#cluster
    const sideOf = (node: LabNode): boolean => nodes.indexOf(node) <= this.#picked
    this.#cluster.cuts.clear()
    for (const a of nodes)
      for (const b of nodes) if (sideOf(a) !== sideOf(b)) this.#cluster.cut(a.name, b.name)
    this.#cluster.tellWeather()
    const names = (side: boolean): string =>
      nodes
        .filter((node) => sideOf(node) === side)
        .map(({ name }) => name)
        .join(' ')
    this.tell(`split: ${names(true)} | ${names(false)}`)
  }
}
