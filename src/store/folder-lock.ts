import { join } from 'node:path'

import { Database } from './sqlite-database.ts'
import { StoreError } from './store-error.ts'

export interface FolderLock {
  release(): void
}

/**
 * Makes this process the only one that uses the folder. Throws STORAGE_BUSY at once if another
 * does.
 *
 * The lock is an open exclusive transaction on an empty database of its own. The operating system
 * drops it with the process, however that ends, so there is no stale lock to clean up; and the
 * history itself stays readable for tools and for further connections of this process.
 */
export const lockFolder = (folder: string): FolderLock => {
  const database = new Database(join(folder, 'parley.lock'))
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (fault) {
    database.close()
    if (fault instanceof StoreError && fault.code === 'STORAGE_BUSY') {
      throw new StoreError(
        'STORAGE_BUSY',
        `another running process uses the data folder ${folder}`,
        'Stop it, or choose another data folder.',
        folder,
        fault,
      )
    }
    throw fault
  }
  return { release: () => database.close() }
}
