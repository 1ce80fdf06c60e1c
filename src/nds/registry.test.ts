import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { compareClaims } from '../core/claim.ts'
import type { Lease } from './lease.ts'
import { groupId, leaseOf, termId } from './nds-test.suite.ts'
import { nameKey } from './names.ts'
import {
  apply,
  emptyRegistry,
  expire,
  holderOf,
  listedAs,
  liveRecord,
  register,
  registryDefaults,
  restore,
  viewNetwork,
  type Registry,
  type RegisterVerb,
} from './registry.ts'

const { leaseMs } = registryDefaults
const lobby = groupId('group-lobby')

const put = (registry: Registry, now: number, verb: RegisterVerb, lease: Lease): void =>
  apply(registry, register(registry, now, verb, lease))

const leaders = (registry: Registry, now: number, group = lobby): readonly string[] =>
  liveRecord(registry, group, now)?.leases.map(({ lease }) => lease.leader.name) ?? []

const coded = (code: string): unknown => expect.objectContaining({ code })

test('a name is taken while its holder renews, and free when it lapses', () => {
  const registry = emptyRegistry()
  put(registry, 0, 'create', leaseOf('lobby', 'alice'))
  const rival = leaseOf('lobby', 'mallory', { group: groupId('rival'), name: 'LOBBY' })
  expect(() => put(registry, 1, 'create', rival)).toThrow(coded('NAME_TAKEN'))
  put(registry, 20_000, 'renew', leaseOf('lobby', 'alice'))
  expect(() => put(registry, leaseMs, 'create', rival)).toThrow(coded('NAME_TAKEN'))
  put(registry, 20_000 + leaseMs, 'create', rival)
  expect(leaders(registry, 20_000 + leaseMs, groupId('rival'))).toEqual(['mallory'])
})

test('the same group may register again', () => {
  const registry = emptyRegistry()
  put(registry, 0, 'create', leaseOf('lobby', 'alice'))
  put(registry, 5, 'create', leaseOf('lobby', 'alice'))
  expect(leaders(registry, 5)).toEqual(['alice'])
})

test('a renewal brings back a lease that the registry has lost', () => {
  const registry = emptyRegistry()
  put(registry, 0, 'renew', leaseOf('lobby', 'alice'))
  expect(leaders(registry, 0)).toEqual(['alice'])
})

test('after an election the new leader ends the lease of the old one', () => {
  const registry = emptyRegistry()
  put(registry, 0, 'create', leaseOf('lobby', 'alice'))
  const succession = { succeeds: [termId('term-of-alice')] }
  put(registry, 5, 'update', leaseOf('lobby', 'bob', succession))
  expect(leaders(registry, 5)).toEqual(['bob'])
  // It was not dead after all: both are shown, whatever the other one thinks.
  put(registry, 6, 'renew', leaseOf('lobby', 'alice'))
  put(registry, 7, 'renew', leaseOf('lobby', 'bob', succession))
  expect(leaders(registry, 7)).toHaveLength(2)
})

test('leaders of one group are shown by claim: live size, member number, term', () => {
  const registry = emptyRegistry()
  put(registry, 0, 'renew', leaseOf('lobby', 'carol', { claim: { live: 2, number: 5 } }))
  put(registry, 0, 'renew', leaseOf('lobby', 'bob', { claim: { live: 2, number: 3 } }))
  put(registry, 0, 'renew', leaseOf('lobby', 'alice', { claim: { live: 1, number: 0 } }))
  put(registry, 0, 'renew', leaseOf('lobby', 'dana', { claim: { live: 9, number: 9 } }))
  expect(leaders(registry, 0)).toEqual(['dana', 'bob', 'carol', 'alice'])
})

test('nine leaders of one group: the weakest has no place', () => {
  const registry = emptyRegistry()
  for (let i = 1; i <= 8; i += 1) {
    put(registry, 0, 'renew', leaseOf('lobby', `n${i}`, { claim: { live: 10 - i, number: i } }))
  }
  const weak = leaseOf('lobby', 'weak', { claim: { live: 1, number: 99 } })
  expect(() => put(registry, 0, 'renew', weak)).toThrow(coded('BUSY'))
  put(registry, 0, 'renew', leaseOf('lobby', 'strong', { claim: { live: 99, number: 0 } }))
  expect(leaders(registry, 0)).toHaveLength(8)
  expect(leaders(registry, 0)).not.toContain('n8')
})

test('a heartbeat that was overtaken changes nothing', () => {
  const registry = emptyRegistry()
  put(registry, 0, 'update', leaseOf('lobby', 'alice', { issuedAt: 2_000 }))
  const late = leaseOf('lobby', 'alice', { issuedAt: 1_999 })
  expect(() => put(registry, 1, 'renew', late)).toThrow(coded('BAD_LEASE'))
})

test('a lease that is given up is gone, and the name with it', () => {
  const registry = emptyRegistry()
  put(registry, 0, 'create', leaseOf('lobby', 'alice'))
  put(registry, 0, 'release', leaseOf('lobby', 'alice'))
  put(registry, 0, 'release', leaseOf('lobby', 'alice'))
  expect(registry.recordsById.size).toBe(0)
  put(registry, 0, 'create', leaseOf('lobby', 'bob', { group: groupId('next') }))
})

test('two groups of one name: the one known longer by it has the name', () => {
  const registry = emptyRegistry()
  const other = groupId('younger')
  put(registry, 0, 'create', leaseOf('lobby', 'alice'))
  put(registry, 1, 'renew', leaseOf('lobby', 'bob', { group: other }))
  const nameOf = (group = lobby, now = 2): string =>
    viewNetwork(registry, liveRecord(registry, group, now)!, now).listedAs
  expect(nameOf()).toBe('lobby')
  expect(nameOf(other)).toBe('lobby~younger0')
  // Somebody else is really called that.
  put(registry, 2, 'create', leaseOf('lobby~younger0', 'eve'))
  expect(nameOf(other)).toBe('lobby~younger000000000')
  // The holder takes another name and comes back: by then the other has it.
  put(registry, 3, 'renew', leaseOf('hall', 'alice', { group: lobby }))
  put(registry, 4, 'renew', leaseOf('lobby', 'alice'))
  expect([nameOf(lobby, 5), nameOf(other, 5)]).toEqual(['lobby~group-lo', 'lobby'])
})

test('an unlisted group holds no name', () => {
  const registry = emptyRegistry()
  put(registry, 0, 'create', leaseOf('lobby', 'alice', { listed: false }))
  put(registry, 0, 'create', leaseOf('lobby', 'bob', { group: groupId('other') }))
  expect(holderOf(registry, 'lobby', 0)?.group).toBe(groupId('other'))
})

test('a full registry takes no new group but keeps the old ones', () => {
  const registry = emptyRegistry({ ...registryDefaults, maxGroups: 1 })
  put(registry, 0, 'create', leaseOf('lobby', 'alice'))
  expect(() => put(registry, 1, 'create', leaseOf('hall', 'bob'))).toThrow(coded('BUSY'))
  put(registry, 2, 'renew', leaseOf('lobby', 'alice'))
  expect(leaders(registry, 2)).toEqual(['alice'])
})

test('after a restart every lease has its full time again', () => {
  const registry = emptyRegistry()
  put(registry, 0, 'create', leaseOf('lobby', 'alice'))
  const restored = restore([...registry.recordsById.values()], 500_000)
  expect(leaders(restored, 500_000 + leaseMs - 1)).toEqual(['alice'])
  expect(leaders(restored, 500_000 + leaseMs)).toEqual([])
})

const actions = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    verb: fc.constantFrom<RegisterVerb>('create', 'update', 'renew', 'release'),
    group: fc.constantFrom('ga', 'gb', 'gc'),
    name: fc.constantFrom('lobby', 'Lobby', 'hall'),
    leader: fc.constantFrom('n1', 'n2', 'n3', 'n4'),
    live: fc.integer({ min: 1, max: 3 }),
    listed: fc.boolean(),
    isSweep: fc.boolean(),
  }),
  { maxLength: 40 },
)

test('whatever is asked in whatever order, the invariants hold', () => {
  fc.assert(
    fc.property(actions, (steps) => {
      const registry = emptyRegistry({ ...registryDefaults, maxLeases: 3 })
      let now = 0
      for (const { afterMs, verb, group, name, leader, live, listed, isSweep } of steps) {
        now += afterMs
        const more = { group: groupId(group), claim: { live, number: 0 }, listed, issuedAt: now }
        try {
          put(registry, now, verb, leaseOf(name, leader, more))
        } catch (error) {
          expect(error).toHaveProperty('code')
        }
        if (isSweep) apply(registry, expire(registry, now))
        holdsAt(registry, now)
      }
      apply(registry, expire(registry, now + leaseMs))
      expect([registry.recordsById.size, registry.names.size]).toEqual([0, 0])
    }),
  )
})

const holdsAt = (registry: Registry, now: number): void => {
  const live = [...registry.recordsById.keys()].flatMap((id) => liveRecord(registry, id, now) ?? [])
  for (const { leases } of live) {
    const claims = leases.map(({ lease: { term, leader, claim } }) => ({
      term,
      leader: leader.id,
      ...claim,
    }))
    expect(claims).toEqual(claims.toSorted(compareClaims))
    expect(claims.length).toBeLessThanOrEqual(3)
    expect(new Set(claims.map(({ leader }) => leader)).size).toBe(claims.length)
  }
  const shown = live
    .filter(({ listed }) => listed)
    .map((record) => nameKey(listedAs(registry, record, now)))
  expect(new Set(shown).size).toBe(shown.length)
}
