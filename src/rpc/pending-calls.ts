/** Calls that wait for their answers, each with a deadline; bounded in number. */
import type { RpcFailure, RpcId, RpcResult } from './codec.ts'
import { ParleyError } from './errors.ts'
import { wireToError } from './wire-error.ts'

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: ParleyError) => void
  readonly timer: NodeJS.Timeout
}

export class PendingCalls {
  readonly #waitingById = new Map<number, Waiting>()
  readonly #max: number
  #lastId = 0

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#waitingById.size
  }

  /** Makes room for one answer. Throws BUSY if there is none. */
  open(
    method: string,
    timeoutMs: number,
  ): { readonly id: number; readonly answer: Promise<unknown> } {
    if (this.#waitingById.size >= this.#max) {
      throw new ParleyError('BUSY', 'Too many calls wait for an answer')
    }
    this.#lastId += 1
    const id = this.#lastId
    const answer = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        const data = { method, timeoutMs }
        this.fail(id, new ParleyError('TIMEOUT', `No answer to ${method} in time`, { data }))
      }, timeoutMs)
      this.#waitingById.set(id, { resolve, reject, timer })
    })
    return { id, answer }
  }

  /** Hands an answer to its call. False if nobody waits for it (any more). */
  settle(answer: RpcResult | RpcFailure): boolean {
    const waiting = this.#take(answer.id)
    if (waiting === null) return false
    if (answer.kind === 'result') waiting.resolve(answer.result)
    else waiting.reject(wireToError(answer.error))
    return true
  }

  fail(id: RpcId, error: ParleyError): void {
    this.#take(id)?.reject(error)
  }

  failAll(error: ParleyError): void {
    for (const id of this.#waitingById.keys()) this.fail(id, error)
  }

  #take(id: RpcId): Waiting | null {
    const waiting = typeof id === 'number' ? this.#waitingById.get(id) : undefined
    if (waiting === undefined || typeof id !== 'number') return null
    this.#waitingById.delete(id)
    clearTimeout(waiting.timer)
    return waiting
  }
}
