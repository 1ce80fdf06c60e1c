/** What every store keeps besides the history itself. */
import { describe, expect, it } from 'vitest'

import { emptyState, stateToData } from '../core/group-state.ts'
import type { GroupId } from '../core/ids.ts'
import { appended, Chronicle, nothing, persistOf, retold } from './chronicle.suite.ts'

import { type Folder, sceneIn, textsOf } from './contract-scene.suite.ts'

const snapshotAfter = (index: number) => ({ index, state: stateToData(emptyState()) })

export const folderContract = (makeFolder: () => Folder): void => {
  const scene = () => sceneIn(makeFolder)

  describe('snapshots', () => {
    it('are found at or before an index', () => {
      const { group, story, reopenGroup } = scene()
      group.apply(appended([story.genesis], story.chain(story.genesis, ['a', 'b', 'c', 'd'])))
      expect(group.snapshotAt(9)).toBeNull()
      for (const index of [1, 3]) group.apply(persistOf({ snapshot: snapshotAfter(index) }))
      expect(reopenGroup().snapshotAt(0)).toBeNull()
      expect(reopenGroup().snapshotAt(2)).toEqual(snapshotAfter(1))
      expect(reopenGroup().snapshotAt(3)).toEqual(snapshotAfter(3))
      expect(reopenGroup().snapshotAt(99)).toEqual(snapshotAfter(3))
    })

    it('go when the order changes before them, and stay at the very index of the change', () => {
      const { group, story } = scene()
      const said = story.chain(story.genesis, ['a', 'b', 'c'])
      group.apply(appended([story.genesis], said))
      for (const index of [1, 2, 3, 4]) group.apply(persistOf({ snapshot: snapshotAfter(index) }))
      const order = retold([story.genesis, ...said], 2)
      group.apply(persistOf({ order }))
      expect(group.snapshotAt(9)).toEqual(snapshotAfter(2))
      group.apply(persistOf({ order, snapshot: snapshotAfter(4) }))
      expect(group.snapshotAt(9)).toEqual(snapshotAfter(4))
      expect(group.snapshotAt(3)).toEqual(snapshotAfter(2))
    })

    it('become sparse with age', () => {
      const { group, story } = scene()
      const texts = Array.from({ length: 100 }, (_, at) => `${at}`)
      group.apply(appended([story.genesis], story.chain(story.genesis, texts)))
      for (let index = 1; index <= 101; index += 1) {
        group.apply(persistOf({ snapshot: snapshotAfter(index) }))
      }
      const kept = new Set(texts.map((_, at) => group.snapshotAt(at + 1)?.index ?? 0))
      expect(kept.size).toBeLessThan(20)
      for (let back = 0; back < 8; back += 1) {
        expect(group.snapshotAt(101 - back)?.index).toBe(101 - back)
      }
    })
  })

  describe('the outbox', () => {
    it('keeps items until they are a batch, and the batch until it is removed', () => {
      const { group, story, reopenGroup } = scene()
      const queued = ['a', 'b', 'c'].map((text) => story.queued(text))
      for (const one of queued) {
        group.apply(persistOf({ outbox: [{ change: 'queue', queued: one }] }))
      }
      expect(reopenGroup().outbox()).toEqual({ batches: [], queued })
      const batch = {
        ...story.batch(story.genesis.hash, ['x']),
        items: queued.slice(0, 2).map((one) => one.item),
      }
      const sent = { kind: 'message' as const, batch }
      reopenGroup().apply(persistOf({ outbox: [{ change: 'batch', batch: sent }] }))
      expect(reopenGroup().outbox()).toEqual({ batches: [sent], queued: queued.slice(2) })
      const { session, aseq } = batch
      reopenGroup().apply(persistOf({ outbox: [{ change: 'remove', session, aseq: aseq + 1 }] }))
      expect(reopenGroup().outbox().batches).toEqual([sent])
      reopenGroup().apply(persistOf({ outbox: [{ change: 'remove', session, aseq }] }))
      expect(reopenGroup().outbox()).toEqual({ batches: [], queued: queued.slice(2) })
    })

    it('lists batches oldest first; one that is made again keeps its place', () => {
      const { group, story, reopenGroup } = scene()
      const batches = ['a', 'b', 'c'].map((text) => ({
        kind: 'message' as const,
        batch: story.batch(story.genesis.hash, [text]),
      }))
      const outbox = batches.map((batch) => ({ change: 'batch' as const, batch }))
      group.apply(persistOf({ outbox }))
      const again = { ...batches[1]!, batch: { ...batches[1]!.batch, after: story.genesis.hash } }
      group.apply(persistOf({ outbox: [{ change: 'batch', batch: again }] }))
      expect(reopenGroup().outbox().batches).toEqual([batches[0], again, batches[2]])
    })

    it('gives up a queued item, and takes one that is queued twice once', () => {
      const { group, story } = scene()
      const [first, second] = [story.queued('a'), story.queued('b')]
      const outbox = [first, second, first].map((queued) => ({
        change: 'queue' as const,
        queued,
      }))
      group.apply(persistOf({ outbox }))
      expect(group.outbox().queued).toEqual([first, second])
      group.apply(persistOf({ outbox: [{ change: 'drop', id: first.item.id }] }))
      expect(group.outbox().queued).toEqual([second])
    })

    it('refuses text that no disk can keep', () => {
      const { group, story } = scene()
      const queued = story.queued('half a pair: \uD83D')
      const outbox = [{ change: 'queue' as const, queued }]
      expect(() => group.apply(persistOf({ outbox }))).toThrow('lone surrogates')
      expect(group.outbox().queued).toEqual([])
    })
  })

  describe('the folder', () => {
    it('holds several groups, which are noted with name and whether the node left', () => {
      const { store, story, reopen } = scene()
      const other = new Chronicle('other')
      store.createGroup(other.group, 'other')
      store.updateGroup(other.group, { left: true })
      store.updateGroup(story.group, { name: 'salon' })
      const again = reopen()
      expect(again.groups()).toEqual([
        { id: story.group, name: 'salon', left: false },
        { id: other.group, name: 'other', left: true },
      ])
      expect(again.createGroup(other.group, 'again').orderLength()).toBe(0)
      expect(again.groups()[1]).toMatchObject({ name: 'other', left: true })
    })

    it('knows nothing of a group that was never created', () => {
      const { store } = scene()
      expect(store.openGroup('x'.repeat(43) as GroupId)).toBeNull()
    })

    it('keeps notes for the node and for each group', () => {
      const { store, story, reopen } = scene()
      store.setNodeMeta('name', 'alice')
      store.setNodeMeta('name', { text: 'Alice', list: [1, null] })
      store.setGroupMeta(story.group, 'via', ['127.0.0.1:1'])
      const again = reopen()
      expect(again.getNodeMeta('name')).toEqual({ text: 'Alice', list: [1, null] })
      expect(again.getNodeMeta('never')).toBeNull()
      expect(again.getGroupMeta(story.group, 'via')).toEqual(['127.0.0.1:1'])
      expect(again.getGroupMeta(story.group, 'never')).toBeNull()
    })

    it('forgets a removed group wholly, and no other', () => {
      const { store, group, story, reopen } = scene()
      const other = new Chronicle('other')
      const second = store.createGroup(other.group, 'other')
      second.apply(appended([], [other.genesis, other.say(other.genesis, ['stays'])]))
      group.apply(appended([story.genesis], [story.say(story.genesis, ['goes'])]))
      store.setGroupMeta(story.group, 'via', 'x')
      store.removeGroup(story.group)
      const again = reopen()
      expect(again.groups().map(({ id }) => id)).toEqual([other.group])
      expect(textsOf(again.openGroup(other.group)!.search('stays', { limit: 1 }))).toEqual([
        'stays',
      ])
      const fresh = again.createGroup(story.group, 'lobby')
      expect(fresh.entryCount()).toBe(0)
      expect(fresh.search('goes', { limit: 1 })).toEqual([])
      expect(again.getGroupMeta(story.group, 'via')).toBeNull()
    })

    it('writes several groups in one transaction, all or nothing', () => {
      const { store, group, story, reopen } = scene()
      const other = new Chronicle('other')
      const second = store.createGroup(other.group, 'other')
      const good = appended([story.genesis], [story.say(story.genesis, ['a'])])
      const start = appended([], [other.genesis])
      store.applyAll([
        { group: story.group, persist: nothing },
        { group: other.group, persist: start },
      ])
      const bad = persistOf({ entries: [other.say(other.say(other.genesis, ['x']), ['y'])] })
      const batch = [
        { group: story.group, persist: good },
        { group: other.group, persist: bad },
      ]
      expect(() => store.applyAll(batch)).toThrow('invariant broken')
      expect([group.entryCount(), second.entryCount()]).toEqual([1, 1])
      store.applyAll([{ group: story.group, persist: good }])
      expect(reopen().openGroup(story.group)!.messageCount()).toBe(1)
    })

    it('says that there is room', () => {
      const { store } = scene()
      expect(() => store.probe()).not.toThrow()
    })
  })
}
