/** A running Node Discovery Service: a registry of leases behind `POST /rpc`. It calls nobody back. */
import { startRpcServer, type RpcServer } from '../rpc/http-server.ts'
import { MethodTable } from '../rpc/method-table.ts'
import { servePages, textPage, type Pages, type PageServer } from '../rpc/plain-pages.ts'
import { plainSecurity, type PeerSecurity } from '../rpc/security.ts'
import { permissiveVerify, type VerifyLease } from './lease.ts'
import type { LeaseStore } from './lease-store.ts'
import { memoryStore } from './memory-store.ts'
import { createNetwork, heartbeat, listNetworks, updateLeader } from './methods.ts'
import { ndsMetrics, type NdsMetrics } from './metrics.ts'
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
  /** `host:port` of plain pages for programs that watch over this one; without it there are none. */
  readonly metricsListen?: string
}

export interface RunningNds {
  /** `https://host:port#pin`, for clients on this machine; `http:` without security. */
  readonly url: string
  /** The address it listens on, with the actual port. */
  readonly listen: string
  readonly groupCount: number
  /** Can it be relied on what it knows? */
  readonly isReady: boolean
  /** Where the plain pages are; null if nowhere. */
  readonly metricsListen: string | null
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

/** Is it alive, does it do its work, and how much of it. */
const pagesOf = (service: NdsService, metrics: NdsMetrics): Pages => ({
  '/healthz': () => textPage(200, 'ok'),
  '/readyz': () =>
    service.isReady ? textPage(200, 'ready') : textPage(503, 'the store cannot be reached'),
  '/metrics': async () => ({
    status: 200,
    type: metrics.contentType,
    body: await metrics.text(),
  }),
})

interface Opened {
  readonly service: NdsService
  readonly server: RpcServer
  readonly watch: PageServer | null
}

const open = async (options: NdsOptions, store: LeaseStore, log: NdsLog): Promise<Opened> => {
  const { now = steadyNow, verifyLease = permissiveVerify, security = plainSecurity } = options
  const config: ServiceConfig = { registry: registryDefaults, ...rateDefaults, ...options.config }
  const onFault = (method: string, thrown: unknown): void =>
    log('fault', { method, error: String(thrown) })
  const watcher = { onConflict: () => metrics.onConflict(), onFault }
  const service = await NdsService.open(store, now, verifyLease, config, watcher)
  const metrics = ndsMetrics({
    groups: () => service.groupCount,
    isReady: () => service.isReady,
  })
  const pages = pagesOf(service, metrics)
  const { '/metrics': _, ...open } = pages
  const server = await startRpcServer({
    listen: options.listen,
    security,
    table: tableOf(service, options.version ?? '0'),
    about: 'This is a Parley Node Discovery Service: chat nodes find groups here, at POST /rpc.',
    pages: open,
    meter: metrics.meter,
    onFault,
    calls: config.requests,
  })
  if (options.metricsListen === undefined) return { service, server, watch: null }
  try {
    return { service, server, watch: await servePages(options.metricsListen, pages) }
  } catch (thrown) {
    await server.close()
    throw thrown
  }
}

/** Does something now and then, one time after the other; returns what ends it. */
const every = (ms: number, work: () => Promise<void>): (() => void) => {
  if (ms === 0) return () => {}
  const timer = setInterval(() => void work(), ms)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Starts a Node Discovery Service. Rejects with ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, USAGE, or the
 * store's STORAGE_UNWRITABLE, STORAGE_FULL, STORAGE_CORRUPT, STORAGE_NEWER, STORAGE_BUSY.
 */
export const startNds = async (options: NdsOptions): Promise<RunningNds> => {
  const { dataDir, log = () => {}, sweepEveryMs = 5_000, security = plainSecurity } = options
  const store = options.store ?? (dataDir === null ? memoryStore() : openSqliteStore(dataDir))
  const { service, server, watch } = await open(options, store, log).catch(
    async (error: unknown) => {
      await store.close()
      throw error
    },
  )
  const sweep = async (): Promise<void> => {
    try {
      await service.sweep()
    } catch (error) {
      log('sweep failed', { error: String(error) })
    }
  }
  const stopSweeping = every(sweepEveryMs, sweep)
  const close = async (): Promise<void> => {
    stopSweeping()
    await Promise.all([server.close(), watch?.close()])
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
    get isReady() {
      return service.isReady
    },
    metricsListen: watch?.listen ?? null,
    sweep,
    close: () => (closing ??= close()),
  }
}
