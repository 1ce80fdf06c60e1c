/**
 * What the model lacks: derived from it alone, so that nothing can be forgotten. Whoever carries a
 * want out tells the model so (`page-asked`, `read-told`), and it is wanted no longer.
 */
import {
  currentNetwork,
  PAGE,
  WINDOW_CHARS,
  type Model,
  type NetworkModel,
  type PageWant,
} from './model.ts'
import { firstPosition, isAtEnd, lastPosition, messageAt } from './timeline.ts'

export type Want =
  | { readonly kind: 'page'; readonly network: string; readonly want: PageWant }
  | { readonly kind: 'read'; readonly network: string; readonly position: number }
  | {
      readonly kind: 'search'
      readonly network: string
      readonly query: string
      readonly before: number | null
    }

/** So many messages before the window's edge comes in sight, more are fetched. */
const AHEAD = PAGE / 2
/** Results of a search that are kept at most. */
export const MAX_RESULTS = 500
export const RESULTS_PAGE = 50

/** Few messages, but long ones: reading on before anybody scrolls would push out what is shown. */
const isHeavy = ({ timeline }: NetworkModel): boolean =>
  timeline.messages.reduce((sum, { text }) => sum + text.length, 0) > WINDOW_CHARS / 2

/** The page that is missing for what is to be shown; null if none. */
export const pageWanted = (network: NetworkModel): PageWant | null => {
  const { timeline, scroll, topShown } = network
  const { newest, loading, messages } = timeline
  if (loading !== null || newest === 0) return null
  const [first, last] = [firstPosition(timeline), lastPosition(timeline)]
  if (scroll.kind === 'at' && messageAt(timeline, scroll.position) === null)
    return { from: Math.max(1, scroll.position - PAGE / 2), limit: PAGE }
  // After `clear` nothing is wanted until somebody scrolls up.
  if (messages.length === 0) return null
  if (scroll.kind === 'end' && !isAtEnd(timeline))
    return { from: Math.max(1, newest - PAGE + 1), limit: PAGE }
  const lowest = scroll.kind === 'at' ? scroll.position : last
  const top = topShown === 0 ? lowest : Math.max(first, topShown)
  if (first > 1 && top - first < AHEAD && !(scroll.kind === 'end' && isHeavy(network)))
    return { from: Math.max(1, first - PAGE), limit: Math.min(PAGE, first - 1) }
  if (scroll.kind === 'at' && !isAtEnd(timeline) && last - scroll.position < AHEAD)
    return { from: last + 1, limit: PAGE }
  return null
}

export const wants = (model: Model): readonly Want[] => {
  const wanted: Want[] = []
  const network = currentNetwork(model)
  const page = network === null ? null : pageWanted(network)
  if (network !== null && page !== null)
    wanted.push({ kind: 'page', network: network.id, want: page })
  for (const { id, readUpTo, readTold } of model.networks)
    if (readUpTo > readTold) wanted.push({ kind: 'read', network: id, position: readUpTo })
  const { search } = model
  if (search?.isLoading === true) {
    const before = search.results[0]?.position ?? null
    wanted.push({ kind: 'search', network: search.network, query: search.query, before })
  }
  return wanted
}

/** Own messages that not all have stored as far as is known: where to ask again. */
export const unsettled = (network: NetworkModel, self: string): PageWant | null => {
  const open = network.timeline.messages.filter(
    ({ author, missing }) => author.id === self && missing.length > 0,
  )
  const [first, last] = [open[0], open.at(-1)]
  if (first === undefined || last === undefined) return null
  const limit = Math.min(PAGE, last.position - first.position + 1)
  return { from: first.position, limit }
}
