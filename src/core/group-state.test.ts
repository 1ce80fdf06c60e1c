import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { AuthorBatch, SignedEntry } from './entry.ts'
import {
  emptyState,
  foldEntry,
  sessionMark,
  stateFromData,
  stateToData,
  type GroupState,
} from './group-state.ts'
import {
  alice,
  begun,
  bob,
  carol,
  Dice,
  diceArbitrary,
  messageId,
  said,
  sessionOf,
  Story,
  tangle,
  textsUpTo,
} from './story.suite.ts'

/** A story with its fold: what each entry brings to the screen. */
class Reading {
  readonly story = new Story()
  state: GroupState = emptyState()
  tip: SignedEntry

  constructor() {
    this.tip = begun(this.story)
    for (const signed of this.story.all) foldEntry(this.state, signed, true)
  }

  take(batch: AuthorBatch, kind: 'message' | 'roster' = 'message'): readonly string[] {
    this.tip = this.story.add(this.tip, kind, batch)
    return foldEntry(this.state, this.tip, true).map((item) => item.content.text)
  }

  batch(texts: readonly string[], author = bob, run = 1): AuthorBatch {
    return this.story.batch(author, this.tip, texts.map(said), { run })
  }
}

describe('what an author said', () => {
  it('is shown once, however often it was sequenced', () => {
    const reading = new Reading()
    const batch = reading.batch(['a', 'b'])
    expect(reading.take(batch)).toEqual(['a', 'b'])
    expect(reading.take(batch)).toEqual([])
    expect(reading.state.positions).toBe(2)
  })

  it('is shown in the order in which it was said: what is ahead of its turn is not shown', () => {
    const reading = new Reading()
    const [one, two] = [reading.batch(['a']), reading.batch(['b'])]
    expect(reading.take(two)).toEqual([])
    expect(reading.take(one)).toEqual(['a'])
    expect(reading.take(two)).toEqual(['b'])
    expect(sessionMark(reading.state, bob, sessionOf(bob))).toBe(2)
  })

  it('overlapping with what is there shows the new part only', () => {
    const reading = new Reading()
    const all = reading.batch(['a', 'b', 'c'])
    reading.take({ ...all, items: all.items.slice(0, 2) })
    expect(reading.take(all)).toEqual(['c'])
  })

  it('in another run counts from one again', () => {
    const reading = new Reading()
    reading.take(reading.batch(['a'], bob, 1))
    expect(reading.take(reading.batch(['b'], bob, 2))).toEqual(['b'])
  })

  it('under the ids of another author is still its own', () => {
    const reading = new Reading()
    reading.take(reading.batch(['a']))
    const copied = { ...reading.batch(['a']), author: carol, aseq: 1 }
    expect(reading.take(copied)).toEqual(['a'])
  })

  it('under an id that does not ascend is not shown a second time', () => {
    const reading = new Reading()
    const session = sessionOf(bob)
    reading.take(reading.batch(textsUpTo(3)))
    const again = { id: messageId(session, 2), sentAt: 0, content: said('again') }
    expect(reading.take({ ...reading.batch(['x']), aseq: 4, items: [again] })).toEqual([])
  })

  it('is shown folded when the author was not on the roster at that place', () => {
    const reading = new Reading()
    const kick = { kind: 'kick', text: '', ref: bob }
    reading.take(reading.story.batch(alice, reading.tip, [kick], { kind: 'roster' }), 'roster')
    reading.tip = reading.story.say(reading.tip, bob, 'but')
    const [item] = foldEntry(reading.state, reading.tip, true)
    expect(item?.folded).toBe(true)
    expect(reading.state.view.members.some((member) => member.id === bob)).toBe(false)
  })
})

describe('the other side of a partition', () => {
  it('changes roster and words here, but nobody is active here for being active there', () => {
    const reading = new Reading()
    const { story, state } = reading
    const { view, term } = state
    const newcomer = 'newcomer'.padEnd(43, '_') as typeof alice
    const open = story.open(reading.tip, bob, { gone: [alice] })
    const admitted = story.activate(open, newcomer)
    const gone = story.add(admitted, 'deactivate', { cause: 'silent', members: [alice] })
    for (const signed of [open, admitted, gone]) foldEntry(state, signed, false)
    expect([state.view, state.term]).toEqual([view, term])
    expect(state.roster.members.has(newcomer)).toBe(true)
    foldEntry(state, story.merge(reading.tip, [gone], [newcomer, bob]), true)
    expect(state.view.members.at(-1)).toEqual({ id: newcomer, number: view.nextNumber })
  })

  it('cannot bring in with a merge who is not on the roster', () => {
    const reading = new Reading()
    const branch = reading.story.open(reading.tip, bob)
    const stranger = 'stranger'.padEnd(43, '_') as typeof alice
    const merge = reading.story.merge(reading.tip, [branch], [stranger])
    const before = reading.state.view.members
    foldEntry(reading.state, merge, true)
    expect(reading.state.view.members).toEqual(before)
  })
})

describe('a snapshot', () => {
  it('continues exactly as the state it was taken of, also through JSON', () => {
    fc.assert(
      fc.property(diceArbitrary(200), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 25)
        const at = dice.upTo(story.all.length)
        let state = emptyState()
        const straight = emptyState()
        for (const [index, signed] of story.all.entries()) {
          if (index === at)
            state = stateFromData(
              JSON.parse(JSON.stringify(stateToData(state))) as ReturnType<typeof stateToData>,
            )
          const isMain = dice.upTo(2) === 0
          expect(foldEntry(state, signed, isMain)).toEqual(foldEntry(straight, signed, isMain))
        }
        expect(stateToData(state)).toEqual(stateToData(straight))
      }),
      { numRuns: 60 },
    )
  })
})
