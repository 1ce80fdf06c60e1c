/** Starts a Node Discovery Service, or finds the one that runs already. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { listNetworks } from '../nds/methods.ts'
import { registryDefaults } from '../nds/registry.ts'
import { startNds, type RunningNds } from '../nds/server.ts'
import { ParleyError } from '../rpc/errors.ts'
import { RpcClient } from '../rpc/http-client.ts'
import { folders } from './settings.ts'

export const USUAL_NDS = '127.0.0.1:7400'

/** Each entry is to be renewed three times before it lapses. */
const RENEWALS_PER_LEASE = 3
const PROBE_TIMEOUT_MS = 1_000

export interface NdsSettings {
  readonly listen: string
  /** Default: a folder of this user's. */
  readonly dataDir?: string | undefined
  readonly leaseMs?: number | undefined
}

const makeFolder = (dataDir: string): void => {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new ParleyError('STORAGE_UNWRITABLE', `Cannot make the data folder ${dataDir}`, { cause })
  }
}

/** Rejects with ADDRESS_IN_USE, STORAGE_BUSY and the like. */
export const startNdsAt = async (settings: NdsSettings): Promise<RunningNds> => {
  const { listen, leaseMs = registryDefaults.leaseMs } = settings
  const dataDir = settings.dataDir ?? join(folders().data, 'nds')
  makeFolder(dataDir)
  const renewMs = Math.max(1, Math.floor(leaseMs / RENEWALS_PER_LEASE))
  return startNds({
    listen,
    dataDir,
    config: { registry: { ...registryDefaults, leaseMs, renewMs } },
  })
}

/** Whether a discovery service answers there. */
export const isNdsAt = async (url: string): Promise<boolean> => {
  const client = new RpcClient({ timeoutMs: PROBE_TIMEOUT_MS })
  try {
    await client.callMethod(url, listNetworks, { limit: 1 })
    return true
  } catch {
    return false
  } finally {
    await client.close()
  }
}

/** A discovery service of this machine: the one that runs, or one of this process; null if neither. */
export const findOrStartNds = async (
  note: (text: string) => void,
): Promise<{ readonly url: string; readonly own: RunningNds | null } | null> => {
  const url = `http://${USUAL_NDS}`
  if (await isNdsAt(url)) return { url, own: null }
  try {
    return { url, own: await startNdsAt({ listen: USUAL_NDS }) }
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
    // Somebody else may have started one at the same moment.
    if (error.code === 'ADDRESS_IN_USE' && (await isNdsAt(url))) return { url, own: null }
    note(`parley: no discovery service: ${error.message}. Others can join by link or address.`)
    return null
  }
}
