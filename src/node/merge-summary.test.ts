import { expect, test } from 'vitest'

import type { OrderChange } from '../core/effect.ts'
import type { NodeId } from '../core/ids.ts'
import { mergeSummary } from './merge-summary.ts'

const [alice, bob] = ['alice', 'bob'] as [NodeId, NodeId]

/** Positions 6 to 9 as they are after the merge. */
const order = {
  fromPosition: 6,
  visible: [
    { author: alice, id: 'a1' },
    { author: alice, id: 'a2' },
    { author: bob, id: 'b1' },
    { author: bob, id: 'b2' },
  ],
} as unknown as OrderChange

const block = { event: 'merged', authors: [bob], fromPosition: 8, toPosition: 9 } as const

test('who kept the thread is told of the block that came in', () => {
  const summary = mergeSummary({ ...block, moved: false }, order, () => false)
  expect(summary).toEqual({ authors: [bob], fromPosition: 8, toPosition: 9, moved: false })
})

test('whose own messages moved is told of what came in before them', () => {
  const summary = mergeSummary({ ...block, moved: true }, order, (author) => author === bob)
  expect(summary).toEqual({ authors: [alice], fromPosition: 6, toPosition: 7, moved: true })
})

test('if nothing came in, only the own block stands elsewhere', () => {
  const summary = mergeSummary({ ...block, moved: true }, order, () => true)
  expect(summary).toEqual({ authors: [bob], fromPosition: 6, toPosition: 9, moved: true })
})
