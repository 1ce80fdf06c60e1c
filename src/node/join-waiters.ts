/** Callers of `join` that wait until this node is in the view and up to date. */
import { ParleyError } from '../rpc/errors.ts'

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: ParleyError) => void
  readonly timer: NodeJS.Timeout
}

export class JoinWaiters {
  readonly #isDone: () => boolean
  readonly #waiting = new Set<Waiter>()

  constructor(isDone: () => boolean) {
    this.#isDone = isDone
  }

  async wait(timeoutMs: number): Promise<void> {
    if (this.#isDone()) return
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter)
        reject(new ParleyError('TIMEOUT', 'Not let in and up to date in time'))
      }, timeoutMs)
      const waiter = { resolve, reject, timer }
      this.#waiting.add(waiter)
    })
  }

  /** After every step. */
  check(): void {
    if (this.#waiting.size > 0 && this.#isDone()) this.#end(({ resolve }) => resolve())
  }

  fail(error: ParleyError): void {
    this.#end(({ reject }) => reject(error))
  }

  #end(how: (waiter: Waiter) => void): void {
    for (const waiter of this.#waiting) {
      clearTimeout(waiter.timer)
      how(waiter)
    }
    this.#waiting.clear()
  }
}
