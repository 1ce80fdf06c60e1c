import { assert } from '../core/assert.ts'
import type { GroupId } from '../core/ids.ts'
import { MemoryGroup } from './memory-group.ts'
import type { GroupPersist, GroupRecord, Json, Store } from './store.ts'

/** What a data folder holds besides histories. */
interface GroupEntry {
  record: GroupRecord
  readonly history: MemoryGroup
  readonly meta: Map<string, Json>
}

/**
 * A data folder in memory, as faithful as the real one and much faster: for the simulator and for
 * tests. What is applied is kept until the object is dropped; a simulated crash keeps the store and
 * drops the node. Uses nothing of Node's.
 */
export class MemoryStore implements Store {
  #groups = new Map<GroupId, GroupEntry>()
  #meta = new Map<string, Json>()

  /** A copy that shares nothing that changes: keep one to roll a simulated disk back later. */
  clone(): MemoryStore {
    const copy = new MemoryStore()
    for (const [id, { record, history, meta }] of this.#groups) {
      copy.#groups.set(id, { record, history: history.clone(), meta: new Map(meta) })
    }
    copy.#meta = new Map(this.#meta)
    return copy
  }

  groups(): readonly GroupRecord[] {
    return [...this.#groups.values()].map((group) => group.record)
  }

  openGroup(id: GroupId): MemoryGroup | null {
    return this.#groups.get(id)?.history ?? null
  }

  createGroup(id: GroupId, name: string): MemoryGroup {
    const known = this.#groups.get(id)
    if (known !== undefined) return known.history
    const history = new MemoryGroup(id)
    this.#groups.set(id, { record: { id, name, left: false }, history, meta: new Map() })
    return history
  }

  updateGroup(id: GroupId, change: { readonly name?: string; readonly left?: boolean }): void {
    const group = this.#known(id)
    const { name, left } = group.record
    group.record = { id, name: change.name ?? name, left: change.left ?? left }
  }

  removeGroup(id: GroupId): void {
    this.#groups.delete(id)
  }

  getGroupMeta(id: GroupId, key: string): Json {
    return this.#known(id).meta.get(key) ?? null
  }

  setGroupMeta(id: GroupId, key: string, value: Json): void {
    this.#known(id).meta.set(key, value)
  }

  getNodeMeta(key: string): Json {
    return this.#meta.get(key) ?? null
  }

  setNodeMeta(key: string, value: Json): void {
    this.#meta.set(key, value)
  }

  /** A group may stand in the batch once. */
  applyAll(batch: readonly GroupPersist[]): void {
    const groups = new Set(batch.map((one) => one.group))
    assert(groups.size === batch.length, 'a group stands in a batch once')
    for (const { group, persist } of batch) this.#known(group).history.check(persist)
    for (const { group, persist } of batch) this.#known(group).history.write(persist)
  }

  probe(): void {
    // There is always room.
  }

  close(): void {
    // Nothing to close: whoever holds the object may go on reading it.
  }

  #known(id: GroupId): GroupEntry {
    const group = this.#groups.get(id)
    assert(group !== undefined, 'the group was created here')
    return group
  }
}
