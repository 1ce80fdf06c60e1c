import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { InstanceId, NodeId } from './ids.ts'
import { branchAt, runMark, subtreeAt } from './tree.ts'
import type { View } from './view.ts'

const viewOf = (size: number): View => ({
  members: Array.from({ length: size }, (_, number) => ({ id: `n${number}` as NodeId, number })),
  nextNumber: size,
})

const shape = fc.record({
  size: fc.integer({ min: 1, max: 300 }),
  width: fc.integer({ min: 1, max: 9 }),
})

test('everybody but the first has one parent, and is among its children', () => {
  fc.assert(
    fc.property(shape, ({ size, width }) => {
      const view = viewOf(size)
      for (const [at, { id }] of view.members.entries()) {
        const { parent } = branchAt(view, at, width)
        expect(parent === null).toBe(at === 0)
        if (parent === null) continue
        const above = view.members.findIndex((member) => member.id === parent)
        expect(above).toBeLessThan(at)
        expect(branchAt(view, above, width).children).toContain(id)
        expect(branchAt(view, above, width).children.length).toBeLessThanOrEqual(width)
      }
    }),
  )
})

test('a subtree is a member, its children, theirs, and so on', () => {
  fc.assert(
    fc.property(shape, ({ size, width }) => {
      const view = viewOf(size)
      const dumb = (at: number): readonly NodeId[] => {
        const below = branchAt(view, at, width).children.flatMap((id) =>
          dumb(view.members.findIndex((member) => member.id === id)),
        )
        return [view.members[at]?.id as NodeId, ...below]
      }
      for (const at of [0, 1, Math.floor(size / 2)]) {
        if (at >= size) continue
        const ids = subtreeAt(view, at, width)
        expect(ids.toSorted()).toEqual(dumb(at).toSorted())
      }
    }),
  )
})

test('another run of a node has another mark', () => {
  const run = (instance: string): number => runMark('n1' as NodeId, instance as InstanceId)
  expect(run('a')).not.toBe(run('b'))
  expect(Number.isSafeInteger(10_000 * run('a'))).toBe(true)
})
