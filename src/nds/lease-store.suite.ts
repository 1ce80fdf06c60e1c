/**
 * What every `LeaseStore` must do. Call it in a test file with a way to open one, and to open it
 * again.
 */
import { describe, expect, test } from 'vitest'

import type { GroupRecord } from './lease.ts'
import type { LeaseStore } from './lease-store.ts'
import { groupId, leaseOf } from './nds-test.suite.ts'

/** A record of a group with this name. */
export const recordOf = (name: string, leader = 'alice'): GroupRecord => {
  const lease = leaseOf('any', leader, { name, group: groupId(Buffer.from(name).toString('hex')) })
  return {
    group: lease.group,
    name,
    listed: true,
    nameSince: 1.5,
    createdAt: 1,
    leases: [{ lease, updatedAt: 2, expiresAt: 3 }],
  }
}

const sorted = (records: readonly GroupRecord[]): readonly GroupRecord[] =>
  records.toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** `setUp` makes an empty place; `open` opens a store there, as often as it is called. */
export const leaseStoreSuite = (
  title: string,
  setUp: () => { readonly open: () => LeaseStore },
): void => {
  describe(`${title} as a lease store`, () => {
    test('tells that a change is stored', async () => {
      const store = setUp().open()
      await store.load()
      const change = { kind: 'put', record: recordOf('a') } as const
      expect(await store.commit([change], 'a')).toEqual({ ok: true, late: [] })
      await store.close()
    })

    test('is empty at first', async () => {
      const store = setUp().open()
      expect(await store.load()).toEqual([])
      await store.close()
    })

    test('gives back what was put, and not what was dropped', async () => {
      const store = setUp().open()
      await store.load()
      const [a, b, c] = [recordOf('a'), recordOf('b'), recordOf('c')]
      await store.commit([a, b, c].map((record) => ({ kind: 'put', record }) as const))
      const again = recordOf('a', 'bob')
      await store.commit([
        { kind: 'put', record: again },
        { kind: 'drop', group: b.group },
        { kind: 'drop', group: b.group },
      ])
      await store.commit([])
      expect(sorted(await store.load())).toEqual([again, c])
      await store.close()
    })

    test('makes changes in the order given', async () => {
      const store = setUp().open()
      await store.load()
      const record = recordOf('a')
      await store.commit([
        { kind: 'put', record },
        { kind: 'drop', group: record.group },
        { kind: 'put', record: recordOf('a', 'bob') },
      ])
      expect(await store.load()).toEqual([recordOf('a', 'bob')])
      await store.close()
    })

    test('keeps all of it over a restart', async () => {
      const { open } = setUp()
      const before = open()
      await before.load()
      await before.commit([{ kind: 'put', record: recordOf('部屋 👋') }])
      await before.close()
      await before.close()
      const after = open()
      expect(await after.load()).toEqual([recordOf('部屋 👋')])
      await after.close()
    })
  })
}
