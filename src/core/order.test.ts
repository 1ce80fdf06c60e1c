import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { placeKey, type Hash, type Place } from './ids.ts'
import type { Coverage, Log } from './log.ts'
import { forkOf, runsAfter, threadOf, type Run } from './order.ts'
import type { SignedEntry } from './entry.ts'
import {
  alice,
  begun,
  bob,
  Dice,
  diceArbitrary,
  endsOf,
  keptOf,
  orderByDefinition,
  placeOf,
  Story,
  tangle,
  threadByDefinition,
} from './story.suite.ts'

const hashesOf = (log: Log, runs: readonly Run[]): readonly Hash[] =>
  runs.flatMap((run) => log.range(run.term, run.from, run.to).map((signed) => signed.hash))

const mainOf = (log: Log, runs: readonly Run[]): ReadonlySet<Hash> =>
  new Set(
    hashesOf(
      log,
      runs.filter((run) => run.main),
    ),
  )

const orderOf = (log: Log, head: SignedEntry, present: Coverage = new Map()): readonly Hash[] =>
  hashesOf(log, runsAfter(log, present, placeOf(head)))

describe('the order', () => {
  it('is the chain itself where nothing forked', () => {
    const story = new Story()
    const [last] = story.chain(begun(story), alice, ['one', 'two', 'three']).toReversed()
    const { log } = keptOf(story).history
    expect(orderOf(log, last!)).toEqual(story.all.map((signed) => signed.hash))
  })

  it('puts a branch right before the merge that brought it in', () => {
    const story = new Story()
    const fork = begun(story)
    const main = story.say(fork, alice, 'here')
    const branch = story.say(story.open(fork, bob), bob, 'there')
    const merge = story.merge(main, [branch], [bob])
    const { log } = keptOf(story).history
    const texts = orderOf(log, merge).slice(-4)
    const branchOpen = story.byHash.get(branch.entry.prev as Hash)!
    expect(texts).toEqual([main, branchOpen, branch, merge].map((signed) => signed.hash))
  })

  it('has what two merged branches share once, where the first of them has it', () => {
    const story = new Story()
    const fork = begun(story)
    const shared = story.say(story.open(fork, bob), bob, 'shared')
    const left = story.open(shared, bob)
    const right = story.open(shared, alice)
    const merge = story.merge(story.say(fork, alice, 'main'), [right, left])
    const { log } = keptOf(story).history
    const order = orderOf(log, merge)
    expect(order).toEqual(orderByDefinition(story, merge))
    expect(order.indexOf(shared.hash)).toBeLessThan(order.indexOf(right.hash))
    expect(order.indexOf(right.hash)).toBeLessThan(order.indexOf(left.hash))
  })

  it('is what the definition says, for any tangle and any head', () => {
    fc.assert(
      fc.property(diceArbitrary(250), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 30)
        const { log } = keptOf(story).history
        for (const head of [...endsOf(story), dice.of(story.all)]) {
          const runs = runsAfter(log, new Map(), placeOf(head))
          const order = hashesOf(log, runs)
          expect(order).toEqual(orderByDefinition(story, head))
          const thread = threadByDefinition(story, head)
          expect(mainOf(log, runs)).toEqual(new Set(order.filter((hash) => thread.has(hash))))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('continues an older order of the same thread at its end, never inside', () => {
    fc.assert(
      fc.property(diceArbitrary(200), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 25)
        const { log } = keptOf(story).history
        const head = dice.of(endsOf(story))
        const older = story.byHash.get(dice.of([...threadByDefinition(story, head)]))!
        const present = log.coverageOf(placeOf(older))
        const more = orderOf(log, head, present)
        expect([...orderByDefinition(story, older), ...more]).toEqual(
          orderByDefinition(story, head),
        )
        expect(present).toEqual(log.coverageOf(placeOf(head)))
      }),
      { numRuns: 100 },
    )
  })

  it('puts causes before effects: every parent stands before its child', () => {
    fc.assert(
      fc.property(diceArbitrary(200), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 25)
        const { log } = keptOf(story).history
        const order = orderOf(log, dice.of(endsOf(story)))
        const at = new Map(order.map((hash, index) => [hash, index]))
        const tooLate = order.filter((hash) => {
          const { entry } = story.byHash.get(hash)!
          const tips = entry.kind === 'merge' ? entry.body.tips : []
          const parents = entry.prev === '' ? [] : [entry.prev, ...tips]
          return parents.some((parent) => (at.get(parent) ?? Infinity) >= at.get(hash)!)
        })
        expect(tooLate).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  it('survives a thousand terms on one another without a deep recursion', () => {
    const story = new Story()
    let tip = begun(story)
    for (let count = 0; count < 3_000; count += 1) tip = story.open(tip, alice)
    const { log } = keptOf(story).history
    expect(orderOf(log, tip)).toHaveLength(story.all.length)
  })
})

describe('where two threads part', () => {
  const forkByDefinition = (story: Story, a: SignedEntry, b: SignedEntry): Place | null => {
    const thread = threadByDefinition(story, a)
    for (const hash of threadByDefinition(story, b))
      if (thread.has(hash)) return placeOf(story.byHash.get(hash)!)
    return null
  }

  it('is the last entry that both threads have', () => {
    fc.assert(
      fc.property(diceArbitrary(200), (throws) => {
        const dice = new Dice(throws)
        const story = tangle(dice, 25)
        const { log } = keptOf(story).history
        const [a, b] = [dice.of(story.all), dice.of(story.all)]
        const fork = forkOf(log, placeOf(a), placeOf(b))
        expect(fork).toEqual(forkByDefinition(story, a, b))
        expect(forkOf(log, placeOf(b), placeOf(a))).toEqual(fork)
        const thread = threadOf(log, placeOf(a))
        for (const hash of threadByDefinition(story, a)) {
          const place = placeOf(story.byHash.get(hash)!)
          expect(thread.get(place.term), placeKey(place)).toBeGreaterThanOrEqual(place.seq)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('is nowhere when one of them has nothing', () => {
    const story = new Story()
    const { log } = keptOf(story).history
    expect(forkOf(log, null, placeOf(story.genesis))).toBeNull()
    expect(forkOf(log, placeOf(story.genesis), null)).toBeNull()
  })
})
