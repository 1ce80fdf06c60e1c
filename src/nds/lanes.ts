/** Runs tasks that share a key one after the other, and all others side by side. */
import { ParleyError } from '../rpc/errors.ts'

export class Lanes {
  readonly #max: number
  /** The last task of each lane that is not empty. */
  readonly #last = new Map<string, Promise<unknown>>()
  #waiting = 0

  /** `max`: tasks that may wait or run, in all lanes together. */
  constructor(max: number) {
    this.#max = max
  }

  /** Resolves or rejects as the task does; rejects with BUSY if too many wait already. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#max) throw new ParleyError('BUSY')
    this.#waiting += 1
    const before = this.#last.get(key) ?? Promise.resolve()
    const turn = before.then(task, task)
    const quiet = turn.catch(() => {})
    this.#last.set(key, quiet)
    try {
      return await turn
    } finally {
      this.#waiting -= 1
      if (this.#last.get(key) === quiet) this.#last.delete(key)
    }
  }

  /** Resolves when all that runs and waits now is done. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}
