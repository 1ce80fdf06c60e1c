/** Follows the keys of a prefix, on whichever member of the cluster answers. */
import { setTimeout as pause } from 'node:timers/promises'

import type { EtcdGateway } from './etcd-gateway.ts'
import { base64, endOf, watchSchema, type WatchResult } from './etcd-wire.ts'

export interface WatchOptions {
  readonly gateway: EtcdGateway
  readonly prefix: string
  /** The last revision that is known: what comes after it is told. */
  readonly after: number
  readonly onEvents: (events: WatchResult['events'], revision: number) => void
  /** History before this point is gone from the cluster: everything has to be read anew. */
  readonly onGap: () => void
}

const PAUSE_MS = 100
const MAX_LINE_BYTES = 16 * 1024 * 1024

export class EtcdWatch {
  readonly #options: WatchOptions
  #revision: number
  #current = new AbortController()
  #endpoint = ''
  #isClosed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#revision = options.after
    void this.#run()
  }

  /** The member that tells. */
  get endpoint(): string {
    return this.#endpoint
  }

  /** That member may be dead without saying so: another one is to go on. */
  move(): void {
    this.#current.abort()
  }

  close(): void {
    this.#isClosed = true
    this.#current.abort()
  }

  /** Goes on with another member whenever one ends, for whatever reason. */
  async #run(): Promise<void> {
    const { gateway } = this.#options
    while (!this.#isClosed) {
      this.#current = new AbortController()
      this.#endpoint = gateway.endpoint
      try {
        await this.#read(this.#current.signal)
      } catch {
        // Whoever watches over the cluster finds out if nobody answers at all.
      }
      if (this.#isClosed) return
      gateway.rotate(this.#endpoint)
      await pause(PAUSE_MS)
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { gateway, prefix } = this.#options
    const create = {
      key: base64(prefix),
      range_end: endOf(prefix),
      start_revision: this.#revision + 1,
    }
    const chunks = await gateway.stream('watch', { create_request: create }, signal)
    let rest = Buffer.alloc(0)
    for await (const chunk of chunks) {
      rest = Buffer.concat([rest, chunk])
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const line = rest.subarray(0, end).toString()
        rest = rest.subarray(end + 1)
        if (line !== '' && !this.#onLine(line)) return
      }
      if (rest.byteLength > MAX_LINE_BYTES) throw new Error('a line without end')
    }
  }

  /** False if the watch has ended. */
  #onLine(line: string): boolean {
    const { result } = watchSchema.parse(JSON.parse(line))
    if (result === undefined) return false
    if (result.canceled) {
      if (result.compact_revision > 0) {
        this.close()
        this.#options.onGap()
      }
      return false
    }
    if (result.events.length > 0) {
      this.#revision = Math.max(this.#revision, result.header.revision)
      this.#options.onEvents(result.events, result.header.revision)
    }
    return true
  }
}
