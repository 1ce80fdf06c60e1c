/**
 * A packet on a way around: its origin signs it, the hops pass it on, and the receiver believes the
 * signature and no hop.
 */
import type { InstanceId, NodeId } from './ids.ts'
import { limits } from './limits.ts'
import { wayTo } from './reaching.ts'
import { relayText } from './packet-text.ts'
import type { Packet } from './packet.ts'
import type { Replica } from './replica.ts'

type Relay = Extract<Packet, { kind: 'relay' }>

/** Passes a packet on, or returns it if it has arrived and is what its origin sent. */
export const onRelay = (replica: Replica, from: NodeId, relay: Relay): Packet | null => {
  const [next, ...path] = relay.path
  const { role, mesh } = replica
  const hops = relay.origin === from ? relay.trail : [...relay.trail, from]
  if (next === undefined) {
    if (relay.origin === replica.id) return null
    if (!isGenuine(replica, relay)) {
      replica.fault('bad-signature')
      return null
    }
    if (hops.length > 0) mesh.noteTrail(relay.origin, hops, replica.now)
    return relay.packet
  }
  if (role.name === 'left' || role.name === 'joining' || hops.length >= limits.hops) return null
  mesh.relayed += 1
  if (!replica.config.planted.has('relay-acks-without-forwarding'))
    replica.sendDirect([next], { ...relay, path, trail: hops })
  return null
}

/** A newcomer whom a member helps to the leader has signed its card, and that is all it says. */
const isGenuine = (replica: Replica, relay: Relay): boolean => {
  const { origin, to, packet, sig } = relay
  if (to !== replica.id || packet.kind === 'relay') return false
  if (packet.kind === 'join_network' && sig === '') return packet.card.id === origin
  return replica.crypto.verify(origin, relayText(replica.group, relay), sig)
}

/** Sends a packet of this node by a way around. */
export const relay = (replica: Replica, to: NodeId, packet: Packet): void => {
  const { id: origin, instance: originInstance, crypto, group } = replica
  for (const part of batchesApart(packet)) {
    const unsigned = { origin, originInstance, to, packet: part } as const
    dispatch(replica, { ...unsigned, sig: crypto.sign(relayText(group, unsigned)) })
  }
}

/** Batches one by one: each fits a packet. */
const batchesApart = (packet: Packet): readonly Packet[] =>
  packet.kind === 'send_message'
    ? packet.batches.map((batch) => ({ kind: 'send_message', batches: [batch] }))
    : [packet]

/** Takes a newcomer's request to the leader, whom it may not reach. */
export const helpIn = (
  replica: Replica,
  newcomer: NodeId,
  instance: InstanceId,
  to: NodeId,
  packet: Extract<Packet, { kind: 'join_network' }>,
): void => dispatch(replica, { origin: newcomer, originInstance: instance, to, packet, sig: '' })

const dispatch = (
  replica: Replica,
  relay: Pick<Relay, 'origin' | 'originInstance' | 'to' | 'packet' | 'sig'>,
): void => {
  const [first, ...path] = wayTo(replica, relay.to) ?? [relay.to]
  if (first !== undefined) replica.sendDirect([first], { kind: 'relay', ...relay, path, trail: [] })
}
