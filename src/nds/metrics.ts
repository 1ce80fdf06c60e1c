/** What a discovery service counts, for Prometheus; a registry of its own for each. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

import type { Invoke } from '../rpc/answer.ts'
import { toParleyError } from '../rpc/wire-error.ts'

export interface NdsMetrics {
  /** Counts and times what it is asked. */
  readonly meter: (invoke: Invoke) => Invoke
  readonly onConflict: () => void
  /** In the text format of Prometheus. */
  readonly text: () => Promise<string>
  readonly contentType: string
}

/** How the service is at the moment. */
export interface NdsGauges {
  readonly groups: () => number
  readonly isReady: () => boolean
}

const METHODS: ReadonlySet<string> = new Set([
  'create_network',
  'update_leader',
  'heartbeat',
  'list_networks',
  'rpc.discover',
])

export const ndsMetrics = ({ groups, isReady }: NdsGauges): NdsMetrics => {
  const registry = new Registry()
  const registers = [registry]
  const calls = new Counter({
    name: 'parley_nds_calls_total',
    help: 'Calls, by method and by what came of them: ok, or the code of the error.',
    labelNames: ['method', 'outcome'] as const,
    registers,
  })
  const seconds = new Histogram({
    name: 'parley_nds_call_seconds',
    help: 'How long calls took, the store included.',
    labelNames: ['method'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  })
  const conflicts = new Counter({
    name: 'parley_nds_conflicts_total',
    help: 'Decisions that were made again because another replica was faster.',
    registers,
  })
  const held = new Gauge({ name: 'parley_nds_groups', help: 'Groups in the registry.', registers })
  const ready = new Gauge({
    name: 'parley_nds_ready',
    help: '1 if the store can be reached, else 0.',
    registers,
  })
  return {
    meter: (invoke) => async (call) => {
      // Names that nobody serves are as many as callers like.
      const method = METHODS.has(call.method) ? call.method : 'other'
      const stop = seconds.startTimer({ method })
      try {
        const result = await invoke(call)
        calls.inc({ method, outcome: 'ok' })
        return result
      } catch (thrown) {
        calls.inc({ method, outcome: toParleyError(thrown).code })
        throw thrown
      } finally {
        stop()
      }
    },
    onConflict: () => conflicts.inc(),
    text: () => {
      held.set(groups())
      ready.set(isReady() ? 1 : 0)
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}
