/** What a node's operator asks for beyond chatting: entitled operations, and whether all is well. */
import type { GroupId, Hash, MessageId, NodeId, TermId } from '../core/ids.ts'

export interface InviteOptions {
  /** How many may come in with it. Default 1. */
  readonly uses?: number
  /** Default seven days. */
  readonly lastsMs?: number
}

export interface Invite {
  readonly link: string
  /** ISO time; null where no invite is needed. */
  readonly expires: string | null
  readonly uses: number | null
}

/** An invite that others may still come in with. */
export interface OpenInviteView {
  /** Its public key, which names it. */
  readonly key: string
  readonly expires: string
  readonly usesLeft: number
  readonly by: { readonly id: NodeId; readonly name: string }
}

/** What `verify` found of a history in which everything is right. */
export interface Verified {
  readonly ok: true
  readonly entries: number
  readonly messages: number
  readonly head: Hash | null
  /** Position of the last message that the fingerprint covers. */
  readonly upTo: number
  /** Of the history up to there, to compare by voice: six groups of four hexadecimal digits. */
  readonly fingerprint: string | null
}

/** All that this node knows of one message. */
export interface MessageTrace {
  readonly id: MessageId
  readonly network: GroupId
  /** Where it is: waiting on this disk, signed and under way, or in the order. */
  readonly state: 'waiting' | 'sent' | 'sequenced'
  readonly author: { readonly id: NodeId; readonly name: string }
  readonly text: string
  /** ISO time, by the author's clock. */
  readonly sentAt: string
  /** The rest is null until it is sequenced. */
  readonly position: number | null
  readonly clock: number | null
  readonly entry: {
    readonly term: TermId
    readonly seq: number
    readonly hash: Hash
    readonly index: number
  } | null
  readonly sequencedBy: { readonly id: NodeId; readonly name: string } | null
  /** True if its author was not a member at this place: kept, but shown folded. */
  readonly folded: boolean
  readonly storedBy: readonly string[]
  readonly missing: readonly string[]
}

/** One thing that happened to a message. */
export interface WayStep {
  readonly what: 'typed' | 'sent' | 'appended' | 'stored'
  readonly by: string
  /** ISO time, by the clock of the node that was asked. */
  readonly at: string
  /** How far the clock of whoever did it is ahead of that. */
  readonly offsetMs: number
  /** Names of those it was passed on by; none if it went straight. */
  readonly via: readonly string[]
}

/** The last time that stored data was found damaged, and repaired. */
export interface RepairView {
  readonly at: string
  /** Name of the file that was set aside. */
  readonly aside: string
  readonly what: string
}

/** The local network as multicast shows it. */
export interface LanView {
  /** Cards on which this node listens for others. */
  readonly cards: readonly string[]
  readonly fault: string | null
  /** Other nodes that were heard lately. */
  readonly nodes: number
}

/** What `doctor` cannot see from outside. */
export interface Surroundings {
  readonly nds: readonly string[]
  readonly addresses: readonly string[]
  /** Discovery services that were heard on the local network. */
  readonly nearby: readonly string[]
  /** Null where this node keeps off it. */
  readonly lan: LanView | null
  /** What was said of nodes whose version does not fit: who speaks which, and who must upgrade. */
  readonly mismatches: readonly string[]
  readonly lastRepair: RepairView | null
  /** Entries that the check which runs has gone through; null if none runs. */
  readonly checked: number | null
}

export interface OperatorApi {
  /** Signed operations: sequenced when these resolve. REFUSED where they had no effect. */
  ban(network: string, member: string): Promise<void>
  unban(network: string, member: string): Promise<void>
  setRole(network: string, member: string, role: string): Promise<void>
  rename(network: string, name: string): Promise<void>
  /** A link; in a group by invite with a key that lets in so many. */
  invite(network: string, options?: InviteOptions): Promise<Invite>
  invites(network: string): readonly OpenInviteView[]
  /** By the link, or the beginning of its key. Returns the key. */
  revoke(network: string, invite: string): Promise<string>
  /** Checks everything stored of a network; rejects with VERIFICATION_FAILED. */
  verify(network: string, upTo?: number): Promise<Verified>
  /** By the message's id, its beginning, or `#position`. */
  /** In any network of this node if that is null. */
  trace(network: string | null, message: string): MessageTrace
  /** When it was where, as far as active members remember; oldest first. */
  way(network: string, message: MessageId): Promise<readonly WayStep[]>
  /** The whole history as lines of JSON, as it is at this moment. */
  export(network: string): AsyncIterable<string>
  surroundings(): Surroundings
}
