/**
 * Metrics for Prometheus. What happens is counted as it happens; how things stand is read when it
 * is asked for. Labels are few: a group's name, a kind, a reason. Nobody's name is one.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

import { decisionsOf } from '../core/decisions.ts'
import type { Effect, Persist } from '../core/effect.ts'
import type { NodeId } from '../core/ids.ts'
import type { Envelope } from '../core/packet.ts'
import type { Replica } from '../core/replica.ts'
import type { GroupVitals, Vitals } from '../node/vitals.ts'
import type { Witness } from '../node/witness.ts'

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]
/** What is older when it arrives was missed while this node was away: no latency of anything. */
const OLDEST_LATENCY_MS = 600_000

const names = (id: NodeId): string => id

/** Events of `core/decisions.ts` that are counted, and as what. */
const COUNTED: Readonly<Record<string, string>> = {
  suspicion: 'suspicions',
  candidacy: 'candidacies',
  leader: 'elections',
  merged: 'merges',
  'turns-away': 'refusals',
  refuses: 'refusals',
}

export class MetricsWitness implements Witness {
  readonly #registry = new Registry()
  readonly #latency: Histogram<'group'>
  readonly #commits: Histogram<'group'>
  readonly #delivered: Counter<'group'>
  readonly #entries: Counter<'group' | 'kind'>
  readonly #packets: Counter<'direction' | 'kind'>
  readonly #decisions: Counter<'group' | 'what'>
  readonly #gauges = new Map<string, Gauge>()
  readonly #vitals: () => Vitals

  constructor(vitals: () => Vitals) {
    this.#vitals = vitals
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#latency = new Histogram({
      name: 'parley_delivery_seconds',
      help: 'From when a message was written, by its author’s clock, to when it was shown here',
      labelNames: ['group'],
      buckets: SECONDS,
      registers,
    })
    this.#commits = new Histogram({
      name: 'parley_store_commit_seconds',
      help: 'How long a durable transaction took',
      labelNames: ['group'],
      buckets: SECONDS,
      registers,
    })
    this.#delivered = new Counter({
      name: 'parley_messages_total',
      help: 'Messages delivered',
      labelNames: ['group'],
      registers,
    })
    this.#entries = new Counter({
      name: 'parley_entries_total',
      help: 'Entries stored, by kind',
      labelNames: ['group', 'kind'],
      registers,
    })
    this.#packets = new Counter({
      name: 'parley_packets_total',
      help: 'Packets between nodes, by direction and kind; acknowledgements are of the kind "ack"',
      labelNames: ['direction', 'kind'],
      registers,
    })
    this.#decisions = new Counter({
      name: 'parley_decisions_total',
      help: 'Suspicions, candidacies, elections won, merges and refusals',
      labelNames: ['group', 'what'],
      registers,
    })
  }

  onEffect(replica: Replica, effect: Effect, tookMs: number): void {
    const group = replica.history.state.name
    if (effect.type === 'persist') this.#onPersist(group, effect, tookMs)
    else if (effect.type === 'send')
      this.#packets.inc({ direction: 'out', kind: effect.packet.kind }, effect.to.length)
    // Most packets are no decision, and not worth looking at.
    if (effect.type === 'persist') return
    for (const { event } of decisionsOf(replica, effect, names)) {
      const what = COUNTED[event]
      if (what !== undefined) this.#decisions.inc({ group, what })
    }
  }

  onPacket({ packet }: Envelope): void {
    this.#packets.inc({ direction: 'in', kind: packet.kind })
  }

  #onPersist(group: string, { entries, order }: Persist, tookMs: number): void {
    this.#commits.observe({ group }, tookMs / 1_000)
    for (const { entry } of entries) this.#entries.inc({ group, kind: entry.kind })
    if (order === null || order.visible.length === 0) return
    this.#delivered.inc({ group }, order.visible.length)
    const now = Date.now()
    for (const { sentAt } of order.visible) {
      const ms = now - sentAt
      if (ms < OLDEST_LATENCY_MS) this.#latency.observe({ group }, Math.max(0, ms) / 1_000)
    }
  }

  #set(name: string, help: string, labels: Readonly<Record<string, string>>, value: number): void {
    const labelNames = Object.keys(labels)
    const known = this.#gauges.get(name)
    const gauge = known ?? new Gauge({ name, help, labelNames, registers: [this.#registry] })
    if (known === undefined) this.#gauges.set(name, gauge)
    gauge.set({ ...labels }, value)
  }

  #setGroup(one: GroupVitals): void {
    const labels = { group: one.name }
    const set = (name: string, help: string, value: number): void =>
      this.#set(name, help, labels, value)
    set('parley_group_leader', '1 where this node leads', Number(one.role === 'leader'))
    set('parley_group_failed', '1 while the group does not run here', Number(one.fault !== null))
    set('parley_group_split', '1 while members of it cannot be reached', Number(one.isSplit))
    set('parley_group_seeking', '1 while no leader is known', Number(one.role === 'seeking'))
    set('parley_history_messages', 'Messages in the history', one.messages)
    set('parley_members_active', 'Members of the view', one.active)
    set('parley_members_roster', 'Members of the roster', one.roster)
    set('parley_outbox_messages', 'Own messages that the group has not yet', one.outbox)
    set('parley_outbox_age_seconds', 'How long the oldest has waited', one.outboxAgeMs / 1_000)
    set('parley_history_lag_entries', 'Entries that the leader has and this node not', one.lag)
    set('parley_sequencing_batches', 'Batches that wait for a place', one.sequencing)
    set('parley_inbox_dropped', 'Packets that found no room', one.dropped)
    const routes = { direct: one.direct, relayed: one.relayed }
    for (const [route, value] of Object.entries(routes))
      this.#set(
        'parley_routes',
        'Active members by how they are reached',
        { ...labels, route },
        value,
      )
    for (const [reason, value] of Object.entries(one.faults))
      this.#set('parley_false_packets', 'False things sent by others', { ...labels, reason }, value)
  }

  /** The text that Prometheus reads. */
  async text(): Promise<string> {
    const { groups, links, framesDropped, turnedAway } = this.#vitals()
    // A group that was left is not told of for ever.
    for (const gauge of this.#gauges.values()) gauge.reset()
    for (const one of groups) this.#setGroup(one)
    this.#set('parley_links', 'Nodes linked now', {}, links)
    this.#set(
      'parley_frames_dropped',
      'Frames given up for want of a link or room',
      {},
      framesDropped,
    )
    for (const [reason, value] of Object.entries(turnedAway))
      this.#set('parley_turned_away', 'Connections and packets turned away', { reason }, value)
    this.#set('parley_tls_failures', 'Failed handshakes', {}, turnedAway['handshake'] ?? 0)
    return this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }
}
