/** Starts a Node Discovery Service, or finds the one that runs already. */
import { join } from 'node:path'

import { Identity } from '../crypto/identity.ts'
import { verifySignature } from '../crypto/node-crypto.ts'
import { makePrivateFolder } from '../crypto/private-folder.ts'
import { verifyBySignature } from '../nds/lease.ts'
import { listNetworks } from '../nds/methods.ts'
import { registryDefaults } from '../nds/registry.ts'
import { startNds, type RunningNds } from '../nds/server.ts'
import { onIdentity, openIdentity } from '../node/open-identity.ts'
import { ParleyError } from '../rpc/errors.ts'
import { RpcClient } from '../rpc/http-client.ts'
import { tlsSecurity } from '../rpc/tls-security.ts'
import { recallKey, rememberKey } from './nds-keys.ts'
import { passphraseFor } from './passphrase.ts'
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
    makePrivateFolder(dataDir)
  } catch (cause) {
    throw new ParleyError('STORAGE_UNWRITABLE', `Cannot make the data folder ${dataDir}`, { cause })
  }
}

/** Rejects with ADDRESS_IN_USE, STORAGE_BUSY and the like. */
export const startNdsAt = async (
  settings: NdsSettings,
  note: (text: string) => void = () => {},
): Promise<RunningNds> => {
  const { listen, leaseMs = registryDefaults.leaseMs } = settings
  const dataDir = settings.dataDir ?? join(folders().data, 'nds')
  makeFolder(dataDir)
  onIdentity(() => recallKey(listen, dataDir))
  const identity = openIdentity(dataDir, await passphraseFor(dataDir))
  const renewMs = Math.max(1, Math.floor(leaseMs / RENEWALS_PER_LEASE))
  const running = await startNds({
    listen,
    dataDir,
    security: tlsSecurity(identity.tlsPair()),
    verifyLease: verifyBySignature(verifySignature),
    config: { registry: { ...registryDefaults, leaseMs, renewMs } },
  })
  rememberKey(running.listen, dataDir, note)
  return running
}

/**
 * The url, with the key, of the discovery service that answers there; null if none does. Anybody
 * may ask, so a key that is made up will do.
 */
const findNds = async (url: string): Promise<string | null> => {
  let pin = ''
  const client = new RpcClient({
    timeoutMs: PROBE_TIMEOUT_MS,
    security: tlsSecurity(Identity.generate().tlsPair()),
    expect: () => (proof) => {
      pin = proof?.pin ?? ''
    },
  })
  try {
    await client.callMethod(url, listNetworks, { limit: 1 })
    return `${url}#${pin}`
  } catch {
    return null
  } finally {
    await client.close()
  }
}

/**
 * A discovery service of this machine: the one that runs, or one of this process; null if neither.
 * Whoever runs it is trusted with names and addresses only, until this process ends.
 */
export const findOrStartNds = async (
  note: (text: string) => void,
): Promise<{ readonly url: string; readonly own: RunningNds | null } | null> => {
  const usual = `https://${USUAL_NDS}`
  const running = await findNds(usual)
  if (running !== null) return { url: running, own: null }
  try {
    const own = await startNdsAt({ listen: USUAL_NDS }, note)
    return { url: own.url, own }
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error
    // Somebody else may have started one at the same moment.
    const other = error.code === 'ADDRESS_IN_USE' ? await findNds(usual) : null
    if (other !== null) return { url: other, own: null }
    note(`parley: no discovery service: ${error.message}. Others can join by link or address.`)
    return null
  }
}
