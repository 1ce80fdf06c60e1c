/** Who watches what a node's groups do: for logs, metrics and traces. It sees, and changes nothing. */
import type { Effect } from '../core/effect.ts'
import type { NodeId } from '../core/ids.ts'
import type { Envelope, Packet } from '../core/packet.ts'
import type { Replica } from '../core/replica.ts'
import type { NodeEvent } from './api.ts'
import type { NodeLog } from './context.ts'

export interface Witness {
  /** Whose node it is: before anything else. */
  introduce?(id: NodeId, name: string): void
  /** An effect was carried out; `tookMs` is how long the disk took, of what it stored. */
  onEffect?(replica: Replica, effect: Effect, tookMs: number): void
  /** A packet has come, from the node at the other end of the link or around through it. */
  onPacket?(envelope: Envelope): void
  onEvent?(event: NodeEvent): void
  /** The W3C trace context that a packet should carry, if it is part of a trace. */
  traceparent?(packet: Packet): string | undefined
  /** Everything is ended: what is buffered is to be put away. */
  close?(): Promise<void>
}

/** One for all; one that throws harms nobody else. */
export const witnesses = (all: readonly Witness[], log: NodeLog): Witness => {
  const guard = (what: string, work: () => void): void => {
    try {
      work()
    } catch (thrown) {
      log('error', 'witness failed', { what, error: String(thrown) })
    }
  }
  const effects = all.filter((one) => one.onEffect !== undefined)
  const packets = all.filter((one) => one.onPacket !== undefined)
  const events = all.filter((one) => one.onEvent !== undefined)
  const tracer = all.find((one) => one.traceparent !== undefined)
  return {
    introduce(id, name) {
      for (const one of all) one.introduce?.(id, name)
    },
    onEffect(replica, effect, tookMs) {
      for (const one of effects) guard('effect', () => one.onEffect?.(replica, effect, tookMs))
    },
    onPacket(envelope) {
      for (const one of packets) guard('packet', () => one.onPacket?.(envelope))
    },
    ...(events.length === 0
      ? {}
      : {
          onEvent(event: NodeEvent): void {
            for (const one of events) guard('event', () => one.onEvent?.(event))
          },
        }),
    ...(tracer === undefined
      ? {}
      : { traceparent: (packet: Packet) => tracer.traceparent?.(packet) }),
    async close() {
      for (const one of all) await one.close?.()
    },
  }
}
