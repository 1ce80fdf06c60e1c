/** How the contract's tests come to a store. */
import { expect, onTestFinished } from 'vitest'

import { appended, Chronicle } from './chronicle.suite.ts'
import type { GroupStore, Store, StoredMessage } from './store.ts'

/** A data folder of a test. */
export interface Folder {
  /** Opens the folder, which is closed. */
  readonly open: () => Store
  readonly remove: () => void
}

export interface Scene {
  readonly store: Store
  readonly group: GroupStore
  readonly story: Chronicle
  /** Closes the folder and opens it again; what was opened before is of no use then. */
  readonly reopen: () => Store
  /** The same, and the group again. */
  readonly reopenGroup: () => GroupStore
}

/** A new folder with one group that has its genesis entry. */
export const sceneIn = (makeFolder: () => Folder): Scene => {
  const folder = makeFolder()
  let store = folder.open()
  onTestFinished(() => {
    store.close()
    folder.remove()
  })
  const story = new Chronicle()
  const group = store.createGroup(story.group, 'lobby')
  group.apply(appended([], [story.genesis]))
  const reopen = (): Store => {
    store.close()
    store = folder.open()
    return store
  }
  const reopenGroup = (): GroupStore => {
    const again = reopen().openGroup(story.group)
    expect(again).not.toBeNull()
    return again as GroupStore
  }
  return { store, group, story, reopen, reopenGroup }
}

export const textsOf = (messages: readonly StoredMessage[]): readonly string[] =>
  messages.map((message) => message.content.text)
