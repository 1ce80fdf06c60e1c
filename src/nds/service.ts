/** Drives the registry: checks who asks how often, decides, stores, applies, answers. */
import { ParleyError } from '../rpc/errors.ts'
import type { CallContext } from '../rpc/method-table.ts'
import type { ParamsOf, ResultOf } from '../rpc/method.ts'
import { addressKey, RateLimiter, type RateConfig } from '../rpc/rate-limit.ts'
import { Lanes } from './lanes.ts'
import { groupOf, type Change, type Lease, type VerifyLease } from './lease.ts'
import type { LeaseStore } from './lease-store.ts'
import { list } from './listing.ts'
import type { createNetwork, listNetworks } from './methods.ts'
import { nameKey } from './names.ts'
import {
  adopted,
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

/** Decisions that others were faster than, for one request. */
const MAX_TRIES = 8
/** Changes of one sweep that are stored together. */
const SWEPT = 64

/** Told of what happens inside, for metrics. */
export interface ServiceWatcher {
  onConflict(): void
  onFault(what: string, thrown: unknown): void
}

const nobody: ServiceWatcher = { onConflict: () => {}, onFault: () => {} }

export class NdsService {
  #registry: Registry
  readonly #store: LeaseStore
  readonly #now: () => number
  readonly #verify: VerifyLease
  readonly #requests: RateLimiter
  readonly #creations: RateLimiter
  readonly #lanes = new Lanes(1_024)
  readonly #watcher: ServiceWatcher
  #isThere = true

  private constructor(
    registry: Registry,
    store: LeaseStore,
    now: () => number,
    verify: VerifyLease,
    config: ServiceConfig,
    watcher: ServiceWatcher,
  ) {
    this.#watcher = watcher
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
    watcher: ServiceWatcher = nobody,
  ): Promise<NdsService> {
    const registry = restore(await store.load(), now(), config.registry)
    const service = new NdsService(registry, store, now, verify, config, watcher)
    store.follow?.({
      onChanges: (changes) => service.#adopt(changes),
      onLost: () => {
        service.#isThere = false
      },
      onFound: (records) => {
        // Leaders could not renew meanwhile: every lease gets its full time once more.
        service.#registry = restore(records, now(), config.registry)
        service.#isThere = true
      },
      onFault: (thrown) => watcher.onFault('store', thrown),
    })
    return service
  }

  /** Groups that are held, lapsed ones included until the next sweep. */
  get groupCount(): number {
    return this.#registry.recordsById.size
  }

  /** Can it be relied on what it knows? */
  get isReady(): boolean {
    return this.#isThere
  }

  async register(verb: RegisterVerb, lease: Lease, context: CallContext): Promise<Answer> {
    const from = addressKey(context.remoteAddress)
    this.#limit(this.#requests, from)
    this.#checkStore()
    const { peerId } = context
    if (peerId !== null && peerId !== lease.leader.id)
      throw new ParleyError('UNAUTHORIZED', 'A lease in the name of another node')
    if (!this.#verify(lease, verb === 'release')) {
      throw new ParleyError('BAD_LEASE', 'The lease is not signed by its leader')
    }
    const isNew = liveRecord(this.#registry, lease.group, this.#now()) === null
    if (isNew && verb !== 'release') this.#limit(this.#creations, from)
    const settle = (): Promise<Answer> =>
      this.#lanes.run(`group ${lease.group}`, () => this.#settle(verb, lease))
    // Two who ask for one name come one after the other.
    return verb === 'create' ? this.#lanes.run(`name ${nameKey(lease.name)}`, settle) : settle()
  }

  list(query: ParamsOf<typeof listNetworks>, context: CallContext): ResultOf<typeof listNetworks> {
    this.#limit(this.#requests, addressKey(context.remoteAddress))
    this.#checkStore()
    const { networks, next } = list(this.#registry, this.#now(), query)
    return { networks: [...networks], next }
  }

  /** Forgets what has lapsed. Rejects with the store's error; nothing is forgotten then. */
  async sweep(): Promise<void> {
    if (!this.#isThere) return
    const groups = expire(this.#registry, this.#now()).map(groupOf)
    for (let at = 0; at < groups.length; at += SWEPT) {
      const some = new Set(groups.slice(at, at + SWEPT))
      await this.#lanes.run('sweep', async () => {
        const changes = expire(this.#registry, this.#now()).filter((one) => some.has(groupOf(one)))
        await this.#change(changes)
      })
    }
  }

  /** After the writes that are under way. */
  async close(): Promise<void> {
    await this.#lanes.idle()
    await this.#store.close()
  }

  /** Decides, and decides again where others have changed what the decision was made on. */
  async #settle(verb: RegisterVerb, lease: Lease): Promise<Answer> {
    const isClaim = verb === 'create' && lease.listed !== false
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const now = this.#now()
      const changes = register(this.#registry, now, verb, lease)
      const isDone = await this.#change(changes, isClaim ? nameKey(lease.name) : undefined)
      if (isDone) return this.#answer(lease, now)
    }
    throw new ParleyError('BUSY', 'Too many change this group at the same time')
  }

  /** True once it is stored; false if others were faster, and what they wrote is known now. */
  async #change(changes: readonly Change[], claim?: string): Promise<boolean> {
    const commit = await this.#store.commit(changes, claim)
    if (!commit.ok) {
      this.#watcher.onConflict()
      this.#adopt(commit.actual)
      return false
    }
    apply(
      this.#registry,
      changes.filter((change) => !commit.late.includes(groupOf(change))),
    )
    return true
  }

  /**
   * Takes over what others have written. Their clocks are theirs: a lease that is new here lasts
   * its whole time from now on, one that is known goes on.
   */
  #adopt(changes: readonly Change[]): void {
    const now = this.#now()
    apply(
      this.#registry,
      changes.map((change) => {
        if (change.kind === 'drop') return change
        const before = this.#registry.recordsById.get(change.record.group)?.leases ?? []
        return { kind: 'put', record: adopted(change.record, before, now, this.#registry.config) }
      }),
    )
  }

  #checkStore(): void {
    if (!this.#isThere) throw new ParleyError('UNAVAILABLE')
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
