/** Damage that is met before a node runs: repaired before anything else. */
import { basename } from 'node:path'

import type { GroupId, NodeId } from '../core/ids.ts'
import { sha256, verifySignature } from '../crypto/node-crypto.ts'
import { ParleyError } from '../rpc/errors.ts'
import { checkFolder, type FolderFindings } from '../store/folder-check.ts'
import { CONTACTS, salvage } from '../store/salvage.ts'
import { setAside } from '../store/set-aside.ts'
import { SqliteStore } from '../store/sqlite-store.ts'
import { StoreError } from '../store/store-error.ts'
import type { Json, Store } from '../store/store.ts'
import type { RepairView } from './api.ts'
import type { NodeLog } from './context.ts'

const crypto = { hash: sha256, verify: verifySignature }

const KEY = 'repair'

/** Leaves word of a repair, for `status` and `doctor`. */
export const noteRepair = (store: Store, repair: { aside: string; what: string }): void =>
  store.setNodeMeta(KEY, { ...repair, at: new Date().toISOString() })

const fieldOf = (value: Json, key: string): string => {
  const field = (value as Readonly<Record<string, Json>>)[key]
  return typeof field === 'string' ? field : ''
}

/** The last repair, or null if there never was one. */
export const repairOf = (store: Store): RepairView | null => {
  const value = store.getNodeMeta(KEY)
  if (typeof value !== 'object' || value === null) return null
  return { at: fieldOf(value, 'at'), aside: fieldOf(value, 'aside'), what: fieldOf(value, 'what') }
}

/** Whom to ask for the history of a group that was repaired, with addresses; null if it was not. */
export const contactsOf = (
  store: Store,
  group: GroupId,
): ReadonlyMap<NodeId, readonly string[]> | null => {
  const value = store.getGroupMeta(group, CONTACTS)
  if (typeof value !== 'object' || value === null) return null
  const isText = (one: Json): one is string => typeof one === 'string'
  return new Map(
    Object.entries(value).map(([id, addresses]) => [
      id as NodeId,
      Array.isArray(addresses) ? (addresses as readonly Json[]).filter(isText) : [],
    ]),
  )
}

/** Checks a folder that no node uses, in one go. */
export const checkNow = (folder: string): FolderFindings => {
  const run = checkFolder({ folder, crypto })
  for (;;) {
    const next = run.next()
    if (next.done === true) return next.value
  }
}

/** Is it damage that kept a node from starting? */
const damageBehind = (folder: string, thrown: unknown): string | null => {
  if (thrown instanceof StoreError || thrown instanceof ParleyError) {
    if (thrown.code === 'STORAGE_CORRUPT') return thrown.message
    if (thrown.code !== 'INTERNAL') return null
  }
  return checkNow(folder).damage?.what ?? null
}

/** Repairs the folder if damage explains the failure; false if it does not. Throws StoreError. */
export const mendFolder = (folder: string, thrown: unknown, log: NodeLog): boolean => {
  const what = damageBehind(folder, thrown)
  if (what === null) return false
  const { fresh, groups } = salvage(folder, crypto)
  const aside = setAside(folder, fresh)
  const store = new SqliteStore(folder)
  noteRepair(store, { aside: basename(aside), what })
  store.close()
  log('warn', 'stored data repaired', { what, aside, groups })
  return true
}
