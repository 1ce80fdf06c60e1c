/** Starts a Node Discovery Service, or finds the one that runs already. */
import { join } from 'node:path'

import { Identity } from '../crypto/identity.ts'
import { verifySignature } from '../crypto/node-crypto.ts'
import { makePrivateFolder } from '../crypto/private-folder.ts'
import { verifyBySignature } from '../nds/lease.ts'
import { listNetworks } from '../nds/methods.ts'
import type { LeaseStore } from '../nds/lease-store.ts'
import { etcdConfig } from '../nds/etcd/etcd-config.ts'
import { openEtcdStore } from '../nds/etcd/etcd-store.ts'
import { registryDefaults } from '../nds/registry.ts'
import { startNds, type RunningNds } from '../nds/server.ts'
import { rateDefaults } from '../nds/service.ts'
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
  /** `etcd://host:port,…`: where the registry is kept, instead of a file in `dataDir`. */
  readonly store?: string | undefined
  /** `host:port` of plain pages: health, readiness, metrics. */
  readonly metrics?: string | undefined
  /** Calls a second of one address. */
  readonly rate?: number | undefined
}

const makeFolder = (dataDir: string): void => {
  try {
    makePrivateFolder(dataDir)
  } catch (cause) {
    throw new ParleyError('STORAGE_UNWRITABLE', `Cannot make the data folder ${dataDir}`, { cause })
  }
}

const openStore = (text: string, leaseMs: number): LeaseStore => {
  if (/^etcds?:/i.test(text)) return openEtcdStore(etcdConfig(text), { leaseMs })
  throw new ParleyError('USAGE', `Not a store: ${text.slice(0, 200)}`, {
    hint: 'Write etcd://host:port,host:port, or leave it out for a file in the data folder.',
  })
}

/** Ten seconds' worth at once, and a twentieth of it for groups that are new. */
const ratesOf = (rate: number | undefined): Partial<typeof rateDefaults> => {
  if (rate === undefined) return {}
  const { requests, creations } = rateDefaults
  return {
    requests: { ...requests, perSecond: rate, burst: rate * 10 },
    creations: { ...creations, perSecond: rate / 20, burst: rate * 2 },
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
    ...(settings.store === undefined ? {} : { store: openStore(settings.store, leaseMs) }),
    ...(settings.metrics === undefined ? {} : { metricsListen: settings.metrics }),
    security: tlsSecurity(identity.tlsPair()),
    verifyLease: verifyBySignature(verifySignature),
    config: { registry: { ...registryDefaults, leaseMs, renewMs }, ...ratesOf(settings.rate) },
    log: (event, facts) => {
      if (event !== 'ready') note(`parley: ${event} ${JSON.stringify(facts)}`)
    },
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
