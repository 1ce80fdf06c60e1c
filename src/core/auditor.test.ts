import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { Auditor, namedParents } from './auditor.ts'
import type { SignedEntry } from './entry.ts'
import { HistoryCheck } from './history-check.ts'
import type { Hash } from './ids.ts'
import {
  alice,
  begun,
  bob,
  cryptoOf,
  diceArbitrary,
  Dice,
  endsOf,
  keptOf,
  orderByDefinition,
  placeOf,
  Story,
  tangle,
} from './story.suite.ts'

const crypto = cryptoOf(alice)

/** What an auditor who is handed these entries says first. */
const firstFlaw = ({ group }: Story, entries: readonly SignedEntry[]) => {
  const parents = new Set(entries.flatMap(namedParents))
  const auditor = new Auditor({ crypto, group, parents })
  const flaws = entries.map((signed) => auditor.add(signed))
  return flaws.find((flaw) => flaw !== null) ?? auditor.end()?.flaw ?? null
}

test('any history that members made is found right', () => {
  fc.assert(
    fc.property(diceArbitrary(60), (numbers) => {
      const story = tangle(new Dice(numbers), 40)
      expect(firstFlaw(story, story.all)).toBeNull()
    }),
    { numRuns: 60 },
  )
})

test('whatever is altered, left out or taken from elsewhere is found, and named', () => {
  const story = new Story()
  const tip = begun(story)
  const entry = story.say(tip, bob, 'hello')
  const next = story.say(entry, bob, 'again')
  const other = story.open(entry, bob)
  const merge = story.merge(next, [other])
  const { all } = story
  const withInstead = (one: SignedEntry, changed: object): readonly SignedEntry[] =>
    all.map((each) => (each === one ? { ...each, ...changed } : each))
  expect(firstFlaw(story, all)).toBeNull()
  expect(firstFlaw(story, withInstead(entry, { hash: next.hash }))).toBe('bad-hash')
  const later = { ...entry.entry, clock: 99 }
  expect(firstFlaw(story, withInstead(entry, { entry: later }))).toBe('bad-hash')
  expect(firstFlaw(story, withInstead(entry, { sig: crypto.sign('other') }))).toBe('bad-signature')
  expect(firstFlaw(story, withInstead(merge, { sig: null }))).toBe('unsigned')
  expect(firstFlaw(story, withInstead(entry, { sig: null }))).toBeNull()
  const without = (one: SignedEntry) => all.filter((each) => each !== one)
  expect(firstFlaw(story, without(story.genesis))).toBe('no-parent')
  expect(firstFlaw(story, without(entry))).toBe('out-of-place')
  expect(firstFlaw(story, without(other))).toBe('no-parent')
  expect(firstFlaw(story, [...all, entry])).toBe('out-of-place')
  expect(firstFlaw(new Story({ policy: 'invite', listed: true }), all)).toBe('wrong-group')
})

test('a clock that runs ahead, a term that skips a number, a stranger that leads: found', () => {
  const story = new Story()
  const tip = begun(story)
  const early = story.all.length
  story.add(tip, 'deactivate', { cause: 'left', members: [bob] }, { clock: 77 })
  expect(firstFlaw(story, story.all)).toBe('bad-clock')
  const strange = story.all.slice(0, early)
  story.open(tip, 'stranger'.padEnd(43, '_') as typeof bob)
  expect(firstFlaw(story, [...strange, ...story.all.slice(-1)])).toBe('not-a-member')
})

test('a member’s card that somebody else wrote is found', () => {
  const story = new Story()
  const tip = begun(story)
  const card = { ...story.card(bob), addresses: ['evil.example:1'] }
  story.add(tip, 'activate', { members: [{ card, proof: null }] })
  expect(firstFlaw(story, story.all)).toBe('bad-card')
})

/** What is found when the entries of a whole history are handed over as planned. */
const checkAll = (story: Story, head: SignedEntry, upTo?: number) => {
  const { disk } = keptOf(story)
  const check = new HistoryCheck({
    crypto,
    group: story.group,
    reader: disk,
    head: placeOf(head),
    upTo,
  })
  const order: Hash[] = []
  const flaws: unknown[] = []
  for (const run of check.plan)
    for (const signed of disk.entriesOfTerm(run.term, run.from, run.to)) {
      flaws.push(check.take(signed, run).flaw)
      if (run.index !== null) order.push(signed.hash)
    }
  return { check, order, isRight: flaws.every((flaw) => flaw === null) && check.end() === null }
}

test('the plan has every entry once, parents first, those of the order in order', () => {
  fc.assert(
    fc.property(diceArbitrary(60), (numbers) => {
      const story = tangle(new Dice(numbers), 40)
      const [head = story.genesis] = endsOf(story).toReversed()
      const { check, order, isRight } = checkAll(story, head)
      expect(isRight).toBe(true)
      expect(order).toEqual(orderByDefinition(story, head))
      expect(check.count).toBe(story.all.length)
    }),
    { numRuns: 60 },
  )
})

test('fingerprints are the same up to where two histories part, and then differ', () => {
  const story = new Story()
  const [, second = story.genesis] = story.chain(begun(story), bob, ['one', 'two'])
  const [left = second] = story.chain(second, bob, ['left'])
  const right = story.say(story.open(second, bob), bob, 'right')
  const code = (head: SignedEntry, upTo?: number) => checkAll(story, head, upTo).check.fingerprint()
  expect(code(left, 2)).toMatch(/^[0-9a-f]{4}( [0-9a-f]{4}){5}$/)
  expect(code(left, 2)).toBe(code(right, 2))
  expect(code(left, 1)).not.toBe(code(left, 2))
  expect(code(left, 3)).not.toBe(code(right, 3))
  expect(code(left)).not.toBe(code(right))
  expect(code(left, 4)).toBeNull()
})
