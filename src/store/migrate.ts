import { migrations } from './migrations/index.ts'
import type { Database } from './sqlite-database.ts'
import { StoreError } from './store-error.ts'

const versionOf = (database: Database): number =>
  database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0

/**
 * Brings the database to the newest version, one transaction a step: whatever interrupts it, the
 * next start goes on from there. Throws STORAGE_NEWER, and changes nothing, if it is beyond `steps`
 * already.
 */
export const migrate = (database: Database, steps: readonly string[] = migrations): void => {
  const version = versionOf(database)
  if (version > steps.length) {
    throw new StoreError(
      'STORAGE_NEWER',
      `${database.path} was written by a newer version of this program ` +
        `(format ${version}, this one knows ${steps.length})`,
      'Update the program, or use another data folder.',
      database.path,
    )
  }
  for (const [at, step] of steps.entries()) {
    if (at < version) continue
    database.transaction(() => {
      database.exec(step)
      database.exec(`PRAGMA user_version = ${at + 1}`)
    })
  }
}
