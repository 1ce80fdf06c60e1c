/**
 * A second copy of each discovery service's key, by the address at which it listened. What a
 * registry holds may be lost, since leaders renew it; its key may not, since nodes hold it to that.
 * So a service that comes back empty at its old address, on the same machine and for the same user,
 * is the same service.
 */
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { copyIdentity } from '../crypto/identity-file.ts'
import { makeFolders } from '../crypto/private-folder.ts'
import { folders } from './settings.ts'

/** Services on free ports leave a copy each: the oldest go. */
const MAX_COPIES = 32

const copiesFolder = (): string => join(folders().data, 'nds-keys')

const copyOf = (listen: string): string => join(copiesFolder(), listen.replace(/[^\w.-]/g, '_'))

/** Gives an empty data folder the key that the service at this address had. */
export const recallKey = (listen: string, dataDir: string): void =>
  copyIdentity(copyOf(listen), dataDir, false)

const forgetOldest = (): void => {
  const folder = copiesFolder()
  const paths = readdirSync(folder).map((name) => join(folder, name))
  if (paths.length <= MAX_COPIES) return
  const byAge = paths.toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
  for (const path of byAge.slice(0, -MAX_COPIES)) rmSync(path, { recursive: true, force: true })
}

/** Keeps a copy of the key; `note` is told where that cannot be, and the service runs without. */
export const rememberKey = (
  listen: string,
  dataDir: string,
  note: (text: string) => void,
): void => {
  try {
    makeFolders(copiesFolder())
    copyIdentity(dataDir, copyOf(listen), true)
    forgetOldest()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    note(`parley: no second copy of the service's key: ${why}. Keep ${dataDir} by yourself.`)
  }
}
