/** The methods of a Node Discovery Service, as data: the server serves them, the client calls them. */
import { z } from 'zod'

import { countSchema, groupIdSchema } from '../rpc/id-schemas.ts'
import { defineMethod } from '../rpc/method.ts'
import { leaseSchema, leaseViewSchema, networkViewSchema } from './lease.ts'
import { MAX_PAGE } from './listing.ts'

const id = (letter: string): string => letter.repeat(43)

const exampleLease = {
  group: id('g'),
  name: 'lobby',
  leader: { id: id('a'), name: 'alice' },
  addresses: ['192.168.1.20:7777'],
  term: id('t'),
  claim: { live: 3, number: 0 },
  issuedAt: 1_760_000_000_000,
}

const registeredSchema = z.object({
  group: groupIdSchema,
  /** The name under which the group is listed: its own, or longer while another holds that. */
  listedAs: z.string(),
  /** How long the lease lasts, and how often to renew it. */
  leaseMs: countSchema,
  renewMs: countSchema,
  /**
   * Leases of other leaders of this group, the strongest first: with one of them there is a merge
   * to make.
   */
  others: z.array(leaseViewSchema).max(64),
})

const exampleAnswer = {
  group: exampleLease.group,
  listedAs: 'lobby',
  leaseMs: 30_000,
  renewMs: 10_000,
  others: [],
}

export const createNetwork = defineMethod({
  name: 'create_network',
  summary: "Registers a new group under a name, with its leader's addresses.",
  params: leaseSchema,
  result: registeredSchema,
  errors: [
    'NAME_TAKEN',
    'BAD_LEASE',
    'UNAUTHORIZED',
    'RATE_LIMITED',
    'BUSY',
    'STORAGE_FULL',
    'STORAGE_UNWRITABLE',
    'UNAVAILABLE',
  ],
  examples: [{ name: 'a new group', params: exampleLease, result: exampleAnswer }],
})

export const updateLeader = defineMethod({
  name: 'update_leader',
  summary: 'Replaces the lease after an election or merge: leases of the terms in "succeeds" end.',
  params: leaseSchema,
  result: registeredSchema,
  errors: [
    'BAD_LEASE',
    'UNAUTHORIZED',
    'RATE_LIMITED',
    'BUSY',
    'STORAGE_FULL',
    'STORAGE_UNWRITABLE',
    'UNAVAILABLE',
  ],
  examples: [
    {
      name: 'bob takes over',
      params: {
        ...exampleLease,
        leader: { id: id('b'), name: 'bob' },
        addresses: ['192.168.1.21:7777', '[fd00::21]:7777'],
        term: id('u'),
        claim: { live: 2, number: 1 },
        succeeds: [exampleLease.term],
      },
      result: exampleAnswer,
    },
  ],
})

export const heartbeat = defineMethod({
  name: 'heartbeat',
  summary: "Renews a leader's lease (one that is not known is taken as new), or gives it up.",
  params: z.strictObject({
    ...leaseSchema.shape,
    /** The leader gives its lease up: the group is closing, or it leaves. */
    release: z.boolean().optional(),
  }),
  result: registeredSchema,
  errors: [
    'BAD_LEASE',
    'UNAUTHORIZED',
    'RATE_LIMITED',
    'BUSY',
    'STORAGE_FULL',
    'STORAGE_UNWRITABLE',
    'UNAVAILABLE',
  ],
  examples: [{ name: 'every ten seconds', params: exampleLease, result: exampleAnswer }],
})

export const listNetworks = defineMethod({
  name: 'list_networks',
  summary: 'The registered groups by name, a page at a time, with the leases of their leaders.',
  params: z.strictObject({
    /** Only groups whose name starts so, in any letter case. */
    prefix: z.string().max(256).optional(),
    /** Only this group, even if it is not listed. */
    group: groupIdSchema.optional(),
    /** "next" of the page before. */
    cursor: z.string().max(2_048).optional(),
    /** Groups on a page; 50 unless told. */
    limit: z.int().min(1).max(MAX_PAGE).optional(),
  }),
  result: z.object({
    networks: z.array(networkViewSchema).max(MAX_PAGE),
    /** Hand it in as "cursor" for the next page; null at the end. */
    next: z.string().nullable(),
  }),
  errors: ['UNAUTHORIZED', 'RATE_LIMITED', 'UNAVAILABLE'],
  examples: [
    {
      name: 'all whose name starts with lob',
      params: { prefix: 'lob' },
      result: {
        networks: [
          {
            id: exampleLease.group,
            name: 'lobby',
            listedAs: 'lobby',
            ageMs: 61_000,
            leases: [{ ...exampleLease, expiresInMs: 29_000 }],
          },
        ],
        next: null,
      },
    },
  ],
})

export const ndsMethods = [createNetwork, updateLeader, heartbeat, listNetworks] as const
