/** A running Node Discovery Service: a registry of leases behind `POST /rpc`. It calls nobody back. */
import { startRpcServer } from '../rpc/http-server.ts'
import { MethodTable } from '../rpc/method-table.ts'
import { plainSecurity, type PeerSecurity } from '../rpc/security.ts'
import { permissiveVerify, type VerifyLease } from './lease.ts'
import type { LeaseStore } from './lease-store.ts'
import { memoryStore } from './memory-store.ts'
import { createNetwork, heartbeat, listNetworks, updateLeader } from './methods.ts'
import { registryDefaults } from './registry.ts'
import { NdsService, rateDefaults, type ServiceConfig } from './service.ts'
import { openSqliteStore } from './sqlite-store.ts'

/** Told of what happens, for a log. */
export type NdsLog = (event: string, facts: Readonly<Record<string, unknown>>) => void

export interface NdsOptions {
  /** `host:port`; port 0 for a free one. */
  readonly listen: string
  /** Folder of the registry's file; null keeps it in memory. */
  readonly dataDir: string | null
  /** Instead of the file in `dataDir`. */
  readonly store?: LeaseStore
  /** Milliseconds that never step back. */
  readonly now?: () => number
  readonly verifyLease?: VerifyLease
  readonly security?: PeerSecurity
  readonly log?: NdsLog
  readonly config?: Partial<ServiceConfig>
  /** How often what has lapsed is forgotten. Default 5 s; 0 only by `sweep`. */
  readonly sweepEveryMs?: number
  readonly version?: string
}

export interface RunningNds {
  /** `https://host:port#pin`, for clients on this machine; `http:` without security. */
  readonly url: string
  /** The address it listens on, with the actual port. */
  readonly listen: string
  readonly groupCount: number
  /** Forgets what has lapsed. */
  sweep(): Promise<void>
  /** Closes within a second. Idempotent. */
  close(): Promise<void>
}

/** Wall-clock time at the start, then counted on: leases outlive no step of the clock. */
const steadyNow = (): number => performance.timeOrigin + performance.now()

const tableOf = (service: NdsService, version: string): MethodTable =>
  new MethodTable({ title: 'Parley Node Discovery Service', version })
    .add(createNetwork, (lease, context) => service.register('create', lease, context))
    .add(updateLeader, (lease, context) => service.register('update', lease, context))
    .add(heartbeat, ({ release = false, ...lease }, context) =>
      service.register(release ? 'release' : 'renew', lease, context),
    )
    .add(listNetworks, (query, context) => service.list(query, context))

/**
 * Starts a Node Discovery Service. Rejects with ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, USAGE, or the
 * store's STORAGE_UNWRITABLE, STORAGE_FULL, STORAGE_CORRUPT, STORAGE_NEWER, STORAGE_BUSY.
 */
export const startNds = async (options: NdsOptions): Promise<RunningNds> => {
  const { dataDir, now = steadyNow, log = () => {}, sweepEveryMs = 5_000 } = options
  const store = options.store ?? (dataDir === null ? memoryStore() : openSqliteStore(dataDir))
  const config: ServiceConfig = { registry: registryDefaults, ...rateDefaults, ...options.config }
  const { security = plainSecurity } = options
  const open = async () => {
    const service = await NdsService.open(
      store,
      now,
      options.verifyLease ?? permissiveVerify,
      config,
    )
    const server = await startRpcServer({
      listen: options.listen,
      security,
      table: tableOf(service, options.version ?? '0'),
      about: 'This is a Parley Node Discovery Service: chat nodes find groups here, at POST /rpc.',
      onFault: (method, thrown) => log('fault', { method, error: String(thrown) }),
    })
    return { service, server }
  }
  const { service, server } = await open().catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  const sweep = async (): Promise<void> => {
    try {
      await service.sweep()
    } catch (error) {
      log('sweep failed', { error: String(error) })
    }
  }
  const timer = sweepEveryMs === 0 ? null : setInterval(() => void sweep(), sweepEveryMs)
  timer?.unref()
  const close = async (): Promise<void> => {
    if (timer !== null) clearInterval(timer)
    await server.close()
    await service.close()
  }
  let closing: Promise<void> | null = null
  log('ready', { listen: server.listen, groups: service.groupCount })
  return {
    url: security.pin === null ? server.url : `${server.url}#${security.pin}`,
    listen: server.listen,
    get groupCount() {
      return service.groupCount
    },
    sweep,
    close: () => (closing ??= close()),
  }
}
