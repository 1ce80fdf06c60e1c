/** How a node is set up. */
import { networkInterfaces } from 'node:os'

import { defaultConfig, type Config } from '../core/config.ts'
import { limits } from '../core/limits.ts'
import { formatAddress, parseAddress } from '../rpc/address.ts'
import type { PeerSecurity } from '../rpc/security.ts'
import type { Store } from '../store/store.ts'
import type { NodeLog } from './context.ts'

export interface NodeOptions {
  /** Folder of this node alone: its key and its histories. Made if it is not there. */
  readonly dataDir: string
  /** Opens the key, or locks one that lies open; null, the default, for a key under none. */
  readonly passphrase?: string | null
  /** Display name; without it the last one used with this folder, or else the user's. */
  readonly name?: string
  /** `host:port`. With port 0, the default, the port used last if it is free, or else any. */
  readonly listen?: string
  /** Where others can dial this node, best first, if that is not what it listens on. */
  readonly advertise?: readonly string[]
  /** Discovery services, `https://host:port#pin`, the pin if it is known. */
  readonly nds?: readonly string[]
  /** Nodes to ask for groups and members, `host:port`. */
  readonly peers?: readonly string[]
  /** H, in ms; see `Config`. The election step follows it unless `config` says otherwise. */
  readonly heartbeatMs?: number
  readonly config?: Partial<Config>
  /** Default: TLS with the key of `dataDir`. */
  readonly security?: PeerSecurity
  /** Instead of the one in `dataDir`; closed with the node. */
  readonly store?: Store
  readonly log?: NodeLog
  readonly version?: string
  /** How often groups that miss somebody look around. Default 10 s. */
  readonly lookAroundMs?: number
}

/** Half a beat, and no shorter than what a busy machine needs to answer. */
const stepFor = (heartbeatMs: number): number =>
  Math.min(defaultConfig.electionStepMs, Math.max(40, Math.round(heartbeatMs / 2)))

export const configOf = ({ heartbeatMs, config }: NodeOptions): Config => ({
  ...defaultConfig,
  ...(heartbeatMs === undefined ? {} : { heartbeatMs, electionStepMs: stepFor(heartbeatMs) }),
  ...config,
})

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Addresses of this machine by which others may reach a wildcard listener, loopback last. */
const interfaceHosts = (isSix: boolean): readonly string[] => {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const fit = all.filter(({ family, address }) =>
    isSix ? !address.startsWith('fe80') : family === 'IPv4',
  )
  return fit.toSorted((a, b) => Number(a.internal) - Number(b.internal)).map((one) => one.address)
}

/** What a node tells others to dial: what it is told to tell, or what it listens on. */
export const ownAddresses = (listen: string, advertise: readonly string[]): readonly string[] => {
  const { host, port } = parseAddress(listen)
  const told = advertise.map((text) => {
    const address = parseAddress(text)
    return formatAddress(address.port === 0 ? { ...address, port } : address)
  })
  if (told.length > 0) return told.slice(0, limits.addresses)
  const hosts = isWildcard(host) ? interfaceHosts(host === '::') : [host]
  return hosts.slice(0, limits.addresses).map((one) => formatAddress({ host: one, port }))
}
