/** News from the node: a stream for each network, and how things are, looked up now and then. */
import { toParleyError } from '../rpc/wire-error.ts'
import type { StreamEvent, StreamLine } from '../node/local-api/types.ts'
import { PAGE } from '../view-model/model.ts'
import type { Face } from './face.ts'

/** Lines that come within this time are shown together: people cannot read faster. */
const GATHER_MS = 40
/** How often networks and members are looked up without a cause, and while they are on the screen. */
const LOOK_EVERY_MS = 5_000
const WATCH_EVERY_MS = 1_000
/** After a change, those that belong to it are waited for. */
const SETTLE_MS = 150
/** How long the first screen waits for discovery services. */
const FIRST_LIST_MS = 250

const CHANGES: ReadonlySet<StreamEvent['event']> = new Set([
  'view',
  'leader',
  'split',
  'whole',
  'merge',
  'removed',
  'fault',
  'recovered',
])

export class Feeds {
  readonly #face: Face
  readonly #streams = new Map<string, AbortController>()
  /** Networks whose stream has ended, since this node was put out of them. */
  readonly #ended = new Set<string>()
  #waiting = new Map<string, StreamLine[]>()
  #gathering: NodeJS.Timeout | null = null
  #settling: NodeJS.Timeout | null = null
  #ticking: NodeJS.Timeout | null = null
  #lookedAt = 0
  #listedAt = 0
  #isLooking = false

  constructor(face: Face) {
    this.#face = face
  }

  /** Resolves when all networks are known; their messages follow. */
  async start(): Promise<void> {
    const listing = this.#list()
    await Promise.race([listing, new Promise((resolve) => setTimeout(resolve, FIRST_LIST_MS))])
    await this.look()
    this.#ticking = setInterval(() => this.#tick(), WATCH_EVERY_MS)
  }

  close(): void {
    for (const timer of [this.#gathering, this.#settling, this.#ticking])
      if (timer !== null) clearTimeout(timer)
    for (const stream of this.#streams.values()) stream.abort()
    this.#streams.clear()
  }

  /** Looks how networks and members are now. */
  async look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      this.#lookedAt = performance.now()
      const { networks } = await this.#face.client.call('status', {})
      this.#face.dispatch({ kind: 'status', networks })
      for (const { id } of this.#face.state.model.networks) {
        const { members } = await this.#face.client.call('members', { network: id })
        this.#face.dispatch({ kind: 'members', network: id, members })
      }
      this.#followAll()
    } catch (thrown) {
      this.#onTrouble(thrown)
    } finally {
      this.#isLooking = false
    }
  }

  /** Asks discovery services what else there is. */
  async #list(): Promise<void> {
    this.#listedAt = performance.now()
    try {
      const { networks } = await this.#face.client.call('networks', {})
      this.#face.dispatch({ kind: 'offers', networks })
    } catch (thrown) {
      this.#onTrouble(thrown)
    }
  }

  async lookAndList(): Promise<void> {
    await Promise.all([this.look(), this.#list()])
  }

  #tick(): void {
    const { model } = this.#face.state
    if (!model.isConnected) return
    this.#face.dispatch({ kind: 'tick' })
    const isWatched = model.overlay?.kind === 'status' || model.overlay?.kind === 'members'
    const every = isWatched ? WATCH_EVERY_MS : LOOK_EVERY_MS
    const now = performance.now()
    if (now - this.#lookedAt >= every - 50) void this.look()
    if (model.networks.length === 0 && now - this.#listedAt >= LOOK_EVERY_MS) void this.#list()
    this.#face.refresh().catch((thrown: unknown) => this.#onTrouble(thrown))
  }

  #onTrouble(thrown: unknown): void {
    if (this.#face.state.model.isConnected) this.#face.fail(thrown)
  }

  #followAll(): void {
    const { networks } = this.#face.state.model
    const ids = new Set(networks.map(({ id }) => id))
    for (const { id, status } of networks) {
      if (status.removed !== undefined || !this.#ended.delete(id)) continue
      // It has been let in again.
      this.#streams.delete(id)
      this.#face.dispatch({ kind: 'stream-begins', network: id })
    }
    for (const [id, stream] of this.#streams) {
      if (ids.has(id)) continue
      stream.abort()
      this.#streams.delete(id)
    }
    for (const id of ids) if (!this.#streams.has(id)) void this.#follow(id)
  }

  async #follow(network: string): Promise<void> {
    const stream = new AbortController()
    this.#streams.set(network, stream)
    const query = { network, last: PAGE, follow: true, stored: true }
    try {
      for await (const line of this.#face.messages(query, stream.signal))
        this.#gather(network, line)
    } catch (thrown) {
      if (stream.signal.aborted) return
      const { code } = toParleyError(thrown)
      if (code === 'BANNED' || code === 'NOT_A_MEMBER') {
        this.#ended.add(network)
        this.#settle()
        return
      }
      this.#streams.delete(network)
      // A stream that could not keep up begins anew with the newest; all else is told.
      if (code !== 'BUSY') this.#onTrouble(thrown)
      else this.#face.dispatch({ kind: 'stream-begins', network })
      if (this.#face.state.model.isConnected) this.#settle()
    }
  }

  #gather(network: string, line: StreamLine): void {
    const lines = this.#waiting.get(network) ?? []
    lines.push(line)
    this.#waiting.set(network, lines)
    this.#gathering ??= setTimeout(() => this.#show(), GATHER_MS)
    if ('event' in line && line.event !== 'end' && CHANGES.has(line.event)) this.#settle()
  }

  #show(): void {
    this.#gathering = null
    const waiting = this.#waiting
    this.#waiting = new Map()
    for (const [network, lines] of waiting) this.#face.take(network, lines)
  }

  #settle(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = null
      void this.look()
    }, SETTLE_MS)
  }
}
