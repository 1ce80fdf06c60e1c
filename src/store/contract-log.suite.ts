/** What every store does with entries and their order. */
import { describe, expect, it } from 'vitest'

import type { SignedEntry } from '../core/entry.ts'
import { termOf } from '../core/entry.ts'
import type { Hash, TermId } from '../core/ids.ts'
import {
  appended,
  bob,
  Chronicle,
  itemOf,
  persistOf,
  retold,
  sessionOf,
  signature,
} from './chronicle.suite.ts'
import type { GroupStore } from './store.ts'

import { type Folder, sceneIn, textsOf } from './contract-scene.suite.ts'

const place = (signed: SignedEntry) => ({ term: termOf(signed), seq: signed.entry.seq })
const ordered = (group: GroupStore) =>
  group.ordered(0, group.orderLength()).map(({ signed }) => signed)

export const logContract = (makeFolder: () => Folder): void => {
  const scene = () => sceneIn(makeFolder)

  describe('entries', () => {
    it('are found by place, by hash and by range of their term', () => {
      const { group, story } = scene()
      const said = story.chain(story.genesis, ['a', 'b', 'c', 'd'])
      group.apply(appended([story.genesis], said))
      const term = termOf(story.genesis)
      expect(group.entryAt({ term, seq: 2 })).toEqual(said[1])
      expect(group.entriesOfTerm(term, 2, 3)).toEqual(said.slice(1, 3))
      expect(group.entriesOfTerm(term, 3, 99)).toEqual(said.slice(2))
      expect(group.entriesOfTerm(term, 4, 3)).toEqual([])
      expect(group.placeOf(said[3]!.hash)).toEqual({ term, seq: 4 })
      expect(group.entryCount()).toBe(5)
    })

    it('that are not there are null or none', () => {
      const { group, story } = scene()
      const term = termOf(story.genesis)
      const strange = 'x'.repeat(43)
      expect(group.entryAt({ term, seq: 1 })).toBeNull()
      expect(group.entryAt({ term, seq: -1 })).toBeNull()
      expect(group.entryAt({ term: strange as TermId, seq: 0 })).toBeNull()
      expect(group.entriesOfTerm(strange as TermId, 0, 9)).toEqual([])
      expect(group.placeOf(strange as Hash)).toBeNull()
      expect(group.orderIndexOf({ term, seq: 1 })).toBeNull()
      expect(group.orderIndexOf({ term: strange as TermId, seq: 0 })).toBeNull()
    })

    it('that are stored already change nothing', () => {
      const { group, story } = scene()
      const said = story.chain(story.genesis, ['a', 'b'])
      group.apply(persistOf({ entries: said }))
      const more = story.say(said[1]!, ['c'])
      group.apply(persistOf({ entries: [...said, more, more] }))
      expect(group.entriesOfTerm(termOf(more), 0, 9)).toEqual([story.genesis, ...said, more])
      expect(group.entryCount()).toBe(4)
    })

    it('take a signature that comes later, and keep it', () => {
      const { group, story, reopenGroup } = scene()
      const said = story.say(story.genesis, ['a'])
      group.apply(persistOf({ entries: [said] }))
      group.apply(persistOf({ entries: [{ ...said, sig: signature }] }))
      group.apply(persistOf({ entries: [said] }))
      expect(reopenGroup().entryAt(place(said))).toEqual({ ...said, sig: signature })
    })

    it('are refused without their predecessor, and nothing of that transaction stays', () => {
      const { group, story } = scene()
      const [first, second, third] = story.chain(story.genesis, ['a', 'b', 'c'])
      const entries = [first!, third!]
      expect(() => group.apply(persistOf({ entries }))).toThrow('invariant broken')
      expect(group.entryCount()).toBe(1)
      expect(group.placeOf(first!.hash)).toBeNull()
      const rootless = story.open(second!)
      expect(() => group.apply(persistOf({ entries: [rootless] }))).toThrow('invariant broken')
      expect(group.termEnds()).toEqual([story.genesis])
    })

    it('are refused at a place that holds another', () => {
      const { group, story } = scene()
      group.apply(persistOf({ entries: [story.say(story.genesis, ['a'])] }))
      const other = persistOf({ entries: [story.say(story.genesis, ['b'])] })
      expect(() => group.apply(other)).toThrow('one place holds one entry')
    })

    it('of another group are refused', () => {
      const { group } = scene()
      const elsewhere = new Chronicle('elsewhere')
      const entries = [elsewhere.genesis]
      expect(() => group.apply(persistOf({ entries }))).toThrow('its own group')
    })

    it('are told as a skeleton, parents first, and by the end of each term', () => {
      const { group, story, reopenGroup } = scene()
      const first = story.chain(story.genesis, ['a', 'b'])
      const left = story.open(first[0]!)
      const right = story.open(first[1]!, bob)
      const late = story.chain(right, ['c', 'd', 'e'], { author: bob, session: sessionOf(2) })
      const merge = story.merge(left, [late[2]!])
      const end = story.say(merge, ['f'])
      group.apply(persistOf({ entries: [...first, left, right, ...late, merge, end] }))
      for (const look of [() => group, reopenGroup]) {
        const one = look()
        expect(one.skeleton()).toEqual([story.genesis, left, right, merge])
        expect(one.termEnds()).toEqual([first[1], late[2], end])
      }
    })

    it('come all, the order first, then branches outside it', () => {
      const { group, story } = scene()
      const main = story.chain(story.genesis, ['a', 'b'])
      const branch = [story.open(main[0]!, bob)]
      branch.push(...story.chain(branch[0]!, ['x', 'y'], { session: sessionOf(2) }))
      group.apply(persistOf({ entries: [...main, ...branch] }))
      group.apply(persistOf({ order: retold([story.genesis, ...main], 1) }))
      expect([...group.allEntries()]).toEqual([story.genesis, ...main, ...branch])
    })
  })

  describe('the order', () => {
    it('grows at its end, and says where an entry stands', () => {
      const { group, story, reopenGroup } = scene()
      const said = [story.say(story.genesis, ['a', 'b'])]
      group.apply(appended([story.genesis], said))
      const more = story.chain(said[0]!, ['c', 'd'])
      group.apply(appended([story.genesis, ...said], more))
      const again = reopenGroup()
      expect(again.orderLength()).toBe(4)
      expect(ordered(again)).toEqual([story.genesis, ...said, ...more])
      expect(again.orderIndexOf(place(more[1]!))).toBe(3)
      expect(again.ordered(1, 3).map(({ item }) => item)).toEqual([
        itemOf(said[0]!),
        itemOf(more[0]!),
      ])
      expect(again.ordered(4, 9)).toEqual([])
    })

    it('is replaced from where a merge changed it, and messages move with it', () => {
      const { group, story, reopenGroup } = scene()
      const shared = story.chain(story.genesis, ['shared'])
      const ours = story.chain(shared[0]!, ['our one', 'our two'])
      const start = [story.genesis, ...shared]
      group.apply(appended([story.genesis], shared))
      group.apply(appended(start, ours))
      const open = story.open(shared[0]!, bob)
      const said = { author: bob, session: sessionOf(2) }
      const theirs = [open, ...story.chain(open, ['their one', 'their two'], said)]
      const merge = story.merge(theirs[2]!, [ours[1]!])
      const whole = [...start, ...theirs, ...ours, merge]
      const change = retold(whole, 2)
      const items = change.items.map((item, at) => ({ ...item, main: at < 3 || at === 5 }))
      group.apply(persistOf({ entries: [...theirs, merge], order: { ...change, items } }))
      for (const look of [() => group, reopenGroup]) {
        const one = look()
        expect(ordered(one)).toEqual(whole)
        expect(one.ordered(5, 7).map(({ item }) => item.main)).toEqual([false, false])
        expect(one.orderIndexOf(place(ours[0]!))).toBe(5)
        const texts = ['shared', 'their one', 'their two', 'our one', 'our two']
        expect(textsOf(one.messages({ from: 1, limit: 9 }))).toEqual(texts)
        expect(one.search('our', { limit: 9 }).map((hit) => hit.position)).toEqual([4, 5])
        expect(one.messageById(change.visible[3]!.id)?.position).toBe(5)
      }
    })

    it('can become shorter, and then has nothing of what was cut', () => {
      const { group, story } = scene()
      const said = story.chain(story.genesis, ['a', 'b', 'c'])
      group.apply(appended([story.genesis], said))
      group.apply(persistOf({ order: { from: 2, fromPosition: 2, items: [], visible: [] } }))
      expect(group.orderLength()).toBe(2)
      expect(group.messageCount()).toBe(1)
      expect(group.orderIndexOf(place(said[1]!))).toBeNull()
      expect(group.search('b', { limit: 9 })).toEqual([])
      expect(group.entryCount()).toBe(4)
    })

    it('with a hole, or with an entry that is not stored, is refused', () => {
      const { group, story } = scene()
      const order = retold([story.genesis, story.say(story.genesis, ['a'])], 1)
      expect(() => group.apply(persistOf({ order: { ...order, from: 2 } }))).toThrow('hole')
      expect(() => group.apply(persistOf({ order: { ...order, fromPosition: 2 } }))).toThrow('hole')
      expect(() => group.apply(persistOf({ order }))).toThrow('stored entries only')
    })
  })
}
