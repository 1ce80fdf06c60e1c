/**
 * The local API as both of its ends see it: what the methods take and give, and what lies in the
 * data folder so that the command line finds the running node. No code, so that a command that only
 * asks a question loads next to nothing.
 */
import type { Policy } from '../../core/entry.ts'
import type {
  JoinedNetwork,
  MemberView,
  MessageView,
  NetworkSummary,
  NodeEvent,
  NodeStatus,
  SendAs,
  SentMessage,
  Wait,
} from '../api.ts'
import type { OperatorMethods } from './operator-types.ts'

export type { OperatorMethods } from './operator-types.ts'

/** Contents of `node.json` in the data folder of a running node; only its owner can read it. */
export interface NodeInfo {
  readonly pid: number
  /** Path of the Unix socket. */
  readonly socket: string
  /** Address of the page, `http://127.0.0.1:port/`. */
  readonly web: string
  /** 256 random bits, base64url; goes into `Authorization: Bearer …`. */
  readonly token: string
}

/** One of many messages: its place, or why it has none. */
export type SendManyResult =
  | { readonly message: SentMessage }
  | { readonly error: { readonly code: string; readonly message: string; readonly hint: string } }

/** The methods of `POST /rpc`. */
export interface LocalMethods extends OperatorMethods {
  readonly create: {
    readonly params: { name: string; policy?: Policy; listed?: boolean }
    readonly result: JoinedNetwork
  }
  readonly join: {
    readonly params: { target: string; timeoutMs?: number }
    readonly result: JoinedNetwork
  }
  readonly leave: {
    readonly params: { network: string; force?: boolean }
    readonly result: Done
  }
  readonly send: {
    readonly params: SendAs & { network: string; text: string; wait?: Wait; timeoutMs?: number }
    readonly result: { readonly message: SentMessage }
  }
  /** Several messages in this order; each succeeds or fails by itself. */
  readonly send_many: {
    readonly params: { network: string; texts: readonly string[]; wait?: Wait; timeoutMs?: number }
    readonly result: { readonly results: readonly SendManyResult[] }
  }
  readonly networks: {
    readonly params: Record<string, never>
    readonly result: { readonly networks: readonly NetworkSummary[] }
  }
  /** One page; the stream at `GET /messages` gives all of them. */
  readonly history: {
    readonly params: { network: string; from?: number; limit?: number }
    readonly result: { readonly messages: readonly MessageView[] }
  }
  /** Messages with all of these words, oldest first; `before` is the first position of a page. */
  readonly search: {
    readonly params: { network: string; query: string; limit?: number; before?: number }
    readonly result: { readonly messages: readonly MessageView[] }
  }
  /** The user has read everything up to this position; all of it without one. */
  readonly mark_read: {
    readonly params: { network: string; position?: number }
    readonly result: Done
  }
  readonly members: {
    readonly params: { network: string }
    readonly result: { readonly leader: number | null; readonly members: readonly MemberView[] }
  }
  readonly status: { readonly params: Record<string, never>; readonly result: NodeStatus }
  /** The name that others see from the next start on. */
  readonly set_name: { readonly params: { name: string }; readonly result: Done }
  readonly kick: { readonly params: { network: string; member: string }; readonly result: Done }
  readonly set_topic: { readonly params: { network: string; topic: string }; readonly result: Done }
}

export interface Done {
  readonly ok: true
}

export type LocalMethod = keyof LocalMethods

/** What to read of a network at `GET /messages`, as newline-delimited JSON. */
export interface StreamQuery {
  readonly network: string
  /** First position wanted. */
  readonly from?: number
  /** Without `from`: so many of the newest; all of them if this is missing too. */
  readonly last?: number
  /** Go on with what is delivered from now on, and with events. */
  readonly follow?: boolean
  /** With `follow`: events of the kind `stored` as well. */
  readonly stored?: boolean
}

/** Why a stream ended that should have gone on. Its last line. */
export interface StreamEnd {
  readonly event: 'end'
  readonly code: string
  readonly message: string
  readonly hint: string
}

export type StreamEvent = Exclude<NodeEvent, { readonly event: 'message' }>

/**
 * A line of the stream: a message, an event between messages, or the end. After a `merge` whose
 * `moved` is true, positions from its `fromPosition` on have changed and those messages follow
 * again.
 */
export type StreamLine = MessageView | StreamEvent | StreamEnd
