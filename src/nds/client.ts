/**
 * What a node sees of its Node Discovery Services: any number of them, none included. Everything is
 * written to all and read from all; each may be down, slow, empty or lying, and no call here ever
 * rejects for that.
 */
import type { GroupId, Signature } from '../core/ids.ts'
import { ParleyError, type ErrorCode } from '../rpc/errors.ts'
import { RpcClient } from '../rpc/http-client.ts'
import type { ResultOf } from '../rpc/method.ts'
import { toParleyError } from '../rpc/wire-error.ts'
import { Backoff } from './backoff.ts'
import {
  leaseText,
  type Lease,
  type LeaseView,
  type NetworkView,
  type VerifyLease,
} from './lease.ts'
import { MAX_PAGE } from './listing.ts'
import { createNetwork, heartbeat, listNetworks, updateLeader } from './methods.ts'
import { unionOf } from './union.ts'

/** What one service said. */
export type Outcome<T> =
  | { readonly url: string; readonly ok: true; readonly result: T }
  | { readonly url: string; readonly ok: false; readonly error: ParleyError }

export type Registration = ResultOf<typeof createNetwork>

export interface NdsClientOptions {
  /** `https://host:port#pin` of each service; without the pin, whoever answers first is it. */
  readonly urls: readonly string[]
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

/** What says that it is better left alone for a while. */
const DOWN: ReadonlySet<ErrorCode> = new Set(['UNREACHABLE', 'TIMEOUT', 'BAD_ANSWER', 'WRONG_KEY'])

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
  readonly #backoffs: ReadonlyMap<string, Backoff>

  constructor(options: NdsClientOptions) {
    this.urls = [...new Set(options.urls)]
    this.#options = options
    this.#rpc = options.rpc ?? new RpcClient()
    this.#ownsRpc = options.rpc === undefined
    this.#timeoutMs = options.timeoutMs ?? 3_000
    this.#now = options.now ?? (() => performance.now())
    const random = options.random ?? Math.random
    this.#backoffs = new Map(this.urls.map((url) => [url, new Backoff(random)]))
  }

  /** The same for other services: same key, same connections. */
  at(urls: readonly string[]): NdsClient {
    return new NdsClient({ ...this.#options, urls, rpc: this.#rpc })
  }

  /**
   * Registers a new group everywhere. `error` is NAME_TAKEN if any service that answered says so;
   * then the name is given back where it was granted. Services that are down are no error: renewals
   * reach them later.
   */
  async create(
    lease: Lease,
  ): Promise<{ error: ParleyError | null; outcomes: readonly Outcome<Registration>[] }> {
    const outcomes = await this.#all((url) => this.#register(url, createNetwork, lease))
    const taken = outcomes.find((outcome) => !outcome.ok && outcome.error.code === 'NAME_TAKEN')
    if (taken === undefined || taken.ok) return { error: null, outcomes }
    const granted = outcomes.filter(({ ok }) => ok).map(({ url }) => url)
    await this.#each(granted, (url) => this.#release(url, lease))
    return { error: taken.error, outcomes }
  }

  /** Renews the lease everywhere but where the last tries failed just now. */
  renew(lease: Lease): Promise<readonly Outcome<Registration>[]> {
    return this.#all(async (url) => {
      const waitMs = this.#backoffs.get(url)?.waitMs(this.#now()) ?? 0
      if (waitMs === 0) return this.#register(url, heartbeat, lease)
      const data = { reason: 'backoff', retryMs: waitMs }
      throw new ParleyError('UNREACHABLE', `${url} did not answer lately`, { data })
    })
  }

  /** Tells of an election or merge, everywhere. */
  updateLeader(lease: Lease): Promise<readonly Outcome<Registration>[]> {
    return this.#all((url) => this.#register(url, updateLeader, lease))
  }

  /** Gives the lease up, everywhere. */
  release(lease: Lease): Promise<readonly Outcome<Registration>[]> {
    return this.#all((url) => this.#release(url, lease))
  }

  /** The union of what the services list: up to 2,000 groups of each. */
  async list(query: { readonly prefix?: string; readonly group?: GroupId } = {}): Promise<Listing> {
    const found: NetworkView[] = []
    const outcomes = await this.#all(async (url) => {
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

  #all<T>(work: (url: string) => Promise<T>): Promise<readonly Outcome<T>[]> {
    return this.#each(this.urls, work)
  }

  async #each<T>(
    urls: readonly string[],
    work: (url: string) => Promise<T>,
  ): Promise<readonly Outcome<T>[]> {
    return Promise.all(
      urls.map(async (url): Promise<Outcome<T>> => {
        try {
          return { url, ok: true, result: await work(url) }
        } catch (thrown) {
          return { url, ok: false, error: toParleyError(thrown) }
        }
      }),
    )
  }

  /** One call; whether anybody answered is noted for the backoff, whatever the answer was. */
  readonly #call: RpcClient['callMethod'] = async (url, spec, params) => {
    const backoff = this.#backoffs.get(url)
    try {
      const result = await this.#rpc.callMethod(url, spec, params, { timeoutMs: this.#timeoutMs })
      backoff?.succeeded()
      return result
    } catch (thrown) {
      const { code } = toParleyError(thrown)
      const isDown = DOWN.has(code)
      if (isDown) backoff?.failed(this.#now())
      else backoff?.succeeded()
      throw thrown
    }
  }
}
