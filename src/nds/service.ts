/** Drives the registry: checks who asks how often, decides, stores, applies, answers. */
import { ParleyError } from '../rpc/errors.ts'
import type { CallContext } from '../rpc/method-table.ts'
import type { ParamsOf, ResultOf } from '../rpc/method.ts'
import { addressKey, RateLimiter, type RateConfig } from '../rpc/rate-limit.ts'
import type { Change, Lease, VerifyLease } from './lease.ts'
import type { LeaseStore } from './lease-store.ts'
import { list } from './listing.ts'
import type { createNetwork, listNetworks } from './methods.ts'
import {
  apply,
  expire,
  liveRecord,
  listedAs,
  register,
  restore,
  viewNetwork,
  type RegisterVerb,
  type Registry,
  type RegistryConfig,
} from './registry.ts'
import { SerialQueue } from './serial-queue.ts'

export interface ServiceConfig {
  readonly registry: RegistryConfig
  /** Requests of one address, of any kind. */
  readonly requests: RateConfig
  /** Groups that one address makes known. */
  readonly creations: RateConfig
}

/**
 * Generous enough for a classroom behind one address, tight enough that one cannot fill the
 * registry.
 */
export const rateDefaults: Pick<ServiceConfig, 'requests' | 'creations'> = {
  requests: { burst: 1_000, perSecond: 100, maxKeys: 20_000 },
  creations: { burst: 200, perSecond: 5, maxKeys: 20_000 },
}

type Answer = ResultOf<typeof createNetwork>

export class NdsService {
  readonly #registry: Registry
  readonly #store: LeaseStore
  readonly #now: () => number
  readonly #verify: VerifyLease
  readonly #requests: RateLimiter
  readonly #creations: RateLimiter
  readonly #writes = new SerialQueue(1_024)

  private constructor(
    registry: Registry,
    store: LeaseStore,
    now: () => number,
    verify: VerifyLease,
    config: ServiceConfig,
  ) {
    this.#registry = registry
    this.#store = store
    this.#now = now
    this.#verify = verify
    this.#requests = new RateLimiter(config.requests)
    this.#creations = new RateLimiter(config.creations)
  }

  /** Takes up what the store holds. Rejects with the store's error. */
  static async open(
    store: LeaseStore,
    now: () => number,
    verify: VerifyLease,
    config: ServiceConfig,
  ): Promise<NdsService> {
    const registry = restore(await store.load(), now(), config.registry)
    return new NdsService(registry, store, now, verify, config)
  }

  /** Groups that are held, lapsed ones included until the next sweep. */
  get groupCount(): number {
    return this.#registry.recordsById.size
  }

  async register(verb: RegisterVerb, lease: Lease, context: CallContext): Promise<Answer> {
    const from = addressKey(context.remoteAddress)
    this.#limit(this.#requests, from)
    const { peerId } = context
    if (peerId !== null && peerId !== lease.leader.id)
      throw new ParleyError('UNAUTHORIZED', 'A lease in the name of another node')
    if (!this.#verify(lease, verb === 'release')) {
      throw new ParleyError('BAD_LEASE', 'The lease is not signed by its leader')
    }
    const isNew = liveRecord(this.#registry, lease.group, this.#now()) === null
    if (isNew && verb !== 'release') this.#limit(this.#creations, from)
    return this.#writes.run(async () => {
      const now = this.#now()
      await this.#change(register(this.#registry, now, verb, lease))
      return this.#answer(lease, now)
    })
  }

  list(query: ParamsOf<typeof listNetworks>, context: CallContext): ResultOf<typeof listNetworks> {
    this.#limit(this.#requests, addressKey(context.remoteAddress))
    const { networks, next } = list(this.#registry, this.#now(), query)
    return { networks: [...networks], next }
  }

  /** Forgets what has lapsed. Rejects with the store's error; nothing is forgotten then. */
  async sweep(): Promise<void> {
    await this.#writes.run(() => this.#change(expire(this.#registry, this.#now())))
  }

  /** After the writes that are under way. */
  async close(): Promise<void> {
    await this.#writes.run(() => this.#store.close())
  }

  async #change(changes: readonly Change[]): Promise<void> {
    await this.#store.commit(changes)
    apply(this.#registry, changes)
  }

  #answer(lease: Lease, now: number): Answer {
    const { leaseMs, renewMs } = this.#registry.config
    const record = liveRecord(this.#registry, lease.group, now)
    const leases = record === null ? [] : viewNetwork(this.#registry, record, now).leases
    return {
      group: lease.group,
      listedAs: record === null ? lease.name : listedAs(this.#registry, record, now),
      leaseMs,
      renewMs,
      others: leases.filter(({ leader }) => leader.id !== lease.leader.id),
    }
  }

  #limit(limiter: RateLimiter, key: string): void {
    const retryMs = limiter.take(key, this.#now())
    if (retryMs > 0) throw new ParleyError('RATE_LIMITED', undefined, { data: { retryMs } })
  }
}
