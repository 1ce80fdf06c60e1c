import { expect, it } from 'vitest'

import { appended, Chronicle, sessionOf } from './chronicle.suite.ts'
import { MemoryStore } from './memory-store.ts'
import { storeContract } from './store-contract.suite.ts'

const inMemory = () => {
  const store = new MemoryStore()
  return { open: () => store, remove: () => {} }
}

storeContract('the store in memory', inMemory, 200)

it('a disk that is rolled back has what it had, and goes on from there', () => {
  const story = new Chronicle()
  const store = new MemoryStore()
  const group = store.createGroup(story.group, 'lobby')
  group.apply(appended([], [story.genesis]))
  store.setNodeMeta('key', 1)
  const before = store.clone()
  const said = story.chain(story.genesis, ['a', 'b'])
  group.apply(appended([story.genesis], said))
  store.setNodeMeta('key', 2)
  store.updateGroup(story.group, { left: true })
  const old = before.openGroup(story.group)
  expect(old?.entryCount()).toBe(1)
  expect(old?.orderLength()).toBe(1)
  expect(before.getNodeMeta('key')).toBe(1)
  expect(before.groups()[0]?.left).toBe(false)
  old?.apply(
    appended([story.genesis], story.chain(story.genesis, ['c'], { session: sessionOf(2) })),
  )
  expect(old?.messageCount()).toBe(1)
  expect(group.messageCount()).toBe(2)
})
