/** What a node is watched with: its log, and what was asked for besides. */
import type { ChatNode, NodeLog, Witness } from '../node/index.ts'
import type { Vitals } from '../node/vitals.ts'
import type { MetricsServer } from './metrics-server.ts'
import type { WantedLevel } from './levels.ts'
import { openLog } from './node-log.ts'

export interface ObserveOptions {
  readonly dataDir: string
  readonly logLevel: WantedLevel
  /** `host:port` to serve metrics at; null for none. */
  readonly metrics: string | null
  /** Base URL of an OTLP collector, `http://host:4318`; null for no traces. */
  readonly otlp: string | null
}

export interface Observation {
  readonly log: NodeLog
  readonly witnesses: readonly Witness[]
  /** Who is watched, once it runs. Rejects with ADDRESS_IN_USE if metrics cannot be served. */
  begin(node: ChatNode): Promise<void>
  /** Where metrics are served. */
  metricsAt(): string | null
  close(): Promise<void>
}

const nobody: Vitals = { groups: [], links: 0, framesDropped: 0, turnedAway: {} }

/** Loads what is wanted and nothing else: what is off costs nothing. */
export const observe = async (options: ObserveOptions): Promise<Observation> => {
  const { metrics: listen, otlp } = options
  const opened = await openLog({ dataDir: options.dataDir, level: options.logLevel })
  let node: ChatNode | null = null
  let server: MetricsServer | null = null
  const all: Witness[] = [opened.witness]
  const metrics =
    listen === null
      ? null
      : new (await import('./metrics.ts')).MetricsWitness(() => node?.vitals() ?? nobody)
  if (metrics !== null) all.push(metrics)
  const tracer = otlp === null ? null : (await import('./tracer.ts')).openTracer(otlp)
  if (tracer !== null) all.push(tracer)
  return {
    log: opened.log,
    witnesses: all,
    async begin(started) {
      node = started
      if (metrics === null || listen === null) return
      const { serveMetrics } = await import('./metrics-server.ts')
      server = await serveMetrics(listen, metrics)
    },
    metricsAt: () => server?.listen ?? null,
    async close() {
      await server?.close()
    },
  }
}
