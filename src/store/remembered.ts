/**
 * Which groups there are and whom to ask for them, in a small file beside the database: so that a
 * node whose database is beyond reading still knows where it belongs.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { isGroupId } from '../core/entry-codec.ts'
import type { GroupId } from '../core/ids.ts'
import { folderFault } from './sqlite-faults.ts'

export interface RememberedGroup {
  readonly id: GroupId
  readonly name: string
  readonly left: boolean
  /** Addresses of other members, by their ids. */
  readonly contacts: Readonly<Record<string, readonly string[]>>
}

const pathIn = (folder: string): string => join(folder, 'groups.json')

const isGroup = (value: unknown): value is RememberedGroup => {
  if (typeof value !== 'object' || value === null) return false
  const { id, name, left, contacts } = value as Record<string, unknown>
  const isWhole = typeof name === 'string' && typeof left === 'boolean'
  return isGroupId(id) && isWhole && typeof contacts === 'object' && contacts !== null
}

/** Empty if there is no such file, or something else in its place. */
export const readRemembered = (folder: string): readonly RememberedGroup[] => {
  try {
    const value: unknown = JSON.parse(readFileSync(pathIn(folder), 'utf8'))
    return Array.isArray(value) ? value.filter(isGroup) : []
  } catch {
    return []
  }
}

/** Replaces the file in one step. Throws StoreError. */
export const writeRemembered = (folder: string, groups: readonly RememberedGroup[]): void => {
  const path = pathIn(folder)
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    writeFileSync(draft, `${JSON.stringify(groups)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
  } catch (fault) {
    rmSync(draft, { force: true })
    throw folderFault(fault, folder)
  }
}
