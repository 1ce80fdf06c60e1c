/** What happens to a model: news from the node, and what a person does. */
import type { MemberView, MessageView, NetworkStatus, NetworkSummary } from '../node/api.ts'
import type { StreamLine } from '../node/local-api/types.ts'
import type { Draft, Overlay, PageWant, Scroll } from './model.ts'

export type NodeNews =
  /** How all joined networks are; those that are not among them are gone. */
  | { readonly kind: 'status'; readonly networks: readonly NetworkStatus[] }
  | { readonly kind: 'offers'; readonly networks: readonly NetworkSummary[] }
  | {
      readonly kind: 'members'
      readonly network: string
      readonly members: readonly MemberView[]
    }
  /** Lines of a network's stream, in order; the first of all begins a window. */
  | { readonly kind: 'lines'; readonly network: string; readonly lines: readonly StreamLine[] }
  /** The stream of a network begins anew: what it sends first is its newest. */
  | { readonly kind: 'stream-begins'; readonly network: string }
  | { readonly kind: 'page-asked'; readonly network: string; readonly want: PageWant }
  | {
      readonly kind: 'page'
      readonly network: string
      readonly want: PageWant
      readonly messages: readonly MessageView[]
    }
  | { readonly kind: 'page-failed'; readonly network: string }
  /** Messages that are shown already, with what is known of them now. */
  | {
      readonly kind: 'refreshed'
      readonly network: string
      readonly messages: readonly MessageView[]
    }
  | { readonly kind: 'read-told'; readonly network: string; readonly position: number }
  | {
      readonly kind: 'search-results'
      readonly query: string
      readonly messages: readonly MessageView[]
      readonly hasMore: boolean
    }
  | { readonly kind: 'disconnected' }

export type Doing =
  | { readonly kind: 'tick' }
  | { readonly kind: 'focus'; readonly isFocused: boolean }
  | {
      readonly kind: 'open-network'
      readonly network: string
      /** At the first unread message instead of at the end. */
      readonly atUnread?: boolean
    }
  /** Of the network that is open, unless another is named. */
  | { readonly kind: 'draft'; readonly draft: Draft; readonly network?: string }
  /** The lowest row shown, and the highest message. */
  | { readonly kind: 'scroll'; readonly scroll: Scroll }
  | { readonly kind: 'shown'; readonly topPosition: number }
  | { readonly kind: 'select'; readonly position: number | null }
  /** Shows a place in the history, wherever it is. */
  | {
      readonly kind: 'jump'
      readonly position: number
      /** So many messages after it are to be seen too. */
      readonly below?: number
    }
  | { readonly kind: 'clear' }
  | { readonly kind: 'overlay'; readonly overlay: Overlay | null }
  | { readonly kind: 'search'; readonly network: string; readonly query: string }
  | { readonly kind: 'search-select'; readonly selected: number }
  /** Older results than those that are here. */
  | { readonly kind: 'search-more' }
  | { readonly kind: 'search-close' }
  | {
      readonly kind: 'send'
      readonly network: string
      readonly localId: number
      readonly text: string
    }
  | {
      readonly kind: 'sent'
      readonly network: string
      readonly localId: number
      readonly id: string
    }
  | {
      readonly kind: 'send-failed'
      readonly network: string
      readonly localId: number
      readonly code: string
    }
  | { readonly kind: 'mute'; readonly network: string; readonly isMuted: boolean }
  | { readonly kind: 'ignore'; readonly ids: readonly string[] }
  | { readonly kind: 'notice'; readonly tone: 'info' | 'error'; readonly text: string }
  | { readonly kind: 'notice-over' }

export type ViewEvent = NodeNews | Doing
