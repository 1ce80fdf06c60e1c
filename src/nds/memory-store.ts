import type { GroupId } from '../core/ids.ts'
import type { GroupRecord } from './lease.ts'
import { DONE, type LeaseStore } from './lease-store.ts'

/** Keeps records as long as the process lives. Pass the same map again to play a restart. */
export const memoryStore = (records = new Map<GroupId, GroupRecord>()): LeaseStore => ({
  load: () => Promise.resolve([...records.values()]),
  commit: (changes) => {
    for (const change of changes) {
      if (change.kind === 'put') records.set(change.record.group, change.record)
      else records.delete(change.group)
    }
    return Promise.resolve(DONE)
  },
  close: () => Promise.resolve(),
})
