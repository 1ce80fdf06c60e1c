import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { NodeId } from './ids.ts'
import { activate, deactivate, emptyView, listedBy, numberOf, reopen, type View } from './view.ts'
import { alice, bob, carol, dave } from './story.suite.ts'

const idsOf = (view: View): readonly NodeId[] => view.members.map((member) => member.id)
const numbersOf = (view: View): readonly number[] => view.members.map((member) => member.number)
const all = activate(emptyView, [alice, bob, carol, dave])

describe('the view', () => {
  it('of a new term begins with its leader, lets some go and others come back', () => {
    const view = activate(emptyView, [alice, bob, carol])
    const listed = listedBy(view, { leader: bob, gone: [alice], back: [dave, carol] })
    expect(listed).toEqual([bob, carol, dave])
    expect(listedBy(emptyView, { leader: bob, gone: [], back: [] })).toEqual([bob])
  })

  it('numbers its members as they come', () => {
    expect(all.members).toEqual([
      { id: alice, number: 0 },
      { id: bob, number: 1 },
      { id: carol, number: 2 },
      { id: dave, number: 3 },
    ])
  })

  it('takes nobody in twice, not even within one activation', () => {
    const view = activate(activate(emptyView, [alice, bob, alice, bob]), [bob, carol])
    expect(idsOf(view)).toEqual([alice, bob, carol])
    expect(view.nextNumber).toBe(3)
  })

  it('gives a member that was gone a new, higher number', () => {
    const view = activate(deactivate(all, [alice, carol]), [alice])
    expect(idsOf(view)).toEqual([bob, dave, alice])
    expect([numberOf(view, alice), numberOf(view, carol)]).toEqual([4, null])
  })

  it('stays as it is when somebody goes who was not there', () => {
    expect(deactivate(all, ['nobody' as NodeId])).toEqual(all)
  })

  it('keeps the numbers of those who stay in their order when a term opens', () => {
    expect(reopen(all, [bob, carol, dave])).toEqual({
      members: all.members.slice(1),
      nextNumber: 4,
    })
  })

  it('makes a junior that leads the most senior only in order, not in number', () => {
    const view = reopen(all, [carol, alice, bob])
    expect(view.members).toEqual([
      { id: carol, number: 2 },
      { id: alice, number: 4 },
      { id: bob, number: 5 },
    ])
    expect(view.nextNumber).toBe(6)
  })

  it('lists once who is listed twice when a term opens', () => {
    expect(idsOf(reopen(all, [bob, bob, dave, bob]))).toEqual([bob, dave])
  })

  it('never gives a number twice and always ascends, whatever happens to it', () => {
    const people = fc.array(fc.constantFrom(alice, bob, carol, dave), { maxLength: 6 })
    const steps = fc.array(fc.tuple(fc.nat({ max: 2 }), people), { maxLength: 30 })
    fc.assert(
      fc.property(steps, (list) => {
        let view = emptyView
        const holders = new Map<number, NodeId>()
        for (const [what, ids] of list) {
          const before = view
          view = [activate, deactivate, reopen][what]!(view, ids)
          const numbers = numbersOf(view)
          expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
          expect(view.nextNumber).toBeGreaterThanOrEqual(before.nextNumber)
          for (const { id, number } of view.members) {
            expect(number).toBeLessThan(view.nextNumber)
            expect(holders.get(number) ?? id, 'a number belongs to one member').toBe(id)
            holders.set(number, id)
            const isNew = numberOf(before, id) !== number
            if (isNew) expect(number).toBeGreaterThanOrEqual(before.nextNumber)
          }
        }
      }),
    )
  })
})
