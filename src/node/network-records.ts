/** What a node remembers of a group beside its history: names, read mark, since when it is split. */
import type { MemberCard, SignedEntry } from '../core/entry.ts'
import type { GroupState } from '../core/group-state.ts'
import type { GroupId, NodeId } from '../core/ids.ts'
import { StoreError } from '../store/store-error.ts'
import type { NodeContext } from './context.ts'
import { putOutFromJson, type PutOut } from './put-out.ts'
import { ReadMark } from './read-mark.ts'
import { RosterWatch } from './roster-watch.ts'
import { SplitWatch } from './split-watch.ts'

export class NetworkRecords {
  readonly readMark: ReadMark
  readonly #group: GroupId
  readonly #context: NodeContext
  readonly #roster: RosterWatch
  readonly #split: SplitWatch
  #name: string
  #putOut: PutOut | null

  constructor(group: GroupId, name: string, context: NodeContext) {
    this.#group = group
    this.#name = name
    this.#context = context
    const meta = (key: string) => context.store.getGroupMeta(group, key)
    this.readMark = new ReadMark(meta('read'))
    this.#roster = new RosterWatch(meta('gone'))
    this.#split = new SplitWatch(meta('split'))
    this.#putOut = putOutFromJson(meta('put-out'))
  }

  get name(): string {
    return this.#name
  }

  /** ISO time, or null if everybody is there. */
  get splitSince(): string | null {
    return this.#split.since
  }

  /** How many are active when all are there. */
  get expected(): number {
    return this.#split.of
  }

  /** How this node was put out, unless it has come back or left since. */
  get putOut(): PutOut | null {
    return this.#putOut
  }

  setPutOut(putOut: PutOut | null): void {
    if (putOut === null && this.#putOut === null) return
    this.#putOut = putOut
    const json = putOut === null ? null : { code: putOut.code, by: putOut.by }
    this.#try('put-out', () => this.#context.store.setGroupMeta(this.#group, 'put-out', json))
  }

  nameOf(id: NodeId): string {
    return id === this.#context.id ? this.#context.name : this.#roster.nameOf(id)
  }

  onEntries(entries: readonly SignedEntry[]): void {
    this.#split.onEntries(entries)
  }

  /** Takes name and roster as they are now; returns the cards that are new. */
  onRoster({ name, roster }: GroupState): readonly MemberCard[] {
    const { fresh, isAnyGone } = this.#roster.update(roster.members)
    const { store } = this.#context
    if (isAnyGone)
      this.#try('gone', () => store.setGroupMeta(this.#group, 'gone', this.#roster.toJson()))
    if (name !== this.#name && name !== '') {
      this.#name = name
      this.#try('name', () => store.updateGroup(this.#group, { name }))
    }
    return fresh
  }

  /** Takes the view as it is now; true if others are missing than before. */
  onView({ view, roster }: GroupState): boolean {
    const ids = view.members.map(({ id }) => id)
    const isOther = this.#split.onView(ids, (id) => roster.members.has(id), Date.now())
    const { store } = this.#context
    if (isOther)
      this.#try('split', () => store.setGroupMeta(this.#group, 'split', this.#split.toJson()))
    return isOther
  }

  saveReadMark(): void {
    const position = this.readMark.takeUnsaved()
    if (position === null) return
    this.#try('read', () => this.#context.store.setGroupMeta(this.#group, 'read', position))
  }

  /** Something that is nice to keep, and no harm if it is not. */
  #try(what: string, write: () => void): void {
    try {
      write()
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown
      const { code } = thrown
      this.#context.log('warn', 'not remembered', { network: this.#group, what, code })
    }
  }
}
