/**
 * The registry in an etcd cluster that any number of processes share. A record is a key, changed
 * only where it is as its writer knew it; a name that somebody asks for is another key, so that two
 * who ask at the same time do not both get it. Keys go with a lease of etcd's, some time after the
 * registry has forgotten them, so that nothing is left if all registries are gone.
 *
 * Everything is read once and then followed. A look at the cluster each second, which only a
 * majority can answer, tells whether what is known can be trusted.
 */
import type { GroupId } from '../../core/ids.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { groupIdSchema } from '../../rpc/id-schemas.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import { groupOf, type Change, type GroupRecord } from '../lease.ts'
import type { Commit, LeaseStore, StoreFollower } from '../lease-store.ts'
import { readRecord } from '../record-codec.ts'
import type { EtcdConfig } from './etcd-config.ts'
import { EtcdFault, EtcdGateway, GRPC } from './etcd-gateway.ts'
import { EtcdWatch } from './etcd-watch.ts'
import * as wire from './etcd-wire.ts'

export interface EtcdOptions {
  /** How long a lease of the registry lasts: a key lasts some of these. */
  readonly leaseMs: number
  readonly lookEveryMs?: number
}

const LOOK_MS = 1_000
/** The cluster has not answered for so long: longer than it takes to elect another leader. */
const LOST_MS = 3_000
/** The member that tells of changes has to answer within this time, or another one is to. */
const MEMBER_MS = 1_000
const KEY_LEASES = 3
const SHORTEST_TTL_S = 10
const PAGE = 500

interface Bucket {
  readonly id: string
  readonly until: number
}

type Ops = readonly object[]

const compareRevision = (key: string, revision: number): object => ({
  key,
  target: 'MOD',
  result: 'EQUAL',
  mod_revision: String(revision),
})

class EtcdStore implements LeaseStore {
  readonly #gateway: EtcdGateway
  readonly #prefix: string
  readonly #options: EtcdOptions
  /** Of keys that are known: when the cluster changed them last. */
  readonly #revisions = new Map<string, number>()
  #bucket: Promise<Bucket> | null = null
  #follower: StoreFollower | null = null
  #watch: EtcdWatch | null = null
  #looking: NodeJS.Timeout | null = null
  #answeredAt = performance.now()
  #isLost = false
  #isClosed = false

  constructor(config: EtcdConfig, options: EtcdOptions) {
    this.#gateway = new EtcdGateway(config)
    this.#prefix = config.prefix
    this.#options = options
  }

  async load(): Promise<readonly GroupRecord[]> {
    try {
      return await this.#readAll()
    } catch (thrown) {
      // A cluster that is away comes back; one that wants other credentials does not by itself.
      if (toParleyError(thrown).code !== 'UNAVAILABLE') throw thrown
      this.#isLost = true
      return []
    }
  }

  follow(follower: StoreFollower): void {
    this.#follower = follower
    if (this.#isLost) follower.onLost()
    this.#lookLater()
  }

  async commit(changes: readonly Change[], claim?: string): Promise<Commit> {
    const byGroup = new Map(changes.map((change) => [groupOf(change), change]))
    if (byGroup.size === 0) return { ok: true, late: [] }
    const guard = claim === undefined ? null : this.#nameKey(claim)
    const [first] = byGroup.keys()
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#transact([...byGroup.values()], guard, first ?? null)
      } catch (thrown) {
        const isLeaseGone = thrown instanceof EtcdFault && thrown.grpc === GRPC.notFound
        if (!isLeaseGone || tries > 0) throw this.#asFault(thrown)
        this.#bucket = null
      }
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#watch?.close()
    if (this.#looking !== null) clearTimeout(this.#looking)
    await this.#gateway.close()
  }

  async #transact(
    changes: readonly Change[],
    guard: string | null,
    claimant: GroupId | null,
  ): Promise<Commit> {
    const hasPut = changes.some(({ kind }) => kind === 'put')
    const lease = hasPut ? await this.#leaseOfKeys() : ''
    const keys = changes.map((change) => this.#groupKey(groupOf(change)))
    const watched = guard === null ? keys : [...keys, guard]
    const known = watched.map((key) => this.#revisions.get(key) ?? 0)
    const compare = watched.map((key, at) => compareRevision(wire.base64(key), known[at] ?? 0))
    const success: Ops = [
      ...changes.map((change, at) => writeOf(wire.base64(keys[at] ?? ''), change, lease)),
      ...(guard === null ? [] : [putOf(wire.base64(guard), claimant ?? '', lease)]),
    ]
    const failure: Ops = watched.map((key) => ({ request_range: { key: wire.base64(key) } }))
    const answer = await this.#gateway.call('kv/txn', { compare, success, failure })
    const { succeeded, header, responses } = wire.txnSchema.parse(answer)
    if (!succeeded) {
      const ranges = responses.map(({ response_range: range }) => range?.kvs[0] ?? null)
      return { ok: false, actual: await this.#takeActual(watched, ranges, guard) }
    }
    const late = changes.flatMap((change, at): readonly GroupId[] => {
      const key = keys[at] ?? ''
      if (!this.#note(key, header.revision)) return [groupOf(change)]
      if (change.kind === 'drop') this.#revisions.delete(key)
      return []
    })
    if (guard !== null) this.#note(guard, header.revision)
    return { ok: true, late }
  }

  /** What stands in the way of a change: the groups as they are, and whoever holds the name. */
  async #takeActual(
    keys: readonly string[],
    found: readonly (wire.KeyValue | null)[],
    guard: string | null,
  ): Promise<readonly Change[]> {
    const actual: Change[] = []
    for (const [at, key] of keys.entries()) {
      const kv = found[at] ?? null
      if (kv === null) this.#revisions.delete(key)
      else this.#note(key, kv.mod_revision)
      if (key !== guard) actual.push(...this.#changeOf(key, kv?.value ?? null))
      else if (kv !== null) actual.push(...(await this.#readGroup(kv.value)))
    }
    return actual
  }

  async #readGroup(id: string): Promise<readonly Change[]> {
    if (!groupIdSchema.safeParse(id).success) return []
    const key = `${this.#prefix}g/${id}`
    const answer = await this.#gateway.call('kv/range', { key: wire.base64(key) })
    const [kv] = wire.rangeSchema.parse(answer).kvs
    if (kv !== undefined) this.#note(key, kv.mod_revision)
    return this.#changeOf(key, kv?.value ?? null)
  }

  /** Everything there is, as it was at one moment, and from then on what changes. */
  async #readAll(): Promise<readonly GroupRecord[]> {
    const records: GroupRecord[] = []
    const revisions = new Map<string, number>()
    let revision = 0
    let from = wire.base64(this.#prefix)
    for (let more = true; more;) {
      const query = { key: from, range_end: wire.endOf(this.#prefix), limit: String(PAGE) }
      const at = revision === 0 ? {} : { revision: String(revision) }
      const answer = await this.#gateway.call('kv/range', { ...query, ...at })
      const page = wire.rangeSchema.parse(answer)
      revision ||= page.header.revision
      for (const { key, value, mod_revision: changed } of page.kvs) {
        revisions.set(key, changed)
        const record = this.#isGroupKey(key) ? readRecord(value) : null
        if (record !== null) records.push(record)
      }
      const last = page.kvs.at(-1)
      more = page.more && last !== undefined
      if (last !== undefined) from = wire.base64(`${last.key}\0`)
    }
    this.#revisions.clear()
    for (const [key, changed] of revisions) this.#revisions.set(key, changed)
    this.#watch?.close()
    if (!this.#isClosed) this.#watch = this.#watchAfter(revision)
    this.#answeredAt = performance.now()
    return records
  }

  #watchAfter(revision: number): EtcdWatch {
    return new EtcdWatch({
      gateway: this.#gateway,
      prefix: this.#prefix,
      after: revision,
      onEvents: (events) => this.#onEvents(events),
      onGap: () => void this.#find(),
    })
  }

  #onEvents(events: wire.WatchResult['events']): void {
    const changes: Change[] = []
    for (const { type, kv } of events) {
      if (!this.#note(kv.key, kv.mod_revision)) continue
      if (type === 'DELETE') this.#revisions.delete(kv.key)
      changes.push(...this.#changeOf(kv.key, type === 'DELETE' ? null : kv.value))
    }
    if (changes.length > 0) this.#follower?.onChanges(changes)
  }

  #lookLater(): void {
    if (this.#isClosed) return
    this.#looking = setTimeout(() => void this.#look(), this.#options.lookEveryMs ?? LOOK_MS)
    this.#looking.unref()
  }

  /** Does a majority answer, and the member that tells of changes? */
  async #look(): Promise<void> {
    if (this.#isLost) await this.#find()
    else {
      const watch = this.#watch
      const only = watch?.endpoint ?? ''
      const isTelling = only !== '' && (await this.#answers({ only, deadlineMs: MEMBER_MS }))
      if (!isTelling) watch?.move()
      if (!isTelling) await this.#answers({ deadlineMs: LOST_MS / 2 })
      if (performance.now() - this.#answeredAt > LOST_MS) this.#lose()
    }
    this.#lookLater()
  }

  async #answers(options: { readonly only?: string; readonly deadlineMs: number }) {
    try {
      const key = wire.base64(this.#prefix)
      await this.#gateway.call('kv/range', { key, keys_only: true, limit: '1' }, options)
      this.#answeredAt = performance.now()
      return true
    } catch {
      return false
    }
  }

  #lose(): void {
    this.#isLost = true
    this.#follower?.onLost()
  }

  /** Reads everything anew, if the cluster is there. */
  async #find(): Promise<void> {
    try {
      const records = await this.#readAll()
      this.#isLost = false
      this.#follower?.onFound(records)
    } catch (thrown) {
      if (this.#isClosed) return
      if (!this.#isLost) this.#lose()
      if (toParleyError(thrown).code !== 'UNAVAILABLE') this.#follower?.onFault(thrown)
    }
  }

  /** The lease of etcd's that keys are put under now: a new one every so often, for all alike. */
  async #leaseOfKeys(): Promise<string> {
    const now = performance.now()
    const bucket = await this.#bucket?.catch(() => null)
    if (bucket !== null && bucket !== undefined && bucket.until > now) return bucket.id
    if (bucket !== undefined || this.#bucket === null) this.#bucket = this.#grant(now)
    return (await this.#bucket).id
  }

  async #grant(now: number): Promise<Bucket> {
    const { leaseMs } = this.#options
    const ttl = Math.max(SHORTEST_TTL_S, Math.ceil((KEY_LEASES * leaseMs) / 1_000))
    const { ID: id } = wire.grantSchema.parse(
      await this.#gateway.call('lease/grant', { TTL: String(ttl) }),
    )
    return { id, until: now + leaseMs / 2 }
  }

  /** Notes when a key was changed; false if something newer is known. */
  #note(key: string, revision: number): boolean {
    if ((this.#revisions.get(key) ?? 0) > revision) return false
    this.#revisions.set(key, revision)
    return true
  }

  #changeOf(key: string, value: string | null): readonly Change[] {
    if (!this.#isGroupKey(key)) return []
    const group = groupIdSchema.safeParse(key.slice(this.#prefix.length + 2))
    if (!group.success) return []
    const record = value === null ? null : readRecord(value)
    if (record !== null) return [{ kind: 'put', record }]
    return value === null ? [{ kind: 'drop', group: group.data }] : []
  }

  #isGroupKey(key: string): boolean {
    return key.startsWith(`${this.#prefix}g/`)
  }

  #groupKey(group: GroupId): string {
    return `${this.#prefix}g/${group}`
  }

  #nameKey(name: string): string {
    return `${this.#prefix}n/${Buffer.from(name).toString('base64url')}`
  }

  #asFault(thrown: unknown): unknown {
    if (!(thrown instanceof EtcdFault)) return thrown
    return new ParleyError('UNAVAILABLE', `etcd: ${thrown.message}`, { cause: thrown })
  }
}

const putOf = (key: string, value: string, lease: string): object => ({
  request_put: { key, value: wire.base64(value), lease },
})

const writeOf = (key: string, change: Change, lease: string): object =>
  change.kind === 'put'
    ? putOf(key, JSON.stringify(change.record), lease)
    : { request_delete_range: { key } }

/** Opens the registry in a cluster; `load` says whether it is there. */
export const openEtcdStore = (config: EtcdConfig, options: EtcdOptions): LeaseStore =>
  new EtcdStore(config, options)
