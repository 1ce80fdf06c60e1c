import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { SignedEntry } from './entry.ts'
import {
  emptyState,
  foldEntry,
  stateToData,
  type GroupStateData,
  type VisibleItem,
} from './group-state.ts'
import { History } from './history.ts'
import {
  alice,
  begun,
  bob,
  Dice,
  diceArbitrary,
  emptyKept,
  endsOf,
  keep,
  orderByDefinition,
  placeOf,
  Story,
  tangle,
  textsUpTo,
  threadByDefinition,
  type Kept,
} from './story.suite.ts'

interface Folded {
  readonly state: GroupStateData
  readonly visible: readonly VisibleItem[]
}

/** What a replica must show at a head: all of its order, folded from nothing. */
const foldedFromScratch = (story: Story, head: SignedEntry): Folded => {
  const state = emptyState()
  const thread = threadByDefinition(story, head)
  const visible: VisibleItem[] = []
  for (const hash of orderByDefinition(story, head))
    visible.push(...foldEntry(state, story.byHash.get(hash)!, thread.has(hash)))
  return { state: stateToData(state), visible }
}

const expectShows = ({ disk, history }: Kept, story: Story, head: SignedEntry): void => {
  const folded = foldedFromScratch(story, head)
  expect(history.head?.hash).toBe(head.hash)
  expect(stateToData(history.state)).toEqual(folded.state)
  const order = disk.ordered(0, disk.orderLength())
  expect(order.map(({ signed }) => signed.hash)).toEqual(orderByDefinition(story, head))
  const thread = threadByDefinition(story, head)
  expect(order.every(({ item, signed }) => item.main === thread.has(signed.hash))).toBe(true)
  const shown = disk.messages({ from: 1, limit: 100_000 })
  expect(shown).toEqual(folded.visible.map((item, at) => ({ ...item, position: at + 1 })))
}

const addAll = (kept: Kept, entries: readonly SignedEntry[]): void => {
  for (const signed of entries) kept.history.add(signed)
}

describe('a history', () => {
  it('grows at its end and says so', () => {
    const story = new Story()
    const kept = emptyKept(story)
    const start = begun(story)
    addAll(kept, story.all)
    kept.history.advance(placeOf(start))
    const more = story.chain(start, bob, ['one', 'two'])
    addAll(kept, more)
    const change = kept.history.advance(placeOf(more[1]!))
    expect(change).toEqual({ appended: true, rosterTouched: false, spliced: null, voided: [] })
    keep(kept)
    expectShows(kept, story, more[1]!)
  })

  it('moves its own block behind the other side when that side keeps the thread', () => {
    const story = new Story()
    const kept = emptyKept(story)
    const fork = begun(story)
    const own = story.say(fork, bob, 'mine')
    addAll(kept, story.all)
    kept.history.advance(placeOf(own))
    keep(kept)
    const other = story.say(story.open(fork, alice), alice, 'theirs')
    const merge = story.merge(other, [own])
    addAll(kept, story.all.slice(-3))
    expect(kept.history.canAdvanceTo(placeOf(other))).toBe(false)
    const change = kept.history.advance(placeOf(merge))
    expect(change.appended).toBe(false)
    expect(change.spliced).toEqual({ authors: [bob], fromPosition: 2, toPosition: 2 })
    const persist = keep(kept)
    expect(persist?.order?.fromPosition).toBe(1)
    expectShows(kept, story, merge)
  })

  it('tells what a merge brought in on the side that keeps the thread', () => {
    const story = new Story()
    const kept = emptyKept(story)
    const fork = begun(story)
    const own = story.say(fork, alice, 'mine')
    addAll(kept, story.all)
    kept.history.advance(placeOf(own))
    const other = story.chain(story.open(fork, bob), bob, ['one', 'two']).at(-1)!
    const merge = story.merge(own, [other])
    addAll(kept, story.all.slice(-4))
    const change = kept.history.advance(placeOf(merge))
    expect(change.appended).toBe(true)
    expect(change.spliced).toEqual({ authors: [bob], fromPosition: 2, toPosition: 3 })
  })

  it('names its branches outside by their heads only', () => {
    const story = new Story()
    const kept = emptyKept(story)
    const fork = begun(story)
    addAll(kept, story.all)
    kept.history.advance(placeOf(fork))
    expect(kept.history.tips()).toEqual([])
    const side = story.say(story.open(fork, bob), bob, 'x')
    const onTop = story.open(side, bob)
    const apart = story.open(fork, alice)
    addAll(kept, story.all.slice(-4))
    const tips = kept.history.tips().map((tip) => tip.hash)
    expect(new Set(tips)).toEqual(new Set([onTop.hash, apart.hash]))
    expect(kept.history.tips().map((tip) => kept.history.contains(tip))).toEqual([false, false])
  })

  it('knows what it contains, by place and by hash', () => {
    const story = new Story()
    const kept = emptyKept(story)
    const fork = begun(story)
    const side = story.open(fork, bob)
    addAll(kept, story.all)
    kept.history.advance(placeOf(fork))
    expect(kept.history.containsHash(fork.hash)).toBe(true)
    expect(kept.history.containsHash(side.hash)).toBe(false)
    expect(kept.history.containsHash(bob as string as never)).toBe(false)
  })

  it('refuses to leave behind what it has shown', () => {
    const story = new Story()
    const kept = emptyKept(story)
    const fork = begun(story)
    const [own, other] = [story.open(fork, alice), story.open(fork, bob)]
    addAll(kept, story.all)
    kept.history.advance(placeOf(own))
    expect(() => kept.history.advance(placeOf(other))).toThrow(/contains the old one/)
  })
})

/** Where this history could go next: any stored entry whose order has the present head. */
const aheadOf = (history: History, story: Story): readonly SignedEntry[] =>
  story.all.filter((signed) => history.isStored(signed) && history.canAdvanceTo(placeOf(signed)))

describe('however a head got where it is', () => {
  it('shows what a fold from scratch shows, through merges, moves and restarts', () => {
    let moved = 0
    fc.assert(
      fc.property(diceArbitrary(300), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 25)
        let kept = emptyKept(story)
        let left = story.all
        let head = story.genesis
        while (left.length > 0) {
          const count = 1 + dice.upTo(6)
          addAll(kept, left.slice(0, count))
          left = left.slice(count)
          head = dice.of(aheadOf(kept.history, story))
          if (!kept.history.advance(placeOf(head)).appended) moved += 1
          // Several moves may share a transaction; a restart comes only after one.
          if (dice.upTo(2) === 0) continue
          keep(kept)
          expectShows(kept, story, head)
          if (dice.upTo(3) === 0) kept = { disk: kept.disk, history: new History(kept.disk) }
        }
        keep(kept)
        expectShows(kept, story, head)
      }),
      { numRuns: 100 },
    )
    expect(moved).toBeGreaterThan(10)
  })

  it('says by definition whether it may advance, and never moves what came before the fork', () => {
    fc.assert(
      fc.property(diceArbitrary(200), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 25)
        const kept = emptyKept(story)
        addAll(kept, story.all)
        const from = dice.of(story.all)
        kept.history.advance(placeOf(from))
        keep(kept)
        const to = dice.of([...endsOf(story), ...story.all])
        const contains = orderByDefinition(story, to).includes(from.hash)
        expect(kept.history.canAdvanceTo(placeOf(to))).toBe(contains)
        if (!contains) return
        const change = kept.history.advance(placeOf(to))
        expect(change.appended).toBe(threadByDefinition(story, to).has(from.hash))
        const order = keep(kept)?.order
        const before = orderByDefinition(story, from)
        const after = orderByDefinition(story, to)
        if (order !== null && order !== undefined)
          expect(after.slice(0, order.from)).toEqual(before.slice(0, order.from))
        if (change.appended) expect(after.slice(0, before.length)).toEqual(before)
      }),
      { numRuns: 100 },
    )
  })

  it('starts from snapshots after a restart, and goes back behind them in a merge', () => {
    const story = new Story()
    const kept = emptyKept(story)
    const fork = begun(story)
    addAll(kept, story.all)
    kept.history.advance(placeOf(fork))
    const own = story.chain(fork, bob, textsUpTo(1_100))
    for (const signed of own) {
      kept.history.add(signed)
      kept.history.advance(placeOf(signed))
    }
    keep(kept)
    expect(kept.disk.snapshotAt(1_100)?.index).toBe(1_024)
    const again: Kept = { disk: kept.disk, history: new History(kept.disk) }
    expect(stateToData(again.history.state)).toEqual(stateToData(kept.history.state))
    const middle = own[499]!
    const merge = story.merge(story.say(story.open(middle, alice), alice, 'x'), [own.at(-1)!])
    addAll(again, story.all.slice(-3))
    again.history.advance(placeOf(merge))
    keep(again)
    expectShows(again, story, merge)
    expect(new History(again.disk).state.length).toBe(again.disk.orderLength())
  })
})

describe('a summary', () => {
  it('names heads, newest terms and ever fewer of the older ones, within its limit', () => {
    const story = new Story()
    const kept = emptyKept(story)
    let tip = begun(story)
    for (let count = 0; count < 500; count += 1) tip = story.open(tip, alice)
    addAll(kept, story.all)
    kept.history.advance(placeOf(tip))
    const { head, tips, terms } = kept.history.summary()
    expect(head?.hash).toBe(tip.hash)
    expect(tips).toEqual([])
    expect(terms[0]?.hash).toBe(tip.hash)
    expect(terms.length).toBeLessThanOrEqual(64)
    expect(new Set(terms.map((one) => one.term)).size).toBe(terms.length)
  })

  it('of nothing is empty', () => {
    const story = new Story()
    expect(emptyKept(story).history.summary()).toEqual({ head: null, tips: [], terms: [] })
  })
})
