import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { list } from './listing.ts'
import { groupId, leaseOf } from './nds-test.suite.ts'
import { NameIndex } from './name-index.ts'
import { apply, emptyRegistry, register, type Registry } from './registry.ts'

const withGroups = (names: readonly string[]): Registry => {
  const registry = emptyRegistry()
  for (const name of names) apply(registry, register(registry, 0, 'create', leaseOf(name, 'alice')))
  return registry
}

const allPages = (registry: Registry, prefix: string, limit: number): string[] => {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page = list(registry, 1, { prefix, limit, cursor })
    expect(page.networks.length).toBeLessThanOrEqual(limit)
    names.push(...page.networks.map(({ name }) => name))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return names
}

test('pages of any size add up to all groups that match, in order', () => {
  const name = fc.stringMatching(/^[a-d]{1,4}$/)
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { maxLength: 30 }),
      fc.stringMatching(/^[a-dA-D]{0,2}$/),
      fc.integer({ min: 1, max: 7 }),
      (names, prefix, limit) => {
        const expected = names.filter((each) => each.startsWith(prefix.toLowerCase())).toSorted()
        expect(allPages(withGroups(names), prefix, limit)).toEqual(expected)
      },
    ),
  )
})

test('a group that goes between two pages takes no other with it', () => {
  const registry = withGroups(['a', 'b', 'c'])
  const first = list(registry, 1, { limit: 1 })
  apply(registry, [{ kind: 'drop', group: groupId('group-b') }])
  const rest = list(registry, 1, { cursor: first.next ?? '' })
  expect(rest.networks.map(({ name }) => name)).toEqual(['c'])
})

test('an unlisted group shows only to those who know its id; a lapsed one to nobody', () => {
  const registry = emptyRegistry()
  const secret = leaseOf('secret', 'alice', { listed: false })
  apply(registry, register(registry, 0, 'create', secret))
  expect(list(registry, 1, {}).networks).toEqual([])
  expect(list(registry, 1, { group: secret.group }).networks).toMatchObject([{ name: 'secret' }])
  expect(list(registry, 30_000, { group: secret.group }).networks).toEqual([])
})

test('a page of long entries ends early', () => {
  const registry = emptyRegistry()
  const addresses = Array.from({ length: 8 }, (_, i) => `${'h'.repeat(250)}${i}:1`)
  for (let i = 0; i < 200; i += 1) {
    apply(registry, register(registry, 0, 'create', leaseOf(`g${i}`, 'alice', { addresses })))
  }
  const page = list(registry, 1, { limit: 200 })
  expect(page.networks.length).toBeLessThan(200)
  expect(page.next).not.toBeNull()
})

test.each(['', 'x', 'WzFd', Buffer.from('{"a":1}').toString('base64url')])(
  'the cursor %j is refused',
  (cursor) => {
    const query = (): unknown => list(emptyRegistry(), 1, { cursor })
    expect(query).toThrow(expect.objectContaining({ code: 'INVALID_PARAMS' }))
  },
)

test('the index of names is what a sorted list would be', () => {
  const entry = fc.record({
    key: fc.constantFrom('a', 'b', 'ab', ''),
    group: fc.constantFrom('x', 'y', 'z'),
    isAdd: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(entry), (steps) => {
      const index = new NameIndex()
      const twin = new Set<string>()
      for (const { key, group, isAdd } of steps) {
        if (isAdd) index.add(key, groupId(group))
        else index.remove(key, groupId(group))
        if (isAdd) twin.add(`${key} ${groupId(group)}`)
        else twin.delete(`${key} ${groupId(group)}`)
      }
      const all = [...index.from('', '')].map(({ key, group }) => `${key} ${group}`)
      expect(all).toEqual([...twin].toSorted())
    }),
  )
})
