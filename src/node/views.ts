/** How a group looks to programs: members, status. Pure reading. */
import type { NodeId } from '../core/ids.ts'
import { fingerprintOf } from '../crypto/fingerprint.ts'
import type { MemberView, NetworkStatus, Who } from './api.ts'
import type { Network } from './network.ts'

export const whoOf = (network: Network, id: NodeId): Who => ({ id, name: network.nameOf(id) })

/** Active members by seniority, then the others on the roster by name. */
export const membersOf = (network: Network): readonly MemberView[] => {
  const { roster, view } = network.state
  const { context } = network
  const leader = network.leader()
  const viewOf = (id: NodeId, number: number | null): MemberView => ({
    number,
    id,
    name: network.nameOf(id),
    role: roster.members.get(id)?.role ?? 'member',
    leader: id === leader,
    active: number !== null,
    self: id === context.id,
    fingerprint: fingerprintOf(id),
    address: id === context.id ? (context.addresses()[0] ?? null) : context.book.first(id),
    lastHeardMs: id === context.id ? 0 : context.lastHeardMs(id),
  })
  const active = view.members.map(({ id, number }) => viewOf(id, number))
  const isActive = new Set(view.members.map(({ id }) => id))
  const others = [...roster.members.keys()]
    .filter((id) => !isActive.has(id))
    .map((id) => viewOf(id, null))
  const byName = others.toSorted((a, b) =>
    a.name < b.name || (a.name === b.name && a.id < b.id) ? -1 : 1,
  )
  return [...active, ...byName]
}

export const statusOf = (network: Network): NetworkStatus => {
  const { state, fault, removed } = network
  const leader = network.leader()
  const number = state.view.members.find(({ id }) => id === leader)?.number
  return {
    id: network.id,
    name: network.name,
    topic: state.topic,
    head: network.head(),
    count: network.count,
    role: fault === null ? (network.replica?.role.name ?? 'left') : 'failed',
    leader: leader === null ? null : { ...whoOf(network, leader), number: number ?? -1 },
    term: network.term(),
    active: state.view.members.length,
    roster: state.roster.members.size,
    splitSince: removed === null ? network.splitSince : null,
    unread: network.records.readMark.unread(network.count),
    outbox: network.replica?.outbox.size() ?? 0,
    fault: fault === null ? null : { code: fault.code, message: fault.message },
    ...(removed === null ? {} : { removed }),
    refused: Object.fromEntries(network.replica?.counters.faults ?? []),
  }
}
