/** What can be read of a group, from its replica while it runs and from the disk while it does not. */
import type { GroupState } from '../core/group-state.ts'
import { History } from '../core/history.ts'
import type { GroupId, Hash, NodeId, Place, TermId } from '../core/ids.ts'
import type { Replica } from '../core/replica.ts'
import type { StoredBy } from '../core/watermarks.ts'
import { MemoryGroup } from '../store/memory-group.ts'
import type { GroupStore } from '../store/store.ts'

export abstract class GroupReading {
  readonly id: GroupId
  readonly store: GroupStore
  readonly #self: NodeId
  #disk: History | null = null

  constructor(store: GroupStore, self: NodeId) {
    this.id = store.id
    this.store = store
    this.#self = self
  }

  /** Null while the group does not run. */
  abstract get replica(): Replica | null

  history(): History {
    const { replica } = this
    if (replica !== null) {
      this.#disk = null
      return replica.history
    }
    try {
      this.#disk ??= new History(this.store)
      return this.#disk
    } catch {
      // What the disk has makes no sense; whoever looks after it has been or will be told.
      return new History(new MemoryGroup(this.id))
    }
  }

  /** What was read of the disk is no longer what it has. */
  forgetDisk(): void {
    this.#disk = null
  }

  get state(): GroupState {
    return this.history().state
  }

  head(): Hash | null {
    return this.history().head?.hash ?? null
  }

  leader(): NodeId | null {
    return this.replica?.leader() ?? null
  }

  term(): TermId | null {
    const role = this.replica?.role
    return role?.name === 'leader' || role?.name === 'follower' ? role.term : null
  }

  /** This node's member number, while it is active. */
  number(): number | null {
    return this.state.view.members.find(({ id }) => id === this.#self)?.number ?? null
  }

  /** Which active members are known to have it; without a running replica only this one. */
  storedBy(place: Place): StoredBy {
    const { replica } = this
    if (replica === null || replica.role.name === 'left') return { by: [this.#self], missing: [] }
    return replica.storedBy(place)
  }

  /** In the view, and nothing missing that anybody is known to have. */
  isCurrent(): boolean {
    const { replica } = this
    if (replica === null || !replica.inView(replica.id)) return false
    const { role, history, fetching } = replica
    if (role.name === 'leader') return true
    if (role.name !== 'follower' || !role.attached || role.gap || fetching.size > 0) return false
    const end = history.log.endOf(role.term)
    return end !== null && end.seq >= role.told && history.head?.term === role.term
  }
}
