/** What waits for a group's next step: bounded, and what local users say goes first. */
import { entryBytes } from '../core/sizes.ts'
import type { Content } from '../core/entry.ts'
import type { MessageId, NodeId } from '../core/ids.ts'
import type { Input } from '../core/input.ts'
import type { Envelope, Packet } from '../core/packet.ts'
import { ParleyError } from '../rpc/errors.ts'

/** Something that the local user says or does, and who is told what becomes of it. */
export interface Submission {
  readonly kind: 'message' | 'roster'
  readonly content: Content
  /** It is about to be handed to the group, under this id. */
  onId(id: MessageId): void
  /** It is on this disk, and will be sent whatever happens. */
  onQueued(): void
  /** It is not, and will not be. */
  onFailed(error: ParleyError): void
}

/** A call over HTTP: wants what the packet makes this node send back. */
export interface Exchange {
  readonly from: NodeId
  readonly answer: Packet[]
  readonly resolve: (packets: readonly Packet[]) => void
  readonly reject: (error: ParleyError) => void
}

/** What one step takes. */
export interface Intake {
  readonly submissions: readonly Submission[]
  readonly inputs: readonly Input[]
  readonly exchanges: readonly Exchange[]
}

const MIB = 1024 * 1024
const LIMITS = { packets: 4_096, bytes: 16 * MIB, exchanges: 256 }
/** What local users may have waiting for the next step: as much as an outbox takes. */
const SUBMISSIONS = { count: 10_000, chars: 16 * MIB }

/** Rough bytes of a packet in memory. */
const packetBytes = (packet: Packet): number => {
  switch (packet.kind) {
    case 'append':
    case 'hand_on':
    case 'entries':
    case 'coordinator':
    case 'handover':
      return packet.entries.reduce((sum, { entry }) => sum + entryBytes(entry), 512)
    case 'send_message':
      return packet.batches.reduce(
        (sum, { batch }) => batch.items.reduce((all, one) => all + one.content.text.length, sum),
        512,
      )
    case 'relay':
      return packetBytes(packet.packet) + 512
    default:
      return 512
  }
}

export class Inbox {
  #submissions: Submission[] = []
  #inputs: Input[] = []
  #exchanges: Exchange[] = []
  #packets = 0
  #bytes = 0
  #chars = 0
  /** Packets that found no room, since the beginning. */
  dropped = 0

  get isEmpty(): boolean {
    return this.#submissions.length + this.#inputs.length === 0
  }

  /** False if there is no room: packets may be lost. */
  addPacket({ from, instance, packet }: Envelope): boolean {
    const bytes = packetBytes(packet)
    if (this.#packets >= LIMITS.packets || this.#bytes + bytes > LIMITS.bytes) {
      this.dropped += 1
      return false
    }
    this.#packets += 1
    this.#bytes += bytes
    this.#inputs.push({ type: 'packet', from, instance, packet })
    return true
  }

  addExchange(envelope: Envelope, exchange: Exchange): void {
    const isFull = this.#exchanges.length >= LIMITS.exchanges
    if (isFull || !this.addPacket(envelope)) exchange.reject(new ParleyError('BUSY'))
    else this.#exchanges.push(exchange)
  }

  addSubmission(submission: Submission): void {
    const chars = this.#chars + submission.content.text.length
    if (this.#submissions.length >= SUBMISSIONS.count || chars > SUBMISSIONS.chars) {
      submission.onFailed(new ParleyError('BUSY', 'Too many messages wait to be queued'))
      return
    }
    this.#chars = chars
    this.#submissions.push(submission)
  }

  add(input: Input): void {
    this.#inputs.push(input)
  }

  take(): Intake {
    const intake = {
      submissions: this.#submissions,
      inputs: this.#inputs,
      exchanges: this.#exchanges,
    }
    this.#submissions = []
    this.#inputs = []
    this.#exchanges = []
    this.#packets = 0
    this.#bytes = 0
    this.#chars = 0
    return intake
  }
}
