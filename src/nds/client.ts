/**
 * What a node sees of its Node Discovery Services: any number of them, none included. Everything is
 * written to all and read from all; each may be down, slow, empty or lying, and no call here ever
 * rejects for that.
 */
import type { GroupId, Signature } from '../core/ids.ts'
import { ParleyError } from '../rpc/errors.ts'
import { RpcClient } from '../rpc/http-client.ts'
import type { ResultOf } from '../rpc/method.ts'
import {
  leaseText,
  type Lease,
  type LeaseView,
  type NetworkView,
  type VerifyLease,
} from './lease.ts'
import { MAX_PAGE } from './listing.ts'
import { createNetwork, heartbeat, listNetworks, updateLeader } from './methods.ts'
import { Replicas, servicesOf, type Outcome } from './replicas.ts'
import { unionOf } from './union.ts'

export type { Outcome } from './replicas.ts'

export type Registration = ResultOf<typeof createNetwork>

export interface NdsClientOptions {
  /**
   * `https://host:port#pin` of each service; without the pin, whoever answers first is it. Those
   * with the same pin are replicas of one.
   */
  readonly urls: readonly string[]
  /**
   * Services that are known by hearsay, from the local network: they are asked like the others,
   * told of listed groups alone, and have no say about names.
   */
  readonly nearby?: () => readonly string[]
  /** Signs leases; without it they go out as they are. */
  readonly sign?: (text: string) => Signature
  /** Leases that a service shows and that do not pass are taken for lies. */
  readonly verify?: VerifyLease
  /** Its connections; made here, and closed with this, if not given. */
  readonly rpc?: RpcClient
  /** Monotonic milliseconds. */
  readonly now?: () => number
  /** 0 (included) to 1 (excluded), for the jitter of retries. */
  readonly random?: () => number
  /** Time for each call. Default 3 s. */
  readonly timeoutMs?: number
}

export interface Listing {
  /** Every group that any service listed, by name. */
  readonly networks: readonly NetworkView[]
  readonly outcomes: readonly Outcome<number>[]
}

/** Discovery services of the local network that are remembered. */
const MAX_FOUND = 8

/** Pages fetched of one service in one listing. */
const MAX_PAGES = 10

/** Other leaders that the services told of, each once. */
export const othersOf = (outcomes: readonly Outcome<Registration>[]): readonly LeaseView[] => {
  const others = outcomes.flatMap((outcome) => (outcome.ok ? outcome.result.others : []))
  return [...new Map(others.map((lease) => [lease.leader.id, lease])).values()]
}

export class NdsClient {
  readonly urls: readonly string[]
  readonly #options: NdsClientOptions
  readonly #rpc: RpcClient
  readonly #ownsRpc: boolean
  readonly #timeoutMs: number
  readonly #now: () => number
  readonly #random: () => number
  readonly #own: readonly Replicas[]
  readonly #nearby = new Map<string, Replicas>()

  constructor(options: NdsClientOptions) {
    this.urls = [...new Set(options.urls)]
    this.#options = options
    this.#rpc = options.rpc ?? new RpcClient()
    this.#ownsRpc = options.rpc === undefined
    this.#timeoutMs = options.timeoutMs ?? 3_000
    this.#now = options.now ?? (() => performance.now())
    this.#random = options.random ?? Math.random
    this.#own = servicesOf(this.urls, this.#random)
  }

  /** Is there any service to ask? */
  get hasAny(): boolean {
    return this.#services(true).length > 0
  }

  /** The same for other services: same key, same connections. */
  at(urls: readonly string[]): NdsClient {
    return new NdsClient({ ...this.#options, urls, nearby: () => [], rpc: this.#rpc })
  }

  /**
   * Registers a new group everywhere. `error` is NAME_TAKEN if any service that answered says so;
   * then the name is given back where it was granted. Services that are down are no error: renewals
   * reach them later.
   */
  async create(
    lease: Lease,
  ): Promise<{ error: ParleyError | null; outcomes: readonly Outcome<Registration>[] }> {
    const outcomes = await this.#all(this.#own, (url) => this.#register(url, createNetwork, lease))
    const taken = outcomes.find((outcome) => !outcome.ok && outcome.error.code === 'NAME_TAKEN')
    if (taken === undefined || taken.ok) return { error: null, outcomes }
    const granted = outcomes.filter(({ ok }) => ok).map(({ url }) => url)
    const services = this.#own.filter(({ urls }) => urls.some((url) => granted.includes(url)))
    await this.#all(services, (url) => this.#release(url, lease))
    return { error: taken.error, outcomes }
  }

  /** Renews the lease everywhere but where the last tries failed just now. */
  renew(lease: Lease): Promise<readonly Outcome<Registration>[]> {
    const services = this.#services(lease.listed !== false)
    return Promise.all(
      services.map(async (service): Promise<Outcome<Registration>> => {
        const waitMs = service.waitMs(this.#now())
        if (waitMs === 0)
          return service.ask((url) => this.#register(url, heartbeat, lease), this.#now)
        const [url = ''] = service.urls
        const data = { reason: 'backoff', retryMs: waitMs }
        const error = new ParleyError('UNREACHABLE', `${url} did not answer lately`, { data })
        return { url, ok: false, error }
      }),
    )
  }

  /** Tells of an election or merge, everywhere. */
  updateLeader(lease: Lease): Promise<readonly Outcome<Registration>[]> {
    const services = this.#services(lease.listed !== false)
    return this.#all(services, (url) => this.#register(url, updateLeader, lease))
  }

  /** Gives the lease up, everywhere. */
  release(lease: Lease): Promise<readonly Outcome<Registration>[]> {
    const services = this.#services(lease.listed !== false)
    return this.#all(services, (url) => this.#release(url, lease))
  }

  /** The union of what the services list: up to 2,000 groups of each. */
  async list(query: { readonly prefix?: string; readonly group?: GroupId } = {}): Promise<Listing> {
    const found: NetworkView[] = []
    const outcomes = await this.#all(this.#services(true), async (url) => {
      const networks = await this.#pages(url, query)
      found.push(...networks)
      return networks.length
    })
    return { networks: unionOf(found), outcomes }
  }

  /** The group with this id, listed or not; null if no service that answers knows it. */
  async find(group: GroupId): Promise<NetworkView | null> {
    const { networks } = await this.list({ group })
    return networks.find(({ id }) => id === group) ?? null
  }

  async close(): Promise<void> {
    if (this.#ownsRpc) await this.#rpc.close()
  }

  async #pages(url: string, query: { prefix?: string; group?: GroupId }): Promise<NetworkView[]> {
    const networks: NetworkView[] = []
    let cursor: string | null = null
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const params = { ...query, limit: MAX_PAGE, ...(cursor === null ? {} : { cursor }) }
      const answer: ResultOf<typeof listNetworks> = await this.#call(url, listNetworks, params)
      networks.push(...answer.networks.flatMap((view) => this.#believable(view)))
      if (answer.next === null) break
      cursor = answer.next
    }
    return networks
  }

  /** What is left of a group when leases are gone that their leaders did not sign. */
  #believable(view: NetworkView): readonly NetworkView[] {
    const leases = view.leases.filter((lease) => this.#isBelieved(lease))
    return leases.length > 0 ? [{ ...view, leases }] : []
  }

  #isBelieved(lease: LeaseView): boolean {
    return this.#options.verify?.(lease, false) ?? true
  }

  #signed(lease: Lease, isRelease: boolean): Lease {
    const { sign } = this.#options
    return sign === undefined ? lease : { ...lease, signature: sign(leaseText(lease, isRelease)) }
  }

  async #register(
    url: string,
    spec: typeof createNetwork | typeof heartbeat,
    lease: Lease,
  ): Promise<Registration> {
    const answer = await this.#call(url, spec, this.#signed(lease, false))
    return { ...answer, others: answer.others.filter((other) => this.#isBelieved(other)) }
  }

  #release(url: string, lease: Lease): Promise<Registration> {
    return this.#call(url, heartbeat, { ...this.#signed(lease, true), release: true })
  }

  /** The services of the settings; those of the local network too, unless it is none of theirs. */
  #services(isForAll: boolean): readonly Replicas[] {
    if (!isForAll) return this.#own
    const configured = new Set(this.urls)
    const found = (this.#options.nearby?.() ?? []).filter((url) => !configured.has(url))
    const nearby = found.slice(0, MAX_FOUND).map((url) => {
      const known = this.#nearby.get(url)
      if (known !== undefined) return known
      const made = new Replicas([url], this.#random)
      this.#nearby.set(url, made)
      return made
    })
    for (const url of this.#nearby.keys()) if (!found.includes(url)) this.#nearby.delete(url)
    return [...this.#own, ...nearby]
  }

  #all<T>(
    services: readonly Replicas[],
    work: (url: string) => Promise<T>,
  ): Promise<readonly Outcome<T>[]> {
    return Promise.all(services.map((service) => service.ask(work, this.#now)))
  }

  readonly #call: RpcClient['callMethod'] = (url, spec, params) =>
    this.#rpc.callMethod(url, spec, params, { timeoutMs: this.#timeoutMs })
}
