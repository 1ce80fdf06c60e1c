import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname } from 'node:path'

import { databasePath } from './open-folder.ts'
import { folderFault } from './sqlite-faults.ts'

/** `parley.db.damaged-20260102T030405`, or with a number behind it if that is taken. */
const nameFor = (path: string): string => {
  const at = new Date().toISOString().replaceAll(/[-:]|\..*/g, '')
  const base = `${path}.damaged-${at}`
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base}-${count}`
    if (!existsSync(name)) return name
  }
}

const keep = (path: string, name: string): void => {
  try {
    linkSync(path, name)
  } catch {
    // Not every file system has links.
    copyFileSync(path, name)
  }
}

/**
 * Puts the closed database `fresh`, which lies in a folder of its own, in the place of the
 * folder's, which nobody may have open, and keeps that under the name that is returned. A crash on
 * the way leaves the old one in place: its log goes first, since SQLite would take it for the new
 * one's.
 */
export const setAside = (folder: string, fresh: string): string => {
  const path = databasePath(folder)
  const name = nameFor(path)
  try {
    if (existsSync(path)) keep(path, name)
    if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${name}-wal`)
    rmSync(`${path}-shm`, { force: true })
    renameSync(fresh, path)
    rmSync(dirname(fresh), { recursive: true, force: true })
    const handle = openSync(folder, 'r')
    try {
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  } catch (fault) {
    throw folderFault(fault, folder)
  }
  return name
}
