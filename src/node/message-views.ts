/** Messages as programs see them: with what they are about, and what was changed later. */
import { amended, excerptOf, type AboutMessage } from '../core/amended.ts'
import { amendmentOf, kindOf, MAX_REACTION, readRef, refText } from '../core/content.ts'
import type { VisibleItem } from '../core/group-state.ts'
import type { Place } from '../core/ids.ts'
import { samePlace } from '../core/ids.ts'
import type { StoredBy } from '../core/watermarks.ts'
import type { StoredMessage } from '../store/store.ts'
import { isFound } from '../store/search-words.ts'
import type { MessageView } from './api.ts'
import type { Network } from './network.ts'
import { whoOf } from './views.ts'

/** Pages that one search looks through at most for messages that still say what was looked for. */
const SEARCH_PAGES = 20

const lastWords = (network: Network, message: StoredMessage): string => {
  const changes = network.store.amendments([refText(message)])
  if (changes.some(({ content }) => content.kind === 'delete')) return ''
  const edit = changes.find(({ content }) => content.kind === 'edit')
  return (edit ?? message).content.text
}

const aboutOf = (network: Network, ref: string): AboutMessage | null => {
  const target = readRef(ref)
  if (target === null) return null
  const message = network.store.messageById(target.id, target.author)
  const text = message === null ? '' : lastWords(network, message)
  return {
    id: target.id,
    author: whoOf(network, target.author),
    position: message?.position ?? null,
    text: excerptOf(text),
  }
}

/** What a message is, beyond its text. */
const natureOf = (network: Network, item: VisibleItem): Partial<MessageView> => {
  const kind = kindOf(item.content.kind)
  if (kind === 'text') return {}
  const about = kind === null ? null : aboutOf(network, item.content.ref)
  if (kind === null || about === null) return { kind: 'other' }
  if (kind === 'reaction' && item.content.text.length > MAX_REACTION) return { kind: 'other' }
  if (kind !== 'reply' && amendmentOf(item) === null) return { kind, about, void: true }
  // An edit of what was taken back later.
  const isHidden = kind === 'edit' && about.text === '' && about.position !== null
  return { kind, about, ...(isHidden ? { text: '' } : {}) }
}

/** Makes views of messages that follow one another; those of one batch share where they are stored. */
export const messageViewer = (
  network: Network,
): ((item: VisibleItem, position: number) => MessageView) => {
  let last: { readonly place: Place; readonly stored: StoredBy } | null = null
  const storedBy = (place: Place): StoredBy => {
    if (last === null || !samePlace(last.place, place))
      last = { place: { term: place.term, seq: place.seq }, stored: network.storedBy(place) }
    return last.stored
  }
  return (item, position) => {
    const { by, missing } = storedBy(item)
    return {
      id: item.id,
      network: network.id,
      author: whoOf(network, item.author),
      text: item.content.text,
      position,
      clock: item.clock,
      term: item.term,
      sentAt: new Date(Math.min(item.sentAt, 8.64e15)).toISOString(),
      storedBy: by.length,
      of: by.length + missing.length,
      missing: missing.map((id) => network.nameOf(id)),
      ...natureOf(network, item),
      ...(item.folded ? { folded: true } : {}),
    }
  }
}

/** Messages of the history as they are to be shown now. */
export const viewsOf = (
  network: Network,
  messages: readonly StoredMessage[],
): readonly MessageView[] => {
  const view = messageViewer(network)
  const views = messages.map((message) => view(message, message.position))
  const changes = network.store.amendments(messages.map(refText))
  if (changes.length === 0) return views
  const byTarget = Map.groupBy(changes, ({ content }) => content.ref)
  return views.map((one, index) => {
    const message = messages[index]
    const own = message === undefined ? [] : (byTarget.get(refText(message)) ?? [])
    return own.reduce((before, by) => amended(before, view(by, by.position)), one)
  })
}

/**
 * The newest messages that say what is looked for, as they are now: what was taken back or reworded
 * is not found any more.
 */
export const searchViews = (
  network: Network,
  query: string,
  limit: number,
  before: number | undefined,
): readonly MessageView[] => {
  let found: readonly MessageView[] = []
  let end = before
  for (let page = 0; page < SEARCH_PAGES && found.length < limit; page += 1) {
    const options = { limit, ...(end === undefined ? {} : { before: end }) }
    const messages = network.store.search(query, options)
    const [first] = messages
    if (first === undefined) break
    const views = viewsOf(network, messages)
    const fits = views.filter(
      ({ deleted, edited, text }) =>
        deleted === undefined && text !== '' && (edited === undefined || isFound(text, query)),
    )
    found = [...fits, ...found].slice(-limit)
    if (messages.length < limit) break
    end = first.position
  }
  return found
}
