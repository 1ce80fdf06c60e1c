/**
 * What is registered: a lease says "this leader, at these addresses, leads this group now". It
 * lasts half a minute unless it is renewed. Nobody is told anything by a lease that the members do
 * not know better: a node that follows one finds out on the spot whether it is true.
 */
import { z } from 'zod'

import type { GroupId, NodeId, Signature } from '../core/ids.ts'
import { limits } from '../core/limits.ts'
import { readAddress } from '../rpc/address.ts'
import {
  countSchema,
  groupIdSchema,
  nodeIdSchema,
  signatureSchema,
  termIdSchema,
} from '../rpc/id-schemas.ts'
import { isPrintableName } from './names.ts'

export const groupNameSchema = z
  .string()
  .max(limits.nameLength * 4)
  .refine(isPrintableName, 'Expected 1 to 64 printable characters without spaces around them')

export const addressSchema = z
  .string()
  .max(limits.addressLength)
  .refine((text) => readAddress(text) !== null, 'Expected host:port')

const leaderSchema = z.strictObject({ id: nodeIdSchema, name: groupNameSchema })

const claimSchema = z.strictObject({
  /** Members that the leader hears, itself included. */
  live: z.int().min(1).max(limits.members),
  /** The leader's member number. */
  number: countSchema,
})

const leaseFields = {
  group: groupIdSchema,
  name: groupNameSchema,
  leader: leaderSchema,
  /** Where the leader listens, `host:port` each, the best one first. */
  addresses: z.array(addressSchema).min(1).max(limits.addresses),
  term: termIdSchema,
  claim: claimSchema,
  /** False for a group that only those find who know its id. */
  listed: z.boolean().optional(),
  /**
   * Terms whose leases end with this one: the suspect's after an election, the other side's after a
   * merge.
   */
  succeeds: z.array(termIdSchema).max(8).optional(),
  /**
   * When the leader wrote this, in ms of its own wall clock: of two from one leader the later one
   * holds.
   */
  issuedAt: countSchema,
  /** The leader's, over `leaseText`. */
  signature: signatureSchema.optional(),
}

export const leaseSchema = z.strictObject(leaseFields)
export type Lease = z.output<typeof leaseSchema>

/** A lease as the registry shows it. */
export const leaseViewSchema = z.object({
  ...leaseFields,
  leader: z.object(leaderSchema.shape),
  claim: z.object(claimSchema.shape),
  /** Time until it lapses unless it is renewed. */
  expiresInMs: countSchema,
})
export type LeaseView = z.output<typeof leaseViewSchema>

/** A group as the registry shows it. */
export const networkViewSchema = z.object({
  id: groupIdSchema,
  /** Its name, as its leader gave it. */
  name: groupNameSchema,
  /**
   * Unique in this registry: the name, or with a part of the id added if another group holds that
   * name.
   */
  listedAs: z.string().max(400),
  /** How long this registry has known the name for this group's. */
  ageMs: countSchema,
  /** The strongest claim first. */
  leases: z.array(leaseViewSchema).max(64),
})
export type NetworkView = z.output<typeof networkViewSchema>

/** Exactly what a lease's signature is over, whatever the order of its fields on the wire. */
export const leaseText = (lease: Lease, isRelease = false): string =>
  JSON.stringify([
    'parley-lease-1',
    lease.group,
    lease.name,
    lease.leader.id,
    lease.leader.name,
    lease.addresses,
    lease.term,
    lease.claim.live,
    lease.claim.number,
    lease.listed ?? true,
    lease.succeeds ?? [],
    lease.issuedAt,
    isRelease,
  ])

/**
 * The seam for signatures: whether a lease is its leader's own word. Called before anything is
 * changed; false is answered with BAD_LEASE.
 */
export type VerifyLease = (lease: Lease, isRelease: boolean) => boolean

/** Believes every lease: for tests of what happens to leases. */
export const permissiveVerify: VerifyLease = () => true

/** Believes leases that bear the signature of the leader that they name. */
export const verifyBySignature =
  (verify: (key: NodeId, text: string, signature: Signature) => boolean): VerifyLease =>
  (lease, isRelease) =>
    lease.signature !== undefined &&
    verify(lease.leader.id, leaseText(lease, isRelease), lease.signature)

/** A lease together with when it came and when it lapses, in ms of the registry's clock. */
export interface HeldLease {
  readonly lease: Lease
  readonly updatedAt: number
  readonly expiresAt: number
}

/** All that the registry knows of a group. Times are in ms of the registry's clock. */
export interface GroupRecord {
  readonly group: GroupId
  /** What the strongest lease calls it. */
  readonly name: string
  readonly listed: boolean
  /** Since when it has had this name here: decides who holds a name that two groups have. */
  readonly nameSince: number
  readonly createdAt: number
  /** The strongest claim first; at least one. */
  readonly leases: readonly HeldLease[]
}

/** What a decision changes: the group's new record, or that it is gone. */
export type Change =
  | { readonly kind: 'put'; readonly record: GroupRecord }
  | { readonly kind: 'drop'; readonly group: GroupId }

export const groupOf = (change: Change): GroupId =>
  change.kind === 'put' ? change.record.group : change.group
