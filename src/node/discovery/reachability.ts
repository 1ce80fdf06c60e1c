/**
 * Can others reach this node? It asks some that it is linked to to dial it where it says that it
 * is. A member whom nobody can dial takes part all the same, by links that it dials itself and
 * through others; but its people should know.
 */
import { z } from 'zod'

import type { NodeId } from '../../core/ids.ts'
import { limits } from '../../core/limits.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { defineMethod, parseResult } from '../../rpc/method.ts'
import type { Hello } from '../../rpc/peer-methods.ts'
import { RateLimiter } from '../../rpc/rate-limit.ts'
import type { NodeLog } from '../context.ts'

/** What is known of it: nothing as long as nobody was asked who could tell. */
export type Reached = 'unknown' | 'both-ways' | 'dial-out-only'

export const dialBack = defineMethod({
  name: 'dial_back',
  summary: 'Dials the caller where its greeting said that it is, and tells where it answered.',
  params: z.strictObject({}),
  result: z.object({
    reached: z.array(z.string().max(limits.addressLength)).max(limits.addresses),
  }),
  errors: ['NOT_A_MEMBER', 'RATE_LIMITED'],
})

/** What is needed of the links. */
export interface Dialler {
  linked(): readonly Hello[]
  call(node: NodeId, method: string, params: object, timeoutMs: number): Promise<unknown>
  /** Does the holder of that key answer there? */
  answersAt(address: string, node: NodeId): Promise<boolean>
}

export interface ReachabilityOptions {
  readonly links: () => Dialler
  readonly isWanted: (peer: NodeId) => boolean
  /** True for a node that listens for its own machine alone: it is not to be reached. */
  readonly isOnlyHere: () => boolean
  readonly log: NodeLog
  readonly everyMs?: number
}

const EVERY_MS = 2_000
/** Asked again after this time, if all is well and if not. */
const AGAIN_MS = { well: 600_000, ill: 60_000 }
/** Others that are asked; one that can is enough. */
const ASKED = 3
const ANSWER_MS = 8_000
/** What others may make this node dial. */
const RATE = { burst: 4, perSecond: 0.2, maxKeys: 1_024 }

export class Reachability {
  readonly #options: ReachabilityOptions
  readonly #rate = new RateLimiter(RATE)
  readonly #timer: NodeJS.Timeout
  #state: Reached = 'unknown'
  #notBefore = 0
  #isAsking = false

  constructor(options: ReachabilityOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#look(), options.everyMs ?? EVERY_MS)
    this.#timer.unref()
  }

  get state(): Reached {
    return this.#state
  }

  /** This machine has other addresses: what was known is not any more. */
  onMove(): void {
    this.#notBefore = 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /**
   * Dials a member that asks for it, only where its greeting said, and tells of an address only if
   * that member's own key answered there: so nobody learns what else is on this network.
   */
  async answer(peer: NodeId | null): Promise<{ reached: string[] }> {
    const links = this.#options.links()
    const hello = links.linked().find(({ id }) => id === peer)
    if (peer === null || hello === undefined || !this.#options.isWanted(peer))
      throw new ParleyError('NOT_A_MEMBER')
    const retryMs = this.#rate.take(peer, performance.now())
    if (retryMs > 0) throw new ParleyError('RATE_LIMITED', undefined, { data: { retryMs } })
    const answers = await Promise.all(
      hello.addresses.map(async (address) =>
        (await links.answersAt(address, peer)) ? [address] : [],
      ),
    )
    return { reached: answers.flat() }
  }

  async #look(): Promise<void> {
    if (this.#isAsking || performance.now() < this.#notBefore || this.#options.isOnlyHere()) return
    this.#isAsking = true
    try {
      await this.#ask()
    } finally {
      this.#isAsking = false
    }
  }

  async #ask(): Promise<void> {
    const { isWanted, links } = this.#options
    const asked = links()
      .linked()
      .filter(({ id }) => isWanted(id))
      .slice(0, ASKED)
    const answers = await Promise.all(asked.map(({ id }) => this.#askOne(id)))
    const known = answers.flatMap((reached) => (reached === null ? [] : [reached.length > 0]))
    if (known.length === 0) return
    const isWell = known.includes(true)
    this.#notBefore = performance.now() + (isWell ? AGAIN_MS.well : AGAIN_MS.ill)
    this.#become(isWell ? 'both-ways' : 'dial-out-only')
  }

  /** Null if it cannot tell: it is gone, too busy, or does not know the question. */
  async #askOne(id: NodeId): Promise<readonly string[] | null> {
    try {
      const answer = await this.#options.links().call(id, dialBack.name, {}, ANSWER_MS)
      return parseResult(dialBack, answer).reached
    } catch {
      return null
    }
  }

  #become(state: Reached): void {
    if (state === this.#state) return
    const before = this.#state
    this.#state = state
    const { log } = this.#options
    if (state === 'dial-out-only')
      log('warn', 'others cannot dial this node: it takes part by its own links; see doctor', {})
    else if (before === 'dial-out-only') log('warn', 'others can dial this node again', {})
  }
}
