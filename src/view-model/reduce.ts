/**
 * `reduce(model, event, nowMs)`: the model after something has happened. It never fails; what makes
 * no sense, such as news of a network that was left, changes nothing.
 */
import type { MessageView, NetworkStatus } from '../node/api.ts'
import type { Doing, NodeNews, ViewEvent } from './event.ts'
import { currentNetwork, networkOf, unreadCount, type Model, type NetworkModel } from './model.ts'
import {
  addPending,
  newNetwork,
  onLines,
  onSent,
  readIfWatched,
  whole,
  withoutArrived,
  type Surroundings,
} from './network.ts'
import { isAtEnd, lastPosition, messageAt, putPage, refresh } from './timeline.ts'

const isWatched = (model: Model, network: string): boolean =>
  model.isFocused && model.currentId === network

const surroundings = (model: Model, network: string): Surroundings => ({
  self: model.self,
  nowMs: model.nowMs,
  isWatched: isWatched(model, network),
  ignored: model.ignored,
})

const change = (model: Model, id: string, how: (network: NetworkModel) => NetworkModel): Model => {
  const index = model.networks.findIndex((network) => network.id === id)
  const before = model.networks[index]
  if (before === undefined) return model
  const after = how(before)
  return after === before ? model : { ...model, networks: model.networks.with(index, after) }
}

const changeCurrent = (model: Model, how: (network: NetworkModel) => NetworkModel): Model =>
  model.currentId === null ? model : change(model, model.currentId, how)

/** What the node says and what its stream tells come on different ways: either may be first. */
const withStatus = (network: NetworkModel, status: NetworkStatus, nowMs: number): NetworkModel => {
  const { splitSince, name } = status
  const next = { ...network, name, status }
  if (splitSince === null) return whole(next, nowMs)
  const seen = network.split ?? { active: status.active, of: status.roster }
  return { ...next, split: { ...seen, since: splitSince } }
}

/** The list of joined networks is the node's; what people had before their eyes stays. */
const onStatus = (model: Model, networks: readonly NetworkStatus[]): Model => {
  // Whoever was put out keeps what was said, to read.
  const joined = networks.filter(({ role, removed }) => role !== 'left' || removed !== undefined)
  const next = joined.map((status) => {
    const known = networkOf(model, status.id)
    const offer = model.offers.find(({ id }) => id === status.id)
    const unread = status.unread ?? (offer?.joined === true ? offer.unread : 0)
    return known === null ? newNetwork(status, unread) : withStatus(known, status, model.nowMs)
  })
  const isThere = next.some(({ id }) => id === model.currentId)
  return { ...model, networks: next, currentId: isThere ? model.currentId : (next[0]?.id ?? null) }
}

const onPage = (network: NetworkModel, page: readonly MessageView[]): NetworkModel => {
  const timeline = putPage(network.timeline, page)
  const pending = withoutArrived(network.pending, page)
  if (page.length > 0) return { ...network, timeline, pending }
  // There is nothing where something was looked for: the end is what there is.
  const newest = lastPosition(timeline)
  return { ...network, timeline: { ...timeline, newest }, scroll: { kind: 'end' }, selected: null }
}

const onNews = (model: Model, event: NodeNews): Model => {
  switch (event.kind) {
    case 'status':
      return onStatus(model, event.networks)
    case 'offers':
      return { ...model, offers: event.networks }
    case 'members':
      return change(model, event.network, (network) => ({ ...network, members: event.members }))
    case 'stream-begins':
      return change(model, event.network, (network) => ({
        ...network,
        timeline: { ...network.timeline, messages: [], loading: null },
        scroll: { kind: 'end' },
        selected: null,
      }))
    case 'lines':
      return change(model, event.network, (network) =>
        onLines(network, event.lines, surroundings(model, event.network)),
      )
    case 'page-asked':
      return change(model, event.network, (network) => ({
        ...network,
        timeline: { ...network.timeline, loading: event.want },
      }))
    case 'page':
      return change(model, event.network, (network) => onPage(network, event.messages))
    case 'page-failed':
      return change(model, event.network, (network) => ({
        ...network,
        timeline: { ...network.timeline, loading: null },
      }))
    case 'refreshed':
      return change(model, event.network, (network) => ({
        ...network,
        timeline: refresh(network.timeline, event.messages),
      }))
    case 'read-told':
      return change(model, event.network, (network) => ({ ...network, readTold: event.position }))
    case 'search-results': {
      const { search } = model
      if (search === null || search.query !== event.query) return model
      const results = [...event.messages, ...search.results]
      const selected = search.results.length === 0 ? results.length - 1 : search.selected
      return {
        ...model,
        search: {
          ...search,
          results,
          selected: selected + (search.results.length === 0 ? 0 : event.messages.length),
          isLoading: false,
          hasMore: event.hasMore,
        },
      }
    }
    case 'disconnected':
      return { ...model, isConnected: false }
  }
}

/** Shows the first unread message, if there is one, with what was read before it. */
const toUnread = (network: NetworkModel): NetworkModel =>
  network.scroll.kind === 'at' || unreadCount(network) === 0
    ? network
    : {
        ...network,
        scroll: { kind: 'at', position: network.readUpTo + 1, line: 0 },
        topShown: 0,
        unreadAfter: network.readUpTo,
      }

/** Whoever goes elsewhere has seen where the new ones began. */
const openNetwork = (model: Model, id: string, atUnread: boolean): Model => {
  if (networkOf(model, id) === null) return model
  const isOther = id !== model.currentId
  const left = isOther
    ? changeCurrent(model, (network) => ({
        ...network,
        unreadAfter: network.readUpTo < network.timeline.newest ? network.readUpTo : null,
      }))
    : model
  const opened: Model = { ...left, currentId: id, overlay: null, search: null }
  return change(opened, id, (network) =>
    readIfWatched(atUnread ? toUnread(network) : network, isWatched(opened, id)),
  )
}

const jump = (network: NetworkModel, position: number, below: number): NetworkModel => {
  const { timeline } = network
  if (timeline.newest === 0) return network
  const target = Math.min(Math.max(1, position), timeline.newest)
  const lowest = Math.min(target + below, timeline.newest)
  const isHere = messageAt(timeline, target) !== null && messageAt(timeline, lowest) !== null
  return {
    ...network,
    scroll: { kind: 'at', position: lowest, line: 0 },
    topShown: 0,
    selected: target,
    // Out of the window: `wants` sees that the row to show is missing, and asks for its page.
    timeline: isHere ? timeline : { ...timeline, loading: null },
  }
}

const onInNetwork = (model: Model, event: Doing): Model => {
  switch (event.kind) {
    case 'draft':
      return change(model, event.network ?? model.currentId ?? '', (network) => ({
        ...network,
        draft: event.draft,
      }))
    case 'scroll':
      return changeCurrent(model, (network) =>
        readIfWatched({ ...network, scroll: event.scroll, topShown: 0 }, model.isFocused),
      )
    case 'shown':
      return changeCurrent(model, (network) =>
        network.topShown === event.topPosition
          ? network
          : { ...network, topShown: event.topPosition },
      )
    case 'select':
      return changeCurrent(model, (network) => ({ ...network, selected: event.position }))
    case 'jump':
      return changeCurrent({ ...model, overlay: null, search: null }, (network) =>
        jump(network, event.position, event.below ?? 0),
      )
    case 'clear':
      return changeCurrent(model, (network) => ({
        ...network,
        timeline: { ...network.timeline, messages: [], marks: [] },
        pending: network.pending.filter(({ state }) => state !== 'failed'),
        unreadAfter: null,
        scroll: { kind: 'end' },
      }))
    case 'send':
      return change(model, event.network, (network) =>
        addPending(network, {
          localId: event.localId,
          id: null,
          text: event.text,
          atMs: model.nowMs,
          state: 'handed-over',
          code: null,
        }),
      )
    case 'sent':
      return change(model, event.network, (network) => onSent(network, event.localId, event.id))
    case 'send-failed':
      return change(model, event.network, (network) => ({
        ...network,
        pending: network.pending.map((one) =>
          one.localId === event.localId ? { ...one, state: 'failed', code: event.code } : one,
        ),
      }))
    case 'mute':
      return change(model, event.network, (network) => ({ ...network, isMuted: event.isMuted }))
    default:
      return model
  }
}

const onDoing = (model: Model, event: Doing): Model => {
  switch (event.kind) {
    case 'tick':
      return model
    case 'focus': {
      const next = { ...model, isFocused: event.isFocused }
      return changeCurrent(next, (network) => readIfWatched(network, event.isFocused))
    }
    case 'open-network':
      return openNetwork(model, event.network, event.atUnread ?? false)
    case 'overlay':
      return { ...model, overlay: event.overlay }
    case 'search': {
      const { network, query } = event
      const search = { network, query, results: [], selected: 0, isLoading: true, hasMore: true }
      return { ...model, search, overlay: { kind: 'search' } }
    }
    case 'search-select': {
      const { search } = model
      if (search === null) return model
      const last = Math.max(0, search.results.length - 1)
      const selected = Math.min(last, Math.max(0, event.selected))
      return { ...model, search: { ...search, selected } }
    }
    case 'search-more':
      return model.search === null
        ? model
        : { ...model, search: { ...model.search, isLoading: true } }
    case 'search-close':
      return { ...model, search: null, overlay: null }
    case 'ignore':
      return { ...model, ignored: event.ids }
    case 'notice':
      return { ...model, notice: { tone: event.tone, text: event.text, atMs: model.nowMs } }
    case 'notice-over':
      return { ...model, notice: null }
    default:
      return onInNetwork(model, event)
  }
}

const NEWS: ReadonlySet<ViewEvent['kind']> = new Set<NodeNews['kind']>([
  'status',
  'offers',
  'members',
  'lines',
  'stream-begins',
  'page-asked',
  'page',
  'page-failed',
  'refreshed',
  'read-told',
  'search-results',
  'disconnected',
])

const isNews = (event: ViewEvent): event is NodeNews => NEWS.has(event.kind)

/** How long one line of news stays: long enough to be read, unless somebody types on. */
const NOTICE_MS = 12_000

export const reduce = (model: Model, event: ViewEvent, nowMs: number): Model => {
  const timed: Model = model.nowMs === nowMs ? model : { ...model, nowMs }
  const { notice } = timed
  const isStale = notice !== null && nowMs - notice.atMs > NOTICE_MS
  const current = isStale ? { ...timed, notice: null } : timed
  return isNews(event) ? onNews(current, event) : onDoing(current, event)
}

/** Whether the newest message of the network that is open is in its window. */
export const showsEnd = (model: Model): boolean => {
  const network = currentNetwork(model)
  return network !== null && isAtEnd(network.timeline) && network.scroll.kind === 'end'
}
