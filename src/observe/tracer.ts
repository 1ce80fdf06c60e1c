/**
 * Traces for OpenTelemetry: one for each message, from the key press to "stored by all", with a
 * part from every node that handled it. Loaded only where somebody asks for traces.
 */
import {
  ROOT_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Attributes,
  type Tracer as OtelTracer,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'

import type { Effect, Persist } from '../core/effect.ts'
import { termOf, type SignedEntry } from '../core/entry.ts'
import type { MessageId, NodeId } from '../core/ids.ts'
import type { Envelope, Packet } from '../core/packet.ts'
import type { Replica } from '../core/replica.ts'
import type { NodeEvent } from '../node/api.ts'
import type { Witness } from '../node/witness.ts'
import { spanIdOf, traceIdOf } from './trace-ids.ts'

/** Messages that are followed at one time; of more, the oldest are let go. */
const MAX_FOLLOWED = 5_000
const EXPORT_EVERY_MS = 500

/** What is known here of a message that is under way. */
interface Followed {
  typedAt: number | null
  arrivedAt: number | null
  /** The part that it came from, as the packet said. */
  parent: string | null
  position: number | null
}

interface Part {
  readonly id: MessageId
  readonly name: 'message' | 'send' | 'sequence' | 'store'
  readonly spanId: string
  readonly parent: string | null
  readonly from: number
  readonly to: number
  readonly attributes: Attributes
}

/** The packet itself, or what it carries around. */
const innermost = (packet: Packet): Packet => (packet.kind === 'relay' ? packet.packet : packet)

const itemsOf = ({ entry }: SignedEntry): readonly MessageId[] =>
  entry.kind === 'message' ? entry.body.items.map(({ id }) => id) : []

const messagesOf = (packet: Packet): readonly MessageId[] => {
  if (packet.kind === 'append' || packet.kind === 'hand_on') return packet.entries.flatMap(itemsOf)
  if (packet.kind !== 'send_message') return []
  return packet.batches.flatMap(({ kind, batch }) =>
    kind === 'message' ? batch.items.map(({ id }) => id) : [],
  )
}

export class Tracer implements Witness {
  readonly #followed = new Map<MessageId, Followed>()
  /** Messages of this node's author that have a place, by group, until all have stored them. */
  readonly #waiting = new Map<MessageId, string>()
  readonly #exporter: SpanExporter
  #provider: TracerProvider | null = null
  #tracer: OtelTracer | null = null
  #self: NodeId | null = null
  #nextIds = { trace: '', span: '' }

  constructor(exporter: SpanExporter) {
    this.#exporter = exporter
  }

  introduce(id: NodeId, name: string): void {
    this.#self = id
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.name': 'parley',
        'service.instance.id': id,
        'parley.name': name,
      }),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: this.#exporter,
          scheduledDelayMillis: EXPORT_EVERY_MS,
        }),
      ],
      idGenerator: {
        generateTraceId: () => this.#nextIds.trace,
        generateSpanId: () => this.#nextIds.span,
      },
    })
    this.#tracer = this.#provider.getTracer('parley')
  }

  onPacket({ packet, traceparent }: Envelope): void {
    const inner = innermost(packet)
    const [, traceId, parent] = /^00-(\w{32})-(\w{16})-01$/.exec(traceparent ?? '') ?? []
    const now = Date.now()
    for (const id of messagesOf(inner)) {
      const one = this.#follow(id)
      one.arrivedAt ??= now
      if (parent !== undefined && traceId === traceIdOf(id)) one.parent ??= parent
    }
  }

  onEffect(replica: Replica, effect: Effect): void {
    if (effect.type === 'persist') this.#onPersist(replica, effect)
    else if (effect.type === 'send') this.#onSend(replica, effect.packet)
  }

  onEvent(event: NodeEvent): void {
    if (event.event !== 'stored') return
    const now = Date.now()
    for (const [id, group] of this.#waiting) {
      const one = this.#followed.get(id)
      if (one === undefined) this.#waiting.delete(id)
      else if (group === event.network && one.position !== null && one.position <= event.upTo)
        this.#finish(id, one, now, group)
    }
  }

  /** Of the first message in it: the others' parts are found by their names. */
  traceparent(packet: Packet): string | undefined {
    const inner = innermost(packet)
    const [id] = messagesOf(inner)
    if (id === undefined) return undefined
    const part = inner.kind === 'append' || inner.kind === 'hand_on' ? 'sequence' : 'send'
    return `00-${traceIdOf(id)}-${spanIdOf(id, part)}-01`
  }

  async close(): Promise<void> {
    // A collector that is not there must not hold up the end.
    await this.#provider?.shutdown().catch(() => {})
  }

  #follow(id: MessageId): Followed {
    const known = this.#followed.get(id)
    if (known !== undefined) return known
    const fresh: Followed = { typedAt: null, arrivedAt: null, parent: null, position: null }
    this.#followed.set(id, fresh)
    if (this.#followed.size > MAX_FOLLOWED) {
      const [oldest] = this.#followed.keys()
      if (oldest !== undefined) this.#followed.delete(oldest)
    }
    return fresh
  }

  #onPersist(replica: Replica, { entries, order, outbox }: Persist): void {
    const now = Date.now()
    for (const change of outbox)
      if (change.change === 'queue' && change.queued.kind === 'message')
        this.#follow(change.queued.item.id).typedAt = now
    for (const signed of entries) this.#onEntry(replica, signed, now)
    if (order === null) return
    for (const [offset, { id, author }] of order.visible.entries()) {
      const one = this.#followed.get(id)
      if (one === undefined || author !== this.#self) continue
      one.position = order.fromPosition + offset
      if (one.typedAt !== null) this.#waiting.set(id, replica.group)
    }
  }

  #onEntry(replica: Replica, signed: SignedEntry, now: number): void {
    const leader = replica.history.log.terms.get(termOf(signed))?.leader ?? null
    const isOwn = leader === this.#self
    for (const id of itemsOf(signed)) {
      const one = this.#followed.get(id)
      // What came in a page of history was missed: nobody waited for it.
      if (one === undefined) continue
      const name = isOwn ? 'sequence' : 'store'
      const spanId = spanIdOf(id, isOwn ? name : `${name} ${this.#self ?? ''}`)
      const parent = one.parent ?? spanIdOf(id, isOwn ? 'send' : 'sequence')
      const from = one.arrivedAt ?? one.typedAt ?? now
      const { seq, clock } = signed.entry
      const attributes = { 'parley.seq': seq, 'parley.clock': clock, 'parley.group': replica.group }
      this.#emit({ id, name, spanId, parent, from, to: now, attributes })
      // On a leader's own messages nothing was sent to it.
      if (isOwn && one.typedAt !== null) this.#onSent(id, one, now, leader)
      if (one.typedAt === null) this.#followed.delete(id)
    }
  }

  #onSend(replica: Replica, packet: Packet): void {
    const inner = innermost(packet)
    const isOwn = packet.kind !== 'relay' || packet.origin === replica.id
    if (inner.kind !== 'send_message' || !isOwn) return
    const now = Date.now()
    for (const id of messagesOf(inner)) {
      const one = this.#followed.get(id)
      if (one !== undefined) this.#onSent(id, one, now, replica.leader())
    }
  }

  #onSent(id: MessageId, { typedAt }: Followed, now: number, leader: NodeId | null): void {
    if (typedAt === null) return
    const part = { id, name: 'send', spanId: spanIdOf(id, 'send'), from: typedAt, to: now } as const
    const attributes = leader === null ? {} : { 'parley.leader': leader }
    this.#emit({ ...part, parent: spanIdOf(id, 'message'), attributes })
  }

  #finish(id: MessageId, { typedAt, position }: Followed, now: number, group: string): void {
    this.#waiting.delete(id)
    this.#followed.delete(id)
    if (typedAt === null || position === null) return
    const spanId = spanIdOf(id, 'message')
    const attributes = { 'parley.group': group, 'parley.position': position, 'parley.message': id }
    this.#emit({ id, name: 'message', spanId, parent: null, from: typedAt, to: now, attributes })
  }

  #emit({ id, name, spanId, parent, from, to, attributes }: Part): void {
    if (this.#tracer === null) return
    const traceId = traceIdOf(id)
    this.#nextIds = { trace: traceId, span: spanId }
    const context =
      parent === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId,
            spanId: parent,
            traceFlags: TraceFlags.SAMPLED,
            isRemote: true,
          })
    const options = { kind: SpanKind.INTERNAL, startTime: new Date(from), attributes }
    this.#tracer.startSpan(name, options, context).end(new Date(to))
  }
}

/** A tracer that tells the collector at `url`, such as `http://127.0.0.1:4318`. */
export const openTracer = (url: string): Tracer =>
  new Tracer(new OTLPTraceExporter({ url: `${url.replace(/\/$/, '')}/v1/traces` }))
