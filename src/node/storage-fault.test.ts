/** A disk that refuses, under a whole node. */
import { expect, test } from 'vitest'

import type { Persist } from '../core/effect.ts'
import type { GroupId } from '../core/ids.ts'
import { SqliteStore } from '../store/sqlite-store.ts'
import { StoreError } from '../store/store-error.ts'
import type { GroupStore } from '../store/store.ts'
import { agree, eventsOf, node, statusOf, tempFolder, textsOf, until } from './test-nodes.suite.ts'

/** The real store, but it can be told to have no room. */
class MoodyStore extends SqliteStore {
  hasRoom = true

  override createGroup(id: GroupId, name: string) {
    this.#check()
    return this.#moody(super.createGroup(id, name))
  }

  override openGroup(id: GroupId) {
    const group = super.openGroup(id)
    return group === null ? null : this.#moody(group)
  }

  override probe(): void {
    this.#check()
    super.probe()
  }

  #check(): void {
    if (!this.hasRoom) throw new StoreError('STORAGE_FULL', 'no room', 'make room', '/x')
  }

  #moody<G extends GroupStore>(group: G): G {
    const apply = group.apply.bind(group)
    return Object.assign(group, {
      apply: (persist: Persist) => {
        this.#check()
        apply(persist)
      },
    })
  }
}

test('a full disk: nothing acknowledged, others go on, and it comes back by itself', async () => {
  const folder = tempFolder()
  const store = new MoodyStore(folder)
  const alice = await node('alice', { dataDir: folder, store })
  await alice.create('lobby')
  const bob = await node('bob')
  await bob.join({ target: alice.listen })
  await agree(alice, bob)
  await alice.send('lobby', 'stored', { wait: 'all' })
  const events = eventsOf(alice)
  store.hasRoom = false
  await expect(alice.send('lobby', 'lost')).rejects.toMatchObject({ code: 'STORAGE_FULL' })
  expect(statusOf(alice)).toMatchObject({
    role: 'failed',
    fault: { code: 'STORAGE_FULL' },
    count: 1,
  })
  expect(textsOf(alice)).toEqual(['stored'])
  await expect(alice.create('other')).rejects.toMatchObject({ code: 'STORAGE_FULL' })
  expect(alice.status().networks).toHaveLength(1)
  // The other one notices that its leader is silent, and leads.
  await bob.send('lobby', 'meanwhile')
  store.hasRoom = true
  await until('it recovers', () => events.some(({ event }) => event === 'recovered'))
  await agree(alice, bob)
  await alice.send('lobby', 'again', { wait: 'all' })
  expect(textsOf(alice)).toEqual(['stored', 'meanwhile', 'again'])
  expect(textsOf(bob)).toEqual(['stored', 'meanwhile', 'again'])
  expect(events.filter(({ event }) => event === 'fault')).toHaveLength(1)
})
