/**
 * What a face shows: everything that the terminal and the page have in common, as plain data.
 *
 * A face feeds events into `reduce` (reduce.ts), shows what it gets back, and carries out what
 * `wants` (wants.ts) says is missing. Histories may be long: of each network only a window of
 * messages is here, and the rest is asked for when somebody scrolls there.
 */
import type { MemberView, MessageView, NetworkStatus, NetworkSummary, Who } from '../node/api.ts'
import type { Invite, MessageTrace } from '../node/operator-api.ts'

/** Something that happened between two messages. */
export type Happening =
  | { readonly kind: 'leader'; readonly leader: Who | null }
  | { readonly kind: 'members'; readonly came: readonly Who[]; readonly went: readonly Who[] }
  | {
      readonly kind: 'split'
      readonly active: number
      readonly of: number
      readonly since: string
    }
  | { readonly kind: 'whole' }
  | {
      readonly kind: 'merge'
      readonly authors: readonly Who[]
      readonly fromPosition: number
      readonly toPosition: number
      readonly moved: boolean
    }
  | {
      readonly kind: 'caught-up'
      readonly fromPosition: number
      readonly toPosition: number
    }
  | {
      readonly kind: 'removed'
      readonly name: string
      readonly code: string
      readonly by: Who | null
    }
  | { readonly kind: 'fault'; readonly code: string; readonly message: string }
  | { readonly kind: 'recovered' }
  /** What this node did as an admin changes nothing. */
  | { readonly kind: 'no-effect'; readonly operation: string; readonly member: Who | null }
  /** A leader told members different things. */
  | { readonly kind: 'two-stories'; readonly by: Who }

/** A happening in its place: after the message at a position. */
export interface Mark {
  /** Ascending; names the mark for good. */
  readonly key: number
  readonly after: number
  readonly atMs: number
  readonly what: Happening
}

/** A gap-free window of a network's messages, and what happened between them. */
export interface Timeline {
  /** Positions follow one another without a gap. */
  readonly messages: readonly MessageView[]
  readonly marks: readonly Mark[]
  /** Position of the newest message that there is; the window may end before it. */
  readonly newest: number
  /** A page that was asked for and has not come. */
  readonly loading: PageWant | null
}

/** Messages to fetch: up to `limit` from this position on. */
export interface PageWant {
  readonly from: number
  readonly limit: number
}

/** A message that was typed here and has no place in the history yet. */
export interface PendingMessage {
  /** Given by the face; the node's id comes with its answer. */
  readonly localId: number
  readonly id: string | null
  readonly text: string
  readonly atMs: number
  /** Not taken by the node yet; safe on this disk; will never be sent. */
  readonly state: 'handed-over' | 'queued' | 'failed'
  /** Why it failed. */
  readonly code: string | null
}

/** Which row is the lowest one shown: the newest, or one line of a message. */
export type Scroll =
  | { readonly kind: 'end' }
  | { readonly kind: 'at'; readonly position: number; readonly line: number }

export interface Draft {
  readonly text: string
  /** In UTF-16 units, between graphemes. */
  readonly cursor: number
}

export interface NetworkModel {
  readonly id: string
  readonly name: string
  readonly status: NetworkStatus
  readonly members: readonly MemberView[]
  readonly timeline: Timeline
  readonly pending: readonly PendingMessage[]
  /** Everything up to here has been read. */
  readonly readUpTo: number
  /** How far the node has been told. */
  readonly readTold: number
  /** The line "new" stands after this position; null where there is none. */
  readonly unreadAfter: number | null
  /** Positions of unread messages that mention this user; the newest hundred. */
  readonly mentions: readonly number[]
  readonly split: { readonly active: number; readonly of: number; readonly since: string } | null
  readonly scroll: Scroll
  /** Position of the highest message shown, as the face told last. */
  readonly topShown: number
  /** Position of the message that a person has picked. */
  readonly selected: number | null
  readonly draft: Draft
  readonly isMuted: boolean
}

export interface SearchModel {
  readonly network: string
  readonly query: string
  readonly results: readonly MessageView[]
  /** Index into `results`. */
  readonly selected: number
  readonly isLoading: boolean
  /** Whether older results may exist. */
  readonly hasMore: boolean
}

/** What lies over the conversation. */
export type Overlay =
  /** Long ones are scrolled: `top` is the first row to be seen. */
  | { readonly kind: 'help'; readonly top: number }
  | { readonly kind: 'status'; readonly top: number }
  | { readonly kind: 'members'; readonly top: number }
  | { readonly kind: 'member'; readonly id: string }
  | {
      readonly kind: 'message'
      readonly message: MessageView
      /** All that the node knows of it; null until it has told. */
      readonly trace: MessageTrace | null
    }
  | { readonly kind: 'search' }
  | { readonly kind: 'invite'; readonly name: string; readonly invite: Invite }
  | { readonly kind: 'text'; readonly title: string; readonly lines: readonly string[] }

/** One line that tells how something went. */
export interface Notice {
  readonly tone: 'info' | 'error'
  readonly text: string
  readonly atMs: number
}

export interface Model {
  readonly nowMs: number
  readonly self: Who
  readonly listen: string
  /** False once the node has gone. */
  readonly isConnected: boolean
  /** Whether somebody looks at it, as far as the face can tell. */
  readonly isFocused: boolean
  /** Joined, in the order in which they are shown. */
  readonly networks: readonly NetworkModel[]
  /** Not joined, but found. */
  readonly offers: readonly NetworkSummary[]
  readonly currentId: string | null
  readonly ignored: readonly string[]
  readonly search: SearchModel | null
  readonly overlay: Overlay | null
  readonly notice: Notice | null
}

/** Messages that a window may hold, and how many remain when it is cut. */
export const WINDOW_MAX = 1_200
export const WINDOW_KEPT = 800
/** Messages that are fetched at once. */
export const PAGE = 200
/** Characters of text that a window may hold: some pages of the longest messages there can be. */
export const WINDOW_CHARS = 32_000_000
export const MAX_MARKS = 200
export const MAX_PENDING = 1_000
export const MAX_MENTIONS = 100

export const emptyTimeline: Timeline = { messages: [], marks: [], newest: 0, loading: null }

export const initialModel = (self: Who, listen: string, nowMs: number): Model => ({
  nowMs,
  self,
  listen,
  isConnected: true,
  isFocused: true,
  networks: [],
  offers: [],
  currentId: null,
  ignored: [],
  search: null,
  overlay: null,
  notice: null,
})

export const networkOf = (model: Model, id: string | null): NetworkModel | null =>
  model.networks.find((network) => network.id === id) ?? null

export const currentNetwork = (model: Model): NetworkModel | null =>
  networkOf(model, model.currentId)

export const unreadCount = ({ timeline, readUpTo }: NetworkModel): number =>
  Math.max(0, timeline.newest - readUpTo)
