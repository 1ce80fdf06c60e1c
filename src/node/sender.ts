/** Hands a group's packets to the links, each encoded once for all who understand it alike. */
import type { NodeId } from '../core/ids.ts'
import type { Packet } from '../core/packet.ts'
import type { Replica } from '../core/replica.ts'
import { encodePacket, fitPacket } from '../rpc/peer-codec.ts'
import { TRACED_VERSION } from '../rpc/protocol-version.ts'
import type { PeerLinks } from './links/index.ts'
import type { Witness } from './witness.ts'

/** Packets that may wait while others go ahead: they carry bodies, and what is lost is fetched. */
const bodies: ReadonlySet<Packet['kind']> = new Set([
  'append',
  'hand_on',
  'entries',
  'send_message',
  'handover',
])

/** `links` is asked only once there is something to send. */
export const senderOf = (self: NodeId, links: () => PeerLinks, witness: Witness) => {
  const sendPart = (replica: Replica, to: readonly NodeId[], packet: Packet, trace?: string) => {
    const { group, instance } = replica
    const context = trace === undefined ? {} : { traceparent: trace }
    const text = encodePacket({ group, from: self, instance, packet, ...context })
    const isBody = bodies.has(packet.kind === 'relay' ? packet.packet.kind : packet.kind)
    links().send(to, Buffer.from(text), isBody)
  }
  return (replica: Replica, to: readonly NodeId[], packet: Packet): void => {
    for (const part of fitPacket(packet)) {
      const trace = witness.traceparent?.(part)
      if (trace === undefined) {
        sendPart(replica, to, part)
        continue
      }
      // Whoever speaks an older version would take the packet for a broken one.
      const reads = (id: NodeId): boolean => links().versionOf(id) >= TRACED_VERSION
      const [traced, others] = [to.filter(reads), to.filter((id) => !reads(id))]
      if (traced.length > 0) sendPart(replica, traced, part, trace)
      if (others.length > 0) sendPart(replica, others, part)
    }
  }
}
