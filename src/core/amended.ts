/**
 * How a message is shown after somebody has edited, deleted or reacted to it. The node applies it
 * to what it reads from the disk, faces to what they have before their eyes.
 */
import type { MessageId, NodeId } from './ids.ts'

interface Author {
  readonly id: NodeId
  readonly name: string
}

export interface Reaction {
  readonly text: string
  readonly by: readonly Author[]
}

export interface AboutMessage {
  readonly id: MessageId
  readonly author: Author
  /** Null if this node does not have it. */
  readonly position: number | null
  /** Its beginning, as it is now. */
  readonly text: string
}

/** What is shown of a message besides its place. */
export interface ShownMessage {
  readonly id: MessageId
  readonly author: Author
  readonly text: string
  readonly storedBy: number
  readonly of: number
  /** What it is if it is more than text; `other` is something that a newer version can show. */
  readonly kind?: 'reply' | 'edit' | 'delete' | 'reaction' | 'other'
  /** The message that a reply, an edit, a deletion or a reaction is about. */
  readonly about?: AboutMessage
  /** It changes nothing: what somebody else said is not for its author to edit or delete. */
  readonly void?: true
  /** `text` is what its author made of it later. */
  readonly edited?: true
  /** Its author took it back, and so many members have stored that they were asked to hide it. */
  readonly deleted?: { readonly storedBy: number; readonly of: number }
  /** In the order in which they were first given; an author has one at most. */
  readonly reactions?: readonly Reaction[]
}

/** Characters of a message that are told where another is about it. */
const EXCERPT = 120

export const excerptOf = (text: string): string =>
  Array.from(text.slice(0, 2 * EXCERPT))
    .slice(0, EXCERPT)
    .join('')

const isAbout = ({ id, author }: ShownMessage, about: AboutMessage | undefined): boolean =>
  about !== undefined && about.id === id && about.author.id === author.id

const reacted = (all: readonly Reaction[], by: Author, text: string): readonly Reaction[] => {
  const others = all
    .map((one) => ({ ...one, by: one.by.filter(({ id }) => id !== by.id) }))
    .filter((one) => one.by.length > 0)
  if (text === '') return others
  const same = others.find((one) => one.text === text)
  if (same === undefined) return [...others, { text, by: [by] }]
  return others.map((one) => (one === same ? { ...one, by: [...one.by, by] } : one))
}

const withReactions = <M extends ShownMessage>(view: M, by: ShownMessage): M => ({
  ...view,
  reactions: reacted(view.reactions ?? [], by.author, by.text),
})

/**
 * A view after another message; the same object if that does not concern it. Messages that change
 * others are to be applied in the order of the history.
 */
export const amended = <M extends ShownMessage>(view: M, by: ShownMessage): M => {
  const { about, kind } = by
  if (about === undefined || by.void === true) return view
  if (isAbout(view, about)) {
    if (kind === 'reaction') return withReactions(view, by)
    if (kind === 'delete')
      return { ...view, text: '', deleted: { storedBy: by.storedBy, of: by.of } }
    // What was taken back stays so.
    if (kind !== 'edit' || view.deleted !== undefined) return view
    return { ...view, text: by.text, edited: true }
  }
  // What was said about it repeats its words as they are now, and nothing that is to be hidden.
  const isSameTarget = view.about?.id === about.id && view.about.author.id === about.author.id
  if ((kind !== 'delete' && kind !== 'edit') || view.about === undefined || !isSameTarget)
    return view
  const text = kind === 'edit' ? excerptOf(by.text) : ''
  const retold = { ...view, about: { ...view.about, text } }
  return kind === 'delete' && view.kind === 'edit' ? { ...retold, text: '' } : retold
}
