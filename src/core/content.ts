/**
 * What messages can be besides text: replies, and those that change how another message is shown.
 * The history keeps all of them for good; whoever shows it honours what its author asked for last.
 */
import type { VisibleItem } from './group-state.ts'
import type { MessageId, NodeId } from './ids.ts'

/** Kinds of messages that this version shows as what they are; all others it shows folded. */
export const messageKinds = ['text', 'reply', 'edit', 'delete', 'reaction'] as const
export type MessageKind = (typeof messageKinds)[number]

/** A reaction is a sign or a short word; '' takes back what its author said before. */
export const MAX_REACTION = 32

/** Names a message for good: ids are unique per author only. */
export interface MessageRef {
  readonly author: NodeId
  readonly id: MessageId
}

export const refText = ({ author, id }: MessageRef): string => `${author}/${id}`

const REF = /^([\w-]{43})\/([0-9a-f-]{36})$/

export const readRef = (text: string): MessageRef | null => {
  const [, author, id] = REF.exec(text) ?? []
  if (author === undefined || id === undefined) return null
  return { author: author as NodeId, id: id as MessageId }
}

export const kindOf = (kind: string): MessageKind | null =>
  messageKinds.find((one) => one === kind) ?? null

/** A message that changes how its target is shown; a later one in the same slot replaces it. */
export interface Amendment {
  /** `refText` of the message. */
  readonly target: string
  readonly slot: string
}

/**
 * Null for messages that change nothing: edits and deletions of what somebody else said, and
 * whatever was said by those who were no members.
 */
export const amendmentOf = (
  item: Pick<VisibleItem, 'author' | 'content' | 'folded'>,
): Amendment | null => {
  const { author, content, folded } = item
  const { kind, text, ref: target } = content
  if (folded || (kind !== 'edit' && kind !== 'delete' && kind !== 'reaction')) return null
  const ref = readRef(target)
  if (ref === null) return null
  if (kind === 'reaction') return text.length > MAX_REACTION ? null : { target, slot: author }
  if (ref.author !== author || (kind === 'edit' && text === '')) return null
  return { target, slot: kind }
}
