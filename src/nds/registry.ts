/**
 * The registry, PURE: no clock, no IO. A request is decided (`register`, `expire`: what would
 * change, and the answer), stored by whoever drives this, and only then applied (`apply`), so that
 * nothing is answered that is not stored.
 *
 * Invariants
 *
 * 1. A group has at most one lease of each leader, and at most `maxLeases`; the strongest claim is
 *    first.
 * 2. Among live listed groups, `listedAs` is unique.
 * 3. A lapsed lease is never shown and holds no name, whether it was swept or not.
 */
import { compareClaims } from '../core/claim.ts'
import type { GroupId } from '../core/ids.ts'
import { ParleyError } from '../rpc/errors.ts'
import {
  groupOf,
  type Change,
  type GroupRecord,
  type HeldLease,
  type Lease,
  type LeaseView,
  type NetworkView,
} from './lease.ts'
import { NameIndex } from './name-index.ts'
import { aliases, nameKey } from './names.ts'

export interface RegistryConfig {
  /** How long a lease lasts; three times `renewMs`, so that two renewals in a row may be lost. */
  readonly leaseMs: number
  /** How often leaders are asked to renew. */
  readonly renewMs: number
  /** Groups in all; about 1 KiB of memory each. */
  readonly maxGroups: number
  /** Leaders of one group at one time: sides of a partition. */
  readonly maxLeases: number
}

export const registryDefaults: RegistryConfig = {
  leaseMs: 30_000,
  renewMs: 10_000,
  maxGroups: 100_000,
  maxLeases: 8,
}

/** Changed by `apply` only. */
export interface Registry {
  readonly config: RegistryConfig
  readonly recordsById: Map<GroupId, GroupRecord>
  readonly names: NameIndex
}

export const emptyRegistry = (config: RegistryConfig = registryDefaults): Registry => ({
  config,
  recordsById: new Map(),
  names: new NameIndex(),
})

export const apply = (registry: Registry, changes: readonly Change[]): void => {
  const { recordsById, names } = registry
  for (const change of changes) {
    const group = groupOf(change)
    const before = recordsById.get(group)
    if (before?.listed === true) names.remove(nameKey(before.name), group)
    recordsById.delete(group)
    if (change.kind === 'put') {
      recordsById.set(group, change.record)
      if (change.record.listed) names.add(nameKey(change.record.name), group)
    }
  }
}

/**
 * A registry with what was stored before a restart. Leaders could not renew while this was down, so
 * every lease gets its full time once more.
 */
export const restore = (
  records: readonly GroupRecord[],
  now: number,
  config: RegistryConfig = registryDefaults,
): Registry => {
  const registry = emptyRegistry(config)
  apply(
    registry,
    records.slice(0, config.maxGroups).map((record) => ({
      kind: 'put',
      record: adopted(record, [], now, config),
    })),
  )
  return registry
}

/** A record that another registry wrote, with its leases by this one's clock. */
export const adopted = (
  record: GroupRecord,
  before: readonly HeldLease[],
  now: number,
  { leaseMs }: RegistryConfig,
): GroupRecord => ({
  ...record,
  nameSince: Math.min(record.nameSince, now),
  createdAt: Math.min(record.createdAt, now),
  leases: record.leases.map(({ lease }) => {
    const isSame = ({ lease: one }: HeldLease): boolean =>
      one.leader.id === lease.leader.id &&
      one.term === lease.term &&
      one.issuedAt === lease.issuedAt
    return before.find(isSame) ?? { lease, updatedAt: now, expiresAt: now + leaseMs }
  }),
})

const isLive = (held: HeldLease, now: number): boolean => held.expiresAt > now

const byClaim = (a: HeldLease, b: HeldLease): number =>
  compareClaims(
    { term: a.lease.term, leader: a.lease.leader.id, ...a.lease.claim },
    { term: b.lease.term, leader: b.lease.leader.id, ...b.lease.claim },
  )

/** The group without its lapsed leases; null if none is left. */
export const liveRecord = (registry: Registry, group: GroupId, now: number): GroupRecord | null => {
  const record = registry.recordsById.get(group)
  const leases = record?.leases.filter((held) => isLive(held, now)) ?? []
  return record === undefined || leases.length === 0 ? null : { ...record, leases }
}

/** The live listed group that holds a name: the one known longest by it. */
export const holderOf = (registry: Registry, name: string, now: number): GroupRecord | null => {
  let holder: GroupRecord | null = null
  for (const group of registry.names.holders(nameKey(name))) {
    const record = liveRecord(registry, group, now)
    if (record === null) continue
    if (holder === null || record.nameSince < holder.nameSince) holder = record
  }
  return holder
}

/** A name for lists that no other live group has. */
export const listedAs = (registry: Registry, record: GroupRecord, now: number): string => {
  const { name, group, listed } = record
  const holder = holderOf(registry, name, now)
  if (!listed || holder === null || holder.group === group) return name
  const free = aliases(name, group).find((alias) => holderOf(registry, alias, now) === null)
  return free ?? `${name}~${group}`
}

const viewLease = ({ lease, expiresAt }: HeldLease, now: number): LeaseView => ({
  ...lease,
  expiresInMs: Math.max(0, Math.ceil(expiresAt - now)),
})

export const viewNetwork = (registry: Registry, record: GroupRecord, now: number): NetworkView => ({
  id: record.group,
  name: record.name,
  listedAs: listedAs(registry, record, now),
  ageMs: Math.max(0, Math.floor(now - record.nameSince)),
  leases: record.leases.map((held) => viewLease(held, now)),
})

/**
 * create - a new group asks for its name; the same group may ask again. update - after an election
 * or merge: the leases of the terms that this one succeeds end. renew - the lease goes on; one that
 * is not known (any more) is taken as new, whatever its name. release - the leader gives its lease
 * up.
 */
export type RegisterVerb = 'create' | 'update' | 'renew' | 'release'

const refuseTakenName = (registry: Registry, lease: Lease, now: number): void => {
  const own = liveRecord(registry, lease.group, now)
  if (own !== null && nameKey(own.name) === nameKey(lease.name)) return
  const holder = holderOf(registry, lease.name, now)
  if (holder === null || holder.group === lease.group || lease.listed === false) return
  throw new ParleyError('NAME_TAKEN', `Another group is called ${holder.name}`, {
    data: { name: holder.name, group: holder.group },
  })
}

const withLease = (
  registry: Registry,
  lease: Lease,
  verb: RegisterVerb,
  now: number,
): readonly HeldLease[] => {
  const { leaseMs, maxLeases } = registry.config
  const known = liveRecord(registry, lease.group, now)?.leases ?? []
  const before = known.find((held) => held.lease.leader.id === lease.leader.id)
  if (before !== undefined && before.lease.issuedAt > lease.issuedAt) {
    throw new ParleyError('BAD_LEASE', 'A newer lease of this leader stands')
  }
  const ended = verb === 'update' ? (lease.succeeds ?? []) : []
  const others = known.filter(
    (held) => held !== before && !ended.some((term) => term === held.lease.term),
  )
  if (verb === 'release') return others
  const held = { lease, updatedAt: now, expiresAt: now + leaseMs }
  const leases = [...others, held].toSorted(byClaim).slice(0, maxLeases)
  if (leases.includes(held)) return leases
  throw new ParleyError('BUSY', `${maxLeases} stronger leaders of this group are registered`)
}

/**
 * Decides what one lease changes. Throws NAME_TAKEN (`create` only), BAD_LEASE (a later lease of
 * this leader stands), BUSY (no room for another group, or leader of this one).
 */
export const register = (
  registry: Registry,
  now: number,
  verb: RegisterVerb,
  lease: Lease,
): readonly Change[] => {
  const { group } = lease
  if (verb === 'create') refuseTakenName(registry, lease, now)
  const isFull = registry.recordsById.size >= registry.config.maxGroups
  if (isFull && !registry.recordsById.has(group) && verb !== 'release') {
    throw new ParleyError('BUSY', 'This registry is full', {
      hint: 'Use another Node Discovery Service, or try again later.',
    })
  }
  return settle(registry, group, withLease(registry, lease, verb, now), now)
}

/** The group with these leases, or without any; its name is what the strongest of them says. */
const settle = (
  registry: Registry,
  group: GroupId,
  leases: readonly HeldLease[],
  now: number,
): readonly Change[] => {
  const first = leases[0]
  if (first === undefined) return registry.recordsById.has(group) ? [{ kind: 'drop', group }] : []
  const before = liveRecord(registry, group, now)
  const { name, listed = true } = first.lease
  const isSame = before?.listed === listed && nameKey(before.name) === nameKey(name)
  const record: GroupRecord = {
    group,
    name,
    listed,
    nameSince: isSame ? before.nameSince : now,
    createdAt: before?.createdAt ?? now,
    leases,
  }
  return [{ kind: 'put', record }]
}

/** What has lapsed: groups without their lapsed leases, or gone with the last of them. */
export const expire = (registry: Registry, now: number): readonly Change[] =>
  [...registry.recordsById.values()].flatMap(({ group, leases }) => {
    const live = leases.filter((held) => isLive(held, now))
    return live.length === leases.length ? [] : settle(registry, group, live, now)
  })
