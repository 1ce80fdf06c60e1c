/**
 * Where the registry is kept. A port: one process with a file (`sqlite-store.ts`), nothing at all
 * (`memory-store.ts`), or a cluster behind one address. Every implementation passes
 * `lease-store.suite.ts`.
 */
import type { Change, GroupRecord } from './lease.ts'

export interface LeaseStore {
  /** All records, in no particular order. Rejects with STORAGE_CORRUPT, STORAGE_NEWER, … */
  load(): Promise<readonly GroupRecord[]>
  /** Makes all changes or none. Rejects with STORAGE_FULL, STORAGE_UNWRITABLE, …; works again later. */
  commit(changes: readonly Change[]): Promise<void>
  /** Idempotent. */
  close(): Promise<void>
}
