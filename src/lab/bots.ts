/** Bots that chat: every node says something now and then. */
import type { Cluster } from './cluster.ts'
import type { Watch } from './watch.ts'

const SAYINGS = [
  'anybody at the lighthouse?',
  'tea is ready',
  'the tide turns at six',
  'who has the key to the shed?',
  'all quiet here',
  'battery is charged',
  'I will be back at noon',
]
/** Messages that may be under way: while nobody leads, bots wait like everybody. */
const MAX_SENDING = 50

export class Bots {
  readonly #cluster: Cluster
  readonly #watch: Watch
  #timer: NodeJS.Timeout | null = null
  #said = 0

  constructor(cluster: Cluster, watch: Watch) {
    this.#cluster = cluster
    this.#watch = watch
  }

  get isOn(): boolean {
    return this.#timer !== null
  }

  /** One of them says something so often. */
  start(everyMs: number): void {
    this.stop()
    this.#timer = setInterval(() => this.#say(), everyMs)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #say(): void {
    const running = this.#cluster.running()
    const node = running[this.#said % Math.max(1, running.length)]
    const saying = SAYINGS[this.#said % SAYINGS.length]
    if (node === undefined || this.#watch.sending >= MAX_SENDING) return
    this.#said += 1
    void this.#watch.say(node, `${saying} (${this.#said})`)
  }
}
