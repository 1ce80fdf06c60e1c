export { MemoryGroup } from './memory-group.ts'
export { MemoryStore } from './memory-store.ts'
export { SqliteStore } from './sqlite-store.ts'
export { StoreError, type StoreErrorCode } from './store-error.ts'
export type {
  GroupPersist,
  GroupRecord,
  GroupStore,
  HistoryReader,
  Json,
  MessageRange,
  SearchOptions,
  Store,
  StoredMessage,
} from './store.ts'
