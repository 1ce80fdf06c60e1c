/** Who can send to whom, and what happens to a packet on the way. */
import type { NodeId } from '../src/core/ids.ts'
import type { Prng } from '../src/core/prng.ts'
import { exponential, type Faults } from './faults.ts'

/** How long a connection lasts that nothing is said on by whoever made it, ms. */
const connectionMs = 30_000

const pairKey = (from: NodeId, to: NodeId): string => `${from}>${to}`

export class Network {
  faults: Faults
  readonly #prng: Prng
  readonly #cut = new Set<string>()
  /** Paths that are slow for now: until when, and by how many ms. */
  readonly #clogged = new Map<string, { readonly until: number; readonly ms: number }>()
  /** Whom nobody hears and who hears nobody, whatever else is cut or mended. */
  readonly #away = new Set<NodeId>()
  /** Nodes that nobody can dial: what goes to them takes a connection that they made themselves. */
  readonly #shut = new Set<NodeId>()
  /** When such a node last said something to another: the connection is there for a while. */
  readonly #dialled = new Map<string, number>()
  sent = 0

  constructor(prng: Prng, faults: Faults) {
    this.#prng = prng
    this.faults = faults
  }

  isCut(from: NodeId, to: NodeId): boolean {
    if (this.#away.has(from) || this.#away.has(to)) return true
    if (this.#shut.has(from) && this.#shut.has(to)) return true
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

  isolate(node: NodeId): void {
    this.#away.add(node)
  }

  shut(node: NodeId): void {
    this.#shut.add(node)
  }

  /** Nobody is away any more, and all can be dialled. */
  open(): void {
    this.#away.clear()
    this.#shut.clear()
    this.#dialled.clear()
  }

  /** A process is gone, and its connections are. */
  hangUp(node: NodeId): void {
    for (const pair of this.#dialled.keys())
      if (pair.startsWith(`${node}>`) || pair.endsWith(`>${node}`)) this.#dialled.delete(pair)
  }

  /** Is there a connection, or can one be made? */
  #canDial(from: NodeId, to: NodeId, now: number): boolean {
    if (this.#shut.has(from)) this.#dialled.set(pairKey(from, to), now)
    if (!this.#shut.has(to)) return true
    return now - (this.#dialled.get(pairKey(to, from)) ?? -Infinity) < connectionMs
  }

  clog(from: NodeId, to: NodeId, until: number, ms: number): void {
    this.#clogged.set(pairKey(from, to), { until, ms })
  }

  unclog(): void {
    this.#clogged.clear()
  }

  isWhole(): boolean {
    return this.#cut.size + this.#away.size + this.#shut.size === 0
  }

  /** Delays, in ms, of the copies that will arrive; none if the packet is lost. */
  deliveries(from: NodeId, to: NodeId, now: number): readonly number[] {
    this.sent += 1
    const prng = this.#prng
    const { faults } = this
    const clog = this.#clogged.size > 0 ? this.#clogged.get(pairKey(from, to)) : undefined
    const extra = clog !== undefined && clog.until > now ? clog.ms : 0
    if (this.isCut(from, to) || (this.#shut.size > 0 && !this.#canDial(from, to, now))) return []
    if (prng.next() < faults.loss) return []
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
