/**
 * The port to the disk: one data folder that holds the histories of many groups.
 *
 * Everything is synchronous. A write that returned is on the disk; one that threw has changed
 * nothing. Faults of the disk are `StoreError`s. `store-contract.suite.ts` says in tests what every
 * store does.
 */
import type { Persist } from '../core/effect.ts'
import type { SignedEntry } from '../core/entry.ts'
import type { VisibleItem } from '../core/group-state.ts'
import type { GroupId, MessageId, NodeId } from '../core/ids.ts'
import type { LogReader } from '../core/log-reader.ts'

/** Plain data that survives `JSON.stringify`. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/** A message with its place among the group's messages. */
export interface StoredMessage extends VisibleItem {
  /** Counts the messages of the order from 1; a merge may change it, on the side that moves. */
  readonly position: number
}

export interface MessageRange {
  /** Position of the first message wanted, from 1. */
  readonly from: number
  /** At most so many. */
  readonly limit: number
}

export interface SearchOptions {
  /** At most so many. */
  readonly limit: number
  /** Only messages before this position: the first one of the page shown before. */
  readonly before?: number
}

/** What the application reads: messages by position, oldest first. */
export interface HistoryReader {
  messageCount(): number
  messages(range: MessageRange): readonly StoredMessage[]
  /** The newest `count` messages, oldest of them first. */
  lastMessages(count: number): readonly StoredMessage[]
  /** Ids are unique per author only; without `author` the first message of that id in the order. */
  messageById(id: MessageId, author?: NodeId): StoredMessage | null
  /**
   * The newest messages that contain all words of the query (the last one may be the beginning of a
   * word), oldest of them first. Case and accents do not matter. A query without words finds
   * nothing.
   */
  search(query: string, options: SearchOptions): readonly StoredMessage[]
  /**
   * Messages that say how these (named by `refText`) are to be shown now: of each author's the
   * last, in the order of the history. A bounded number of them, the newest.
   */
  amendments(targets: readonly string[]): readonly StoredMessage[]
  /** Stored entries, those of branches outside the order included. */
  entryCount(): number
  /**
   * Every stored entry, parents before children: the order first, then branches that are not part
   * of it. Reads page by page; changes made meanwhile may be seen or missed.
   */
  allEntries(): Iterable<SignedEntry>
}

/** One group's history. */
export interface GroupStore extends LogReader, HistoryReader {
  readonly id: GroupId
  /** One durable transaction. Entries that are stored already change nothing. */
  apply(persist: Persist): void
}

/** A group that this node takes or took part in. */
export interface GroupRecord {
  readonly id: GroupId
  /** As it was called when last noted here. */
  readonly name: string
  /** True once this node has left for good: kept for reading only. */
  readonly left: boolean
}

export interface GroupPersist {
  readonly group: GroupId
  readonly persist: Persist
}

export interface Store {
  /** In the order in which they were created here. */
  groups(): readonly GroupRecord[]
  /** The group's history, or null if this folder has no such group. */
  openGroup(id: GroupId): GroupStore | null
  /** Creates the group, or opens it if it is there already (name and mark of leaving stay). */
  createGroup(id: GroupId, name: string): GroupStore
  /** Notes a new name, or that the node has left or come back. */
  updateGroup(id: GroupId, change: { readonly name?: string; readonly left?: boolean }): void
  /** Forgets a group with everything in it. */
  removeGroup(id: GroupId): void
  /** Null if it was never set. */
  getGroupMeta(id: GroupId, key: string): Json
  setGroupMeta(id: GroupId, key: string, value: Json): void
  /** Null if it was never set. */
  getNodeMeta(key: string): Json
  setNodeMeta(key: string, value: Json): void
  /** Several groups in one transaction: one wait for the disk. All of it is kept, or nothing. */
  applyAll(batch: readonly GroupPersist[]): void
  /** Writes a little and takes it away again: throws while the disk would refuse a `Persist`. */
  probe(): void
  close(): void
}
