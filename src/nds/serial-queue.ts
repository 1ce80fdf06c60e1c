import { ParleyError } from '../rpc/errors.ts'

/** Runs one task after the other, in order; bounded in how many may wait. */
export class SerialQueue {
  readonly #max: number
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(max: number) {
    this.#max = max
  }

  /** Resolves or rejects as the task does; rejects with BUSY if too many wait already. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#max) throw new ParleyError('BUSY')
    this.#waiting += 1
    const turn = this.#last.then(task, task)
    this.#last = turn.catch(() => {})
    try {
      return await turn
    } finally {
      this.#waiting -= 1
    }
  }
}
