/** Checks the data folder of a node that does not run. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { sha256, verifySignature } from '../crypto/node-crypto.ts'
import { ParleyError } from '../rpc/errors.ts'
import { lockFolder } from '../store/folder-lock.ts'
import { checkFolder } from '../store/folder-check.ts'
import type { FolderFindings } from '../store/folder-check.ts'
import { savedGroups } from '../store/saved-history.ts'
import type { Verified } from './api.ts'
import { verificationError } from './caretaker.ts'
import { toFault } from './driver.ts'
import { isSameName } from './join-target.ts'

export interface OfflineOptions {
  readonly dataDir: string
  readonly network: string
  readonly upTo?: number | undefined
  readonly onProgress: (entries: number) => void
}

const crypto = { hash: sha256, verify: verifySignature }
const SHORTEST_PREFIX = 4

const findingsOf = ({ dataDir, upTo, onProgress }: OfflineOptions): FolderFindings => {
  const run = checkFolder({ folder: dataDir, crypto, upTo })
  for (;;) {
    const next = run.next()
    if (next.done === true) return next.value
    onProgress(next.value)
  }
}

const verify = (options: OfflineOptions): Verified => {
  const { dataDir, network: text, upTo } = options
  // All of it: in a damaged file it may not even be known which groups there are.
  const findings = findingsOf(options)
  if (findings.damage !== null)
    throw verificationError(findings.damage, 'Start the node: it repairs itself from the others.')
  const fits = savedGroups(dataDir).filter(({ id, name }) => {
    const isPrefix = text.length >= SHORTEST_PREFIX && id.startsWith(text)
    return isSameName(name, text) || isPrefix
  })
  const [group] = fits
  const sound = group === undefined ? undefined : findings.groups.get(group.id)
  if (sound === undefined)
    throw new ParleyError('NETWORK_NOT_FOUND', `There is no network ${text} in ${dataDir}`)
  if (upTo !== undefined && upTo > sound.messages)
    throw new ParleyError('USAGE', `There are only ${sound.messages} messages`)
  return { ok: true, ...sound, upTo: upTo ?? sound.messages }
}

/** Throws VERIFICATION_FAILED, NETWORK_NOT_FOUND, STORAGE_BUSY if a node uses the folder. */
export const verifyOffline = (options: OfflineOptions): Verified => {
  const { dataDir } = options
  if (!existsSync(join(dataDir, 'parley.db')))
    throw new ParleyError('NETWORK_NOT_FOUND', `No node has stored anything in ${dataDir}`)
  try {
    const lock = lockFolder(dataDir)
    try {
      return verify(options)
    } finally {
      lock.release()
    }
  } catch (thrown) {
    throw thrown instanceof ParleyError ? thrown : toFault(thrown)
  }
}
