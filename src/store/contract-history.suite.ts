/** What every store tells the application. */
import { describe, expect, it } from 'vitest'

import { refText } from '../core/content.ts'
import type { AuthorBatch, SignedEntry } from '../core/entry.ts'
import {
  alice,
  appended,
  bob,
  Chronicle,
  persistOf,
  retold,
  sessionOf,
  type Said,
} from './chronicle.suite.ts'
import type { GroupStore } from './store.ts'

import { type Folder, sceneIn, textsOf } from './contract-scene.suite.ts'

export const historyContract = (makeFolder: () => Folder): void => {
  const scene = () => sceneIn(makeFolder)

  describe('messages', () => {
    it('are listed by position with all that is known of them', () => {
      const { group, story, reopenGroup } = scene()
      const said = { author: bob, session: sessionOf(2) }
      const batch = story.say(story.genesis, ['one', 'two', 'three'], said)
      const persist = appended([story.genesis], [batch])
      group.apply(persist)
      const expected = persist.order!.visible.map((item, at) => ({ ...item, position: at + 1 }))
      expect(expected[0]).toMatchObject({ author: bob, session: sessionOf(2), folded: true })
      for (const look of [() => group, reopenGroup]) {
        const one = look()
        expect(one.messageCount()).toBe(3)
        expect(one.messages({ from: 1, limit: 9 })).toEqual(expected)
        expect(one.messages({ from: 2, limit: 1 })).toEqual([expected[1]])
        expect(one.lastMessages(2)).toEqual(expected.slice(1))
        expect(one.lastMessages(0)).toEqual([])
        expect(one.messages({ from: 4, limit: 9 })).toEqual([])
      }
    })

    it('are found by id, and by author where two used one id', () => {
      const { group, story } = scene()
      const first = story.say(story.genesis, ['mine'])
      group.apply(appended([story.genesis], [first]))
      const { entry } = first
      if (entry.kind !== 'message') throw new Error('not a message')
      const copied = { ...entry.body, author: bob, aseq: 1 }
      const second = { ...story.say(first, ['x']), entry: { ...entry, body: copied } }
      const next = { ...second.entry, prev: first.hash, seq: 2, clock: 2 }
      group.apply(appended([story.genesis, first], [{ ...second, entry: next }]))
      const { id } = copied.items[0]!
      expect(group.messageById(id)).toMatchObject({ author: alice, position: 1 })
      expect(group.messageById(id, alice)).toMatchObject({ author: alice, position: 1 })
      expect(group.messageById(id, bob)).toMatchObject({ author: bob, position: 2 })
      expect(group.messageById(story.item('never said').id)).toBeNull()
    })

    it('come back as they were written, however odd', () => {
      const { group, story, reopenGroup } = scene()
      const odd = ['', '\0nul\0', '👩‍👩‍👧‍👦', '\u202Eright to left', "'; DROP TABLE x; --", '\n']
      group.apply(appended([story.genesis], [story.say(story.genesis, odd)]))
      expect(textsOf(reopenGroup().messages({ from: 1, limit: 9 }))).toEqual(odd)
    })
  })

  describe('search', () => {
    const filled = (...texts: string[]): GroupStore => {
      const { group, story } = scene()
      group.apply(appended([story.genesis], story.chain(story.genesis, texts)))
      return group
    }
    const hits = (group: GroupStore, query: string): readonly string[] =>
      textsOf(group.search(query, { limit: 9 }))

    it('finds messages with all the words, in any order, the last one unfinished', () => {
      const group = filled('the red fox', 'a fox, and a hen', 'red wine', 'the foxtrot')
      expect(hits(group, 'fox red')).toEqual(['the red fox'])
      expect(hits(group, 'fo')).toEqual(['the red fox', 'a fox, and a hen', 'the foxtrot'])
      expect(hits(group, 'fo red')).toEqual([])
      expect(hits(group, 'badger')).toEqual([])
    })

    it('does not mind case and accents', () => {
      const group = filled('Crème BRÛLÉE', 'Ελλάδα', 'ёлка')
      expect(hits(group, 'creme brulee')).toEqual(['Crème BRÛLÉE'])
      expect(hits(group, 'ΕΛΛΑΔΑ')).toEqual(['Ελλάδα'])
      expect(hits(group, 'елка')).toEqual(['ёлка'])
    })

    it('finds words in scripts without spaces, and tells vowel signs apart', () => {
      const group = filled('明日東京タワーに行きます', '我们明天见面', 'สวัสดีครับ', 'हिन्दी')
      expect(hits(group, '東京タワー')).toEqual(['明日東京タワーに行きます'])
      expect(hits(group, '明天')).toEqual(['我们明天见面'])
      expect(hits(group, 'สวัสดี')).toEqual(['สวัสดีครับ'])
      expect(hits(group, 'हिन्दी')).toEqual(['हिन्दी'])
      expect(hits(group, 'हन्द')).toEqual([])
    })

    it('takes signs of a query language as text', () => {
      const group = filled('AND OR NOT', 'say "hi"', 'a*b', 'text:x', "don't")
      expect(hits(group, 'AND OR')).toEqual(['AND OR NOT'])
      expect(hits(group, '"hi"')).toEqual(['say "hi"'])
      expect(hits(group, 'a*b')).toEqual(['a*b'])
      expect(hits(group, 'text:x')).toEqual(['text:x'])
      expect(hits(group, "don't")).toEqual(["don't"])
      expect(hits(group, '" * ( - ^')).toEqual([])
    })

    it('shows the newest first page, and older ones before a position', () => {
      const group = filled(...Array.from({ length: 20 }, (_, at) => `word ${at + 1}`))
      const positions = (before?: number) =>
        group
          .search('word', before === undefined ? { limit: 3 } : { limit: 3, before })
          .map((hit) => hit.position)
      expect(positions()).toEqual([18, 19, 20])
      expect(positions(18)).toEqual([15, 16, 17])
      expect(positions(2)).toEqual([1])
      expect(positions(1)).toEqual([])
    })

    it('stays within its group', () => {
      const { store, group, story } = scene()
      const other = new Chronicle('other')
      const second = store.createGroup(other.group, 'other')
      group.apply(appended([story.genesis], [story.say(story.genesis, ['hello here'])]))
      second.apply(appended([], [other.genesis, other.say(other.genesis, ['hello there'])]))
      expect(hits(group, 'hello')).toEqual(['hello here'])
      expect(hits(second, 'hello')).toEqual(['hello there'])
    })
  })

  describe('amendments', () => {
    const refOf = (signed: SignedEntry): string => {
      const { author, items } = signed.entry.body as AuthorBatch
      return refText({ author, id: items[0]!.id })
    }
    const changesOf = (group: GroupStore, ...refs: string[]): readonly string[] =>
      group.amendments(refs).map(({ content }) => `${content.kind} ${content.text}`.trim())

    it('tells the last edit, the deletion, and of each author the last reaction', () => {
      const { group, story, reopenGroup } = scene()
      const said = story.say(story.genesis, ['helo'])
      const other = story.say(said, ['another'])
      const ref = refOf(said)
      const chain: SignedEntry[] = [said, other]
      const change = (kind: string, text: string, more: Said = {}): void => {
        chain.push(story.say(chain.at(-1)!, [text], { kind, ref, ...more }))
      }
      change('edit', 'hallo')
      change('reaction', 'x')
      change('edit', 'hello')
      change('reaction', 'y')
      change('reply', 'and now?')
      change('edit', 'said by another', { author: bob, session: sessionOf(2) })
      const before = [story.genesis, ...chain]
      const back = story.say(chain.at(-1)!, [''], { kind: 'delete', ref })
      group.apply(appended([story.genesis], [...chain, back]))
      expect(changesOf(group, refOf(other))).toEqual([])
      expect(changesOf(group)).toEqual([])
      const again = reopenGroup()
      expect(changesOf(again, ref)).toEqual(['edit hello', 'reaction y', 'delete'])
      // A merge puts the end of the history elsewhere: what was undone counts no more.
      again.apply(persistOf({ order: retold(before.slice(0, 5), 4) }))
      expect(changesOf(again, ref)).toEqual(['edit hallo', 'reaction x'])
    })
  })
}
