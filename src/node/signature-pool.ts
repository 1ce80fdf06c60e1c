/**
 * Checks the signatures of long histories in other threads, so that a node that takes one in goes
 * on answering meanwhile. Threads begin with the first page and end when there has been nothing to
 * do for a while.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

import type { CheckedSignatures, SignedText } from '../crypto/checked-signatures.ts'
import type { Lot, Verdict } from './signature-worker.ts'

/** Fewer are checked sooner than they are handed over. */
const FEWEST = 16
const MOST_THREADS = 4
const IDLE_MS = 5_000

interface Thread {
  readonly worker: Worker
  /** Lots under way: what to do with the verdict, null if there will be none. */
  readonly waiting: Map<number, (good: readonly boolean[] | null) => void>
}

/** It stands beside this file, as source or as what the compiler made of it. */
const workerUrl = (): URL => {
  const end = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./signature-worker.${end}`, import.meta.url)
}

export class SignaturePool {
  readonly #checked: CheckedSignatures
  readonly #onFault: (thrown: unknown) => void
  readonly #threads: Thread[] = []
  #lots = 0
  #idleTimer: NodeJS.Timeout | null = null
  #isStopped = false

  /** What is found good is told to `checked`. */
  constructor(checked: CheckedSignatures, onFault: (thrown: unknown) => void) {
    this.#checked = checked
    this.#onFault = onFault
  }

  get threads(): number {
    return this.#threads.length
  }

  /** Is it worth while? */
  takes(count: number): boolean {
    return count >= FEWEST && !this.#isStopped
  }

  /** Resolves when all are checked, or cannot be; never rejects. */
  async check(texts: readonly SignedText[]): Promise<void> {
    const threads = this.#start()
    const share = Math.ceil(texts.length / threads.length)
    await Promise.all(
      threads.map(async (thread, at) => {
        const lot = texts.slice(at * share, (at + 1) * share)
        const good = lot.length === 0 ? null : await this.#hand(thread, lot)
        for (const [index, text] of lot.entries())
          if (good?.[index] === true) this.#checked.add(text)
      }),
    )
    this.#restLater()
  }

  stop(): void {
    this.#isStopped = true
    this.#end()
  }

  #hand(thread: Thread, texts: readonly SignedText[]): Promise<readonly boolean[] | null> {
    this.#lots += 1
    const lot: Lot = { no: this.#lots, texts }
    return new Promise((resolve) => {
      thread.waiting.set(lot.no, resolve)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread
      thread.worker.postMessage(lot)
    })
  }

  /** One core is left to the node itself. */
  #start(): readonly Thread[] {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.#idleTimer = null
    const wanted = Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1))
    while (this.#threads.length < wanted) this.#threads.push(this.#open())
    return [...this.#threads]
  }

  #open(): Thread {
    const worker = new Worker(workerUrl())
    worker.unref()
    const thread: Thread = { worker, waiting: new Map() }
    worker.on('message', ({ no, good }: Verdict) => {
      thread.waiting.get(no)?.(good)
      thread.waiting.delete(no)
    })
    worker.once('error', this.#onFault)
    worker.once('exit', () => {
      const at = this.#threads.indexOf(thread)
      if (at >= 0) this.#threads.splice(at, 1)
      for (const resolve of thread.waiting.values()) resolve(null)
      thread.waiting.clear()
    })
    return thread
  }

  #restLater(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => this.#end(), IDLE_MS)
    this.#idleTimer.unref()
  }

  #end(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.#idleTimer = null
    for (const { worker } of this.#threads) void worker.terminate()
  }
}
