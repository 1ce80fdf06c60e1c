/**
 * Where the registry is kept. A port: one process with a file (`sqlite-store.ts`), nothing at all
 * (`memory-store.ts`), or a cluster that many processes share (`etcd/`). Every implementation
 * passes `lease-store.suite.ts`.
 */
import type { GroupId } from '../core/ids.ts'
import type { Change, GroupRecord } from './lease.ts'

/** What became of changes. */
export type Commit =
  /** All of them are stored. Of these groups something newer is known already: leave that. */
  | { readonly ok: true; readonly late: readonly GroupId[] }
  /** None of them: others were faster. This is how it stands; decide again. */
  | { readonly ok: false; readonly actual: readonly Change[] }

/** For stores that nobody else writes to. */
export const DONE: Commit = { ok: true, late: [] }

/** Told by a store that others write to as well. */
export interface StoreFollower {
  onChanges(changes: readonly Change[]): void
  /** The store cannot be reached: what is known of it gets old. */
  onLost(): void
  /** It can be reached again, or for the first time, and holds this. */
  onFound(records: readonly GroupRecord[]): void
  /** Something that does not go away by itself. */
  onFault(thrown: unknown): void
}

export interface LeaseStore {
  /** All records, in no particular order. Rejects with STORAGE_CORRUPT, STORAGE_NEWER, … */
  load(): Promise<readonly GroupRecord[]>
  /**
   * Makes all changes or none; of several for one group the last. Rejects with STORAGE_FULL,
   * STORAGE_UNWRITABLE, UNAVAILABLE, …; works again later. `claim`: a name that nobody else may
   * take at the same time, see `nameKey`.
   */
  commit(changes: readonly Change[], claim?: string): Promise<Commit>
  /** Begins to tell what others write. Only where there are others; to be called after `load`. */
  follow?(follower: StoreFollower): void
  /** Idempotent. */
  close(): Promise<void>
}
