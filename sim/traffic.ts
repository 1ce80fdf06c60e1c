/** Counts what goes over the network, in packets and about in bytes. */
import type { Packet, PacketKind } from '../src/core/packet.ts'
import type { SimNode } from './sim-node.ts'
import type { Checker } from './checkers/checker.ts'

/** Beats and their answers, which flow whatever happens. */
const beats: ReadonlySet<PacketKind> = new Set(['heartbeat', 'pulse'])

/**
 * Bytes of a packet as JSON text, with keys, hashes and signatures as long as real ones: simulated
 * ones are short. Two names for the same thing (the wire writes entries as arrays) are not worth
 * more care: the figure is for comparing sizes.
 */
export const bytesOf = (packet: Packet): number => {
  const text = JSON.stringify(packet)
  let bytes = text.length
  for (const [, sig, id, hash] of text.matchAll(/"(?:(n\d+~\w+)|(n\d+)|([0-9a-z]{9,14}))"/g)) {
    if (sig !== undefined) bytes += 86 - sig.length
    else bytes += 43 - (id ?? hash ?? '').length
  }
  return bytes
}

export class Traffic implements Checker {
  readonly name = 'traffic'
  readonly kinds = new Map<PacketKind, number>()
  packets = 0
  bytes = 0
  /** Packets other than beats and their answers. */
  besides = 0
  largest = 0
  /** Of `besides`, what leaders sent and were sent, and the bytes of that. */
  atLeader = 0
  atLeaderBytes = 0
  #last: { readonly packet: Packet; readonly bytes: number } | null = null

  onPacket(from: SimNode, to: SimNode, packet: Packet): void {
    const bytes = this.#measure(packet)
    this.packets += 1
    this.bytes += bytes
    if (!beats.has(packet.kind)) {
      this.besides += 1
      if ([from, to].some(({ replica }) => replica?.role.name === 'leader')) {
        this.atLeader += 1
        this.atLeaderBytes += bytes
      }
    }
    this.largest = Math.max(this.largest, bytes)
    this.kinds.set(packet.kind, (this.kinds.get(packet.kind) ?? 0) + 1)
  }

  /** One packet goes to many: measured once. */
  #measure(packet: Packet): number {
    if (this.#last?.packet !== packet) this.#last = { packet, bytes: bytesOf(packet) }
    return this.#last.bytes
  }

  /** From here on counts anew. */
  reset(): void {
    this.kinds.clear()
    this.packets = 0
    this.bytes = 0
    this.besides = 0
    this.largest = 0
    this.atLeader = 0
    this.atLeaderBytes = 0
  }
}
