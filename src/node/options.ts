/** How a node is set up. */
import { defaultConfig, type Config } from '../core/config.ts'
import type { SpokenVersions } from '../rpc/protocol-version.ts'
import type { PeerSecurity } from '../rpc/security.ts'
import type { Store } from '../store/store.ts'
import type { NodeLog } from './context.ts'
import type { Interfaces } from './discovery/own-addresses.ts'
import type { Weather } from './weather.ts'
import type { Witness } from './witness.ts'

export interface NodeOptions {
  /** Folder of this node alone: its key and its histories. Made if it is not there. */
  readonly dataDir: string
  /** Opens the key, or locks one that lies open; null, the default, for a key under none. */
  readonly passphrase?: string | null
  /** Display name; without it the last one used with this folder, or else the user's. */
  readonly name?: string
  /**
   * `host:port`. With port 0 the port used last if it is free, or else any. Default: where this
   * folder's node listened before, at first on 127.0.0.1.
   */
  readonly listen?: string
  /** Where others can dial this node, best first, if that is not what it listens on. */
  readonly advertise?: readonly string[]
  /** Discovery services, `https://host:port#pin`, the pin if it is known. */
  readonly nds?: readonly string[]
  /** Nodes to ask for groups and members, `host:port`. */
  readonly peers?: readonly string[]
  /**
   * False to neither announce this node on the local network nor listen there. A node that listens
   * on loopback does neither anyway. Default true.
   */
  readonly mdns?: boolean
  /** The cards of this machine; for tests. */
  readonly interfaces?: () => Interfaces
  /** H, in ms; see `Config`. The election step follows it unless `config` says otherwise. */
  readonly heartbeatMs?: number
  readonly config?: Partial<Config>
  /** Default: TLS with the key of `dataDir`. */
  readonly security?: PeerSecurity
  /** Instead of the one in `dataDir`; closed with the node. */
  readonly store?: Store
  readonly log?: NodeLog
  readonly weather?: Weather | undefined
  /** Those who watch what its groups do; closed with the node. */
  readonly witnesses?: readonly Witness[]
  readonly version?: string
  /** The versions of the protocol that are spoken, if not all that this build knows. */
  readonly protocol?: SpokenVersions
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
