/** Who can send to whom, and what happens to a packet on the way. */
import type { NodeId } from '../src/core/ids.ts'
import type { Prng } from '../src/core/prng.ts'
import { exponential, type Faults } from './faults.ts'

const pairKey = (from: NodeId, to: NodeId): string => `${from}>${to}`

export class Network {
  faults: Faults
  readonly #prng: Prng
  readonly #cut = new Set<string>()
  /** Paths that are slow for now: until when, and by how many ms. */
  readonly #clogged = new Map<string, { readonly until: number; readonly ms: number }>()
  sent = 0

  constructor(prng: Prng, faults: Faults) {
    this.#prng = prng
    this.faults = faults
  }

  isCut(from: NodeId, to: NodeId): boolean {
    return this.#cut.size > 0 && this.#cut.has(pairKey(from, to))
  }

  /** Cuts one direction. */
  cut(from: NodeId, to: NodeId): void {
    this.#cut.add(pairKey(from, to))
  }

  cutBoth(a: NodeId, b: NodeId): void {
    this.cut(a, b)
    this.cut(b, a)
  }

  /** Restores both directions between two. */
  join(a: NodeId, b: NodeId): void {
    this.#cut.delete(pairKey(a, b))
    this.#cut.delete(pairKey(b, a))
  }

  mend(from: NodeId, to: NodeId): void {
    this.#cut.delete(pairKey(from, to))
  }

  heal(): void {
    this.#cut.clear()
  }

  clog(from: NodeId, to: NodeId, until: number, ms: number): void {
    this.#clogged.set(pairKey(from, to), { until, ms })
  }

  unclog(): void {
    this.#clogged.clear()
  }

  isWhole(): boolean {
    return this.#cut.size === 0
  }

  /** Delays, in ms, of the copies that will arrive; none if the packet is lost. */
  deliveries(from: NodeId, to: NodeId, now: number): readonly number[] {
    this.sent += 1
    const prng = this.#prng
    const { faults } = this
    const clog = this.#clogged.size > 0 ? this.#clogged.get(pairKey(from, to)) : undefined
    const extra = clog !== undefined && clog.until > now ? clog.ms : 0
    if (this.isCut(from, to) || prng.next() < faults.loss) return []
    const copies = [extra + this.#delay()]
    if (faults.duplicate > 0 && prng.next() < faults.duplicate) copies.push(extra + this.#delay())
    if (faults.replay > 0 && prng.next() < faults.replay)
      copies.push(this.#delay() + 1_000 + 20_000 * prng.next())
    return copies
  }

  #delay(): number {
    const { delayMs, tailMs, tailShare } = this.faults
    const base = delayMs * (0.5 + this.#prng.next())
    const isLate = tailMs > 0 && this.#prng.next() < tailShare
    return isLate ? base + exponential(this.#prng, tailMs) : base
  }
}
