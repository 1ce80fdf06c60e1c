/**
 * How much of this node's time each other key may take. Frames cost by what they make the node do;
 * whoever has spent more than flows in is not read from for a while, so that its flood waits in its
 * own memory and in the connection, and nothing is lost of what an honest peer sends fast. Keys
 * that are in no group with this node have little each, and little all together: keys cost nothing.
 */
import type { NodeId } from '../../core/ids.ts'
import type { Packet, PacketKind } from '../../core/packet.ts'

/** Costs are counted in frames that are read, understood and dropped: some 10 µs each. */
interface Budget {
  readonly burst: number
  readonly perSecond: number
}

/** A leader with many busy members sends each a few hundred frames a second. */
const MEMBER: Budget = { burst: 8_000, perSecond: 3_000 }
/** To greet, to ask what there is and to join takes a dozen. */
const STRANGER: Budget = { burst: 400, perSecond: 100 }
const ALL_STRANGERS: Budget = { burst: 2_000, perSecond: 500 }

/** Bytes that cost as much to parse as a small frame costs as a whole. */
const BYTES_PER_UNIT = 16_384
/** What came and was no packet, or in another's name: honest nodes send no such thing. */
export const NONSENSE_COST = 20
/** Beside the frame: a signature to check, a page of history to read. */
const EXTRA: Partial<Record<PacketKind, number>> = {
  join_network: 20,
  relay: 2,
  send_message: 2,
  sync: 100,
}
/** How long a member is taken for one without looking again. */
const STANDING_MS = 1_000
/** Peers that are remembered: a key that was forgotten begins with a full budget. */
const MAX_PEERS = 20_000

/** Fills with what is spent, and runs out as time goes by. */
class Bucket {
  #level = 0
  #at = -Infinity

  /** How long until it is down to the budget's burst, in ms. */
  spend(cost: number, now: number, { burst, perSecond }: Budget): number {
    const gone = ((now - this.#at) / 1_000) * perSecond
    this.#level = Math.max(0, this.#level - gone) + cost
    this.#at = now
    return Math.max(0, ((this.#level - burst) / perSecond) * 1_000)
  }
}

interface Account {
  readonly bucket: Bucket
  isMember: boolean
  /** When that was looked up. */
  at: number
}

export const frameCost = (bytes: number): number => 1 + bytes / BYTES_PER_UNIT

/** What a packet costs beside its frame; one on its way around, what is in it as well. */
export const packetCost = (packet: Packet): number => {
  const own = EXTRA[packet.kind] ?? 0
  return packet.kind === 'relay' ? own + (EXTRA[packet.packet.kind] ?? 0) : own
}

export class PeerMeters {
  readonly #isMember: (peer: NodeId) => boolean
  readonly #now: () => number
  readonly #accounts = new Map<NodeId, Account>()
  readonly #strangers = new Bucket()

  constructor(isMember: (peer: NodeId) => boolean, now: () => number) {
    this.#isMember = isMember
    this.#now = now
  }

  /** Takes `cost` from what `peer` may spend; for how many ms nothing of it should be read. */
  spend(peer: NodeId, cost: number): number {
    const now = this.#now()
    const account = this.#account(peer, now)
    if (account.isMember) return account.bucket.spend(cost, now, MEMBER)
    const ownMs = account.bucket.spend(cost, now, STRANGER)
    return Math.max(ownMs, this.#strangers.spend(cost, now, ALL_STRANGERS))
  }

  #account(peer: NodeId, now: number): Account {
    const known = this.#accounts.get(peer)
    if (known === undefined) return this.#open(peer, now)
    // Who has just been let in is to be read from like a member at once.
    if (known.isMember && now - known.at < STANDING_MS) return known
    known.isMember = this.#isMember(peer)
    known.at = now
    return known
  }

  #open(peer: NodeId, now: number): Account {
    const account = { bucket: new Bucket(), isMember: this.#isMember(peer), at: now }
    this.#accounts.set(peer, account)
    if (this.#accounts.size > MAX_PEERS) {
      const [oldest] = this.#accounts.keys()
      if (oldest !== undefined) this.#accounts.delete(oldest)
    }
    return account
  }
}
