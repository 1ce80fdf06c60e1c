/**
 * The public API of a node: what a program (or the local API, for the command line) can do with it.
 * Every method that names a network takes its name, its id or an unambiguous beginning of the id.
 * Failures are `ParleyError`s with a code of `rpc/errors.ts`.
 */
import type { ShownMessage } from '../core/amended.ts'
import type { Policy } from '../core/entry.ts'
import type { GroupId, Hash, MessageId, NodeId, TermId } from '../core/ids.ts'
import type { ParleyError } from '../rpc/errors.ts'
import type { Invite, InviteOptions, OperatorApi } from './operator-api.ts'

export type * from './operator-api.ts'

/**
 * What to wait for before `send` returns: safe on this disk (`queued`), in the group's order and on
 * a second disk if anybody else is active (`sequenced`), stored by more than half of the active
 * members, by all of them, or by so many.
 */
export type Wait = 'queued' | 'sequenced' | 'majority' | 'all' | number

export interface Who {
  readonly id: NodeId
  readonly name: string
}

export interface JoinedNetwork {
  readonly network: { readonly id: GroupId; readonly name: string }
  /** This node's member number. */
  readonly member: number
  readonly head: Hash
}

/**
 * Where to find a network: `name` (asked of discovery services and known peers), an address, or a
 * link.
 */
export interface JoinTarget {
  /** A name, a group id, `host:port`, `host:port/name`, or `parley://join/…`. */
  readonly target: string
  readonly timeoutMs?: number
}

export interface NetworkSummary {
  readonly id: GroupId
  readonly name: string
  readonly joined: boolean
  readonly leader: Who | null
  readonly members: number
  readonly unread: number
}

/** What a message is besides text, and which one it is about: `#17`, or `author/id`. */
export interface SendAs {
  readonly kind?: 'text' | 'reply' | 'edit' | 'delete' | 'reaction'
  readonly about?: string
}

/** A message as scripts see it (contract: `history`, `tail`). */
export interface MessageView extends ShownMessage {
  readonly network: GroupId
  readonly position: number
  readonly clock: number
  readonly term: TermId
  /** ISO 8601, by the author's clock. */
  readonly sentAt: string
  /** Names of active members not known to have stored it. */
  readonly missing: readonly string[]
  /** Its author was not a member at this place: in the history for good, and not shown to people. */
  readonly folded?: true
}

export interface SentMessage {
  readonly id: MessageId
  /** Null while it is only queued. */
  readonly position: number | null
  readonly clock: number | null
  readonly storedBy: number
  readonly of: number
  readonly missing: readonly string[]
}

export interface MemberView {
  /** Null for somebody on the roster who is not active. */
  readonly number: number | null
  readonly id: NodeId
  readonly name: string
  readonly role: 'owner' | 'admin' | 'member'
  readonly leader: boolean
  readonly active: boolean
  readonly self: boolean
  /** Of its key, to compare by voice with what its own `parley status` shows. */
  readonly fingerprint?: string
  readonly address: string | null
  /** Since anything was last heard from it over a link of this node; null if never, 0 for itself. */
  readonly lastHeardMs: number | null
}

export interface NetworkStatus {
  readonly id: GroupId
  readonly name: string
  readonly topic: string
  readonly head: Hash | null
  /** Messages in the history. */
  readonly count: number
  readonly role: 'leader' | 'follower' | 'seeking' | 'joining' | 'left' | 'failed'
  readonly leader: (Who & { readonly number: number }) | null
  readonly term: TermId | null
  readonly active: number
  readonly roster: number
  /** ISO time since when fewer than the roster's former active members are reachable; null if whole. */
  readonly splitSince: string | null
  /** Messages after those that the user of this node has read. */
  readonly unread?: number
  /** Own messages that the group has not yet. */
  readonly outbox: number
  /** Why it cannot store at the moment, if so. */
  readonly fault: { readonly code: string; readonly message: string } | null
  /** This node was put out of it: what was said before can be read. */
  readonly removed?: Removed
  /** What others sent that was false, by what was wrong with it, since this node took up the group. */
  readonly refused?: Readonly<Record<string, number>>
}

/** How this node was put out of a network. */
export interface Removed {
  readonly code: 'BANNED' | 'NOT_A_MEMBER'
  /** Null if this node was not shown who did it. */
  readonly by: Who | null
}

/** A network that this node has, whether it is in it or not. */
export interface KnownNetwork {
  readonly id: GroupId
  readonly name: string
  /** Messages in the history. */
  readonly count: number
  /** Why nothing new comes, if so: this node has left, or was put out. */
  readonly gone: ParleyError | null
}

export interface NodeStatus {
  readonly node: {
    readonly id: NodeId
    readonly name: string
    readonly listen: string
    /** Where others are told to dial it, best first. */
    readonly addresses?: readonly string[]
    /** Whether others have managed to dial it; `unknown` until somebody was there to try. */
    readonly reached?: 'unknown' | 'both-ways' | 'dial-out-only'
    /** Of the node's key, to compare by voice: six groups of five digits. */
    readonly fingerprint: string
    /** What came to its port and was turned away, by why, since it started. */
    readonly turnedAway?: Readonly<Record<string, number>>
  }
  readonly networks: readonly NetworkStatus[]
}

/** What a subscriber is told, in order, after it is on this disk. */
export type NodeEvent =
  | { readonly event: 'message'; readonly message: MessageView }
  /** All active members have stored the messages up to this position. */
  | { readonly event: 'stored'; readonly network: GroupId; readonly upTo: number }
  | { readonly event: 'view'; readonly network: GroupId; readonly active: readonly Who[] }
  | {
      readonly event: 'leader'
      readonly network: GroupId
      readonly leader: Who | null
      readonly term: TermId | null
    }
  | {
      readonly event: 'split'
      readonly network: GroupId
      readonly active: readonly Who[]
      readonly of: number
      readonly since: string
    }
  /** Everybody who was missing in a split is there again, or off the roster. */
  | { readonly event: 'whole'; readonly network: GroupId; readonly active: readonly Who[] }
  | {
      readonly event: 'merge'
      readonly network: GroupId
      readonly authors: readonly Who[]
      readonly fromPosition: number
      readonly toPosition: number
      /**
       * True where this node's own side moved: what came in stands before it, and positions from
       * `fromPosition` on have changed.
       */
      readonly moved: boolean
    }
  | {
      readonly event: 'caught-up'
      readonly network: GroupId
      readonly fromPosition: number
      readonly toPosition: number
    }
  | {
      readonly event: 'refused'
      readonly network: GroupId
      readonly ids: readonly MessageId[]
      readonly code: string
    }
  /** This node is no longer in it: `BANNED`, `NOT_A_MEMBER` (kicked), or why it was not let in. */
  | {
      readonly event: 'removed'
      readonly network: GroupId
      readonly name: string
      readonly code: string
      readonly by: Who | null
    }
  | {
      readonly event: 'fault'
      readonly network: GroupId
      readonly code: string
      readonly message: string
    }
  | { readonly event: 'recovered'; readonly network: GroupId }
  /** What this node did as an admin changes nothing, mostly because a merge came between. */
  | {
      readonly event: 'no-effect'
      readonly network: GroupId
      readonly id: MessageId
      /** `kick`, `ban`, `role`, `invite`, … */
      readonly operation: string
      /** Whom it was about. */
      readonly member: Who | null
      /** The role, name or topic that it was to give. */
      readonly value: string
    }
  /** A leader has told members different things about one place of its term, and signed both. */
  | {
      readonly event: 'two-stories'
      readonly network: GroupId
      readonly by: Who
      readonly term: TermId
      readonly seq: number
      /** Of the two entries for that place, this node's first. */
      readonly hashes: readonly Hash[]
    }

export interface HistoryQuery {
  /** Position to begin with; without it the last `limit` messages. */
  readonly from?: number
  readonly limit: number
}

export interface ChatNodeApi extends ReadingApi {
  readonly id: NodeId
  readonly name: string
  /** `host:port` as it listens. */
  readonly listen: string
  create(
    name: string,
    options?: { readonly policy?: Policy; readonly listed?: boolean },
  ): Promise<JoinedNetwork>
  join(target: JoinTarget): Promise<JoinedNetwork>
  /** Leaves for good order's sake; the history stays readable here. */
  /** REFUSED while nobody else has a part of its history, unless it is forced. */
  leave(network: string, options?: { readonly force?: boolean }): Promise<void>
  send(
    network: string,
    text: string,
    options?: SendAs & { readonly wait?: Wait; readonly timeoutMs?: number },
  ): Promise<SentMessage>
  networks(): Promise<readonly NetworkSummary[]>
  /** The network that is meant, one that was left only if no other fits. */
  find(network: string): KnownNetwork
  history(network: string, query: HistoryQuery): readonly MessageView[]
  members(network: string): readonly MemberView[]
  status(): NodeStatus
  /** A link that others can join with: id, name, addresses, and a secret if need be. */
  invite(network: string, options?: InviteOptions): Promise<Invite>
  /** Signed operations on the roster: sequenced when this returns; no effect if not entitled. */
  kick(network: string, member: string): Promise<void>
  setTopic(network: string, topic: string): Promise<void>
  /** The name that others see from the next start on. Throws USAGE. */
  setName(name: string): void
  readonly operator: OperatorApi
  /** Calls back for every event of every network until the returned function is called. */
  subscribe(listener: (event: NodeEvent) => void): () => void
  /** Leaves all views gracefully and closes everything; resolves within 3 s. */
  stop(): Promise<void>
}

/** What readers need besides the history. */
export interface ReadingApi {
  /**
   * Messages that contain all words, oldest first; `before` is the first position of the page
   * before.
   */
  search(
    network: string,
    query: string,
    options: { readonly limit: number; readonly before?: number },
  ): readonly MessageView[]
  /** Notes that the user has read up to a position (all without one); see `NetworkSummary.unread`. */
  markRead(network: string, position?: number): void
}
