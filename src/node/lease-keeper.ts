/**
 * Keeps one group's lease at the discovery services while this node leads it, and hears there of
 * other leaders. Nothing ever waits for this: a service that is dead or lying costs a lease, no
 * more.
 */
import type { TermId } from '../core/ids.ts'
import { othersOf, type NdsClient, type Outcome, type Registration } from '../nds/client.ts'
import type { Lease, LeaseView } from '../nds/lease.ts'
import type { NodeContext } from './context.ts'
import type { Network } from './network.ts'

const RENEW_MS = 10_000
/** Terms that a lease may end. */
const MAX_SUCCEEDED = 8

/** The lease that a leading node asks for; null while it does not lead. */
export const leaseOf = (network: Network, addresses: readonly string[]): Lease | null => {
  const { replica, context, state } = network
  if (replica === null || replica.role.name !== 'leader' || addresses.length === 0) return null
  const { role } = replica
  return {
    group: network.id,
    name: network.name,
    leader: { id: context.id, name: context.name },
    addresses: [...addresses],
    term: role.term,
    claim: { live: role.peers.size + 1, number: network.number() ?? 0 },
    listed: state.settings.listed,
    issuedAt: Date.now(),
  }
}

export class LeaseKeeper {
  readonly #network: Network
  readonly #nds: NdsClient
  readonly #context: NodeContext
  readonly #onOthers: (leases: readonly LeaseView[]) => void
  readonly #warned = new Set<string>()
  #timer: NodeJS.Timeout | null = null
  /** The term whose lease is kept; null while another node leads. */
  #term: TermId | null = null
  /** Terms of leases seen that this history contains: their leaders lead no more. */
  #past: readonly TermId[] = []

  constructor(network: Network, nds: NdsClient, onOthers: (leases: readonly LeaseView[]) => void) {
    this.#network = network
    this.#nds = nds
    this.#context = network.context
    this.#onOthers = onOthers
  }

  /** Looks whether this node leads, and under which term; to be called whenever that may change. */
  update(): void {
    const lease = this.#lease()
    if (lease === null) {
      this.#stopRenewing()
      return
    }
    if (lease.term === this.#term) return
    this.#term = lease.term
    void this.#hear('update_leader', this.#nds.updateLeader(this.#withPast(lease)))
    this.#timer ??= setInterval(() => this.#renew(), RENEW_MS)
    this.#timer.unref()
  }

  /** The group was created under this lease already. */
  onCreated(term: TermId): void {
    this.#term = term
    this.#timer ??= setInterval(() => this.#renew(), RENEW_MS)
    this.#timer.unref()
  }

  /** Stops for good; gives the lease up if nobody is left to take it over. */
  async close(lease: Lease | null): Promise<void> {
    this.#stopRenewing()
    if (lease !== null && this.#nds.hasAny) await this.#nds.release(lease)
  }

  #lease(): Lease | null {
    return leaseOf(this.#network, this.#context.addresses())
  }

  #withPast(lease: Lease): Lease {
    const parent = this.#network.replica?.history.log.terms.get(lease.term)?.parent?.term
    const past = [...new Set([...(parent === undefined ? [] : [parent]), ...this.#past])]
    return { ...lease, succeeds: past.slice(0, MAX_SUCCEEDED) }
  }

  #stopRenewing(): void {
    this.#term = null
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #renew(): void {
    const lease = this.#lease()
    if (lease !== null) void this.#hear('heartbeat', this.#nds.renew(lease))
  }

  async #hear(what: string, call: Promise<readonly Outcome<Registration>[]>): Promise<void> {
    const outcomes = await call
    for (const outcome of outcomes) {
      if (outcome.ok) continue
      const { url, error } = outcome
      const facts = { what, url, code: error.code, message: error.message }
      // One that is down comes back by itself; another in its place is for people to know, once.
      const isNews = error.code === 'WRONG_KEY' && !this.#warned.has(url)
      if (isNews) this.#warned.add(url)
      this.#context.log(isNews ? 'warn' : 'debug', 'discovery service failed', facts)
    }
    this.#onAnswers(othersOf(outcomes))
  }

  #onAnswers(others: readonly LeaseView[]): void {
    const history = this.#network.replica?.history
    if (history === undefined || others.length === 0) return
    const isPast = ({ term }: LeaseView): boolean => history.contains({ term, seq: 0 })
    const past = others.filter(isPast).map(({ term }) => term)
    const isNew = past.some((term) => !this.#past.includes(term))
    this.#past = past
    const lease = this.#lease()
    if (isNew && lease !== null) void this.#nds.updateLeader(this.#withPast(lease))
    const living = others.filter((lease) => !isPast(lease))
    if (living.length > 0) this.#onOthers(living)
  }
}
