/** How a node does, in numbers: read when somebody asks, so that nothing is counted for nobody. */
import { wayTo } from '../core/reaching.ts'
import type { Groups } from './groups.ts'
import type { PeerLinks } from './links/peer-links.ts'
import type { Network } from './network.ts'

export interface GroupVitals {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly messages: number
  readonly active: number
  readonly roster: number
  /** Own messages that the group has not yet, and for how long the oldest of them has waited. */
  readonly outbox: number
  readonly outboxAgeMs: number
  /** Entries of its term that the leader has told of and this node has not stored. */
  readonly lag: number
  /** Batches that wait for a place, where this node leads. */
  readonly sequencing: number
  /** Packets that found no room before the group's step. */
  readonly dropped: number
  /** Active members that are reached straight, and through others. */
  readonly direct: number
  readonly relayed: number
  /** False things that others sent, by what was wrong. */
  readonly faults: Readonly<Record<string, number>>
  readonly fault: string | null
  readonly isSplit: boolean
}

export interface Vitals {
  readonly groups: readonly GroupVitals[]
  readonly links: number
  /** Frames that were given up for want of a link or of room. */
  readonly framesDropped: number
  /** Connections and packets that were turned away, by why. */
  readonly turnedAway: Readonly<Record<string, number>>
}

const outboxAgeMs = (network: Network, waiting: number): number => {
  if (waiting === 0) return 0
  const { batches, queued } = network.store.outbox()
  const times = [
    ...batches.flatMap(({ batch }) => batch.items.map(({ sentAt }) => sentAt)),
    ...queued.map(({ item }) => item.sentAt),
  ]
  return times.length === 0 ? 0 : Math.max(0, Date.now() - Math.min(...times))
}

const vitalsOf = (network: Network): GroupVitals => {
  const { replica, state } = network
  const role = replica?.role ?? null
  const others = state.view.members.filter(({ id }) => id !== network.context.id)
  const relayed =
    replica === null || !replica.mesh.hasWays(replica.now)
      ? 0
      : others.filter(({ id }) => wayTo(replica, id) !== null).length
  const outbox = replica?.outbox.size() ?? 0
  const end =
    role?.name === 'follower' ? (replica?.history.log.terms.get(role.term)?.last ?? -1) : 0
  return {
    id: network.id,
    name: network.name,
    role: network.fault === null ? (role?.name ?? 'left') : 'failed',
    messages: network.count,
    active: state.view.members.length,
    roster: state.roster.members.size,
    outbox,
    outboxAgeMs: outboxAgeMs(network, outbox),
    lag: role?.name === 'follower' ? Math.max(0, role.told - end) : 0,
    sequencing:
      role?.name === 'leader' ? [...role.queue.values()].reduce((sum, q) => sum + q.length, 0) : 0,
    dropped: network.driver?.dropped ?? 0,
    direct: others.length - relayed,
    relayed,
    faults: Object.fromEntries(replica?.counters.faults ?? []),
    fault: network.fault?.code ?? null,
    isSplit: network.splitSince !== null,
  }
}

export const vitals = (
  groups: Groups,
  links: PeerLinks,
  door: Readonly<Record<string, number>>,
): Vitals => {
  const { malformed, foreign, version, dropped } = links.counters
  return {
    groups: groups.joined().map(vitalsOf),
    links: links.linked().length,
    framesDropped: dropped,
    turnedAway: { ...door, malformed, foreign, version },
  }
}
