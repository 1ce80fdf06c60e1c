/**
 * The state of a group at a place of its history: a left fold over the order.
 *
 * Roster, name, topic and the authors' sessions follow every entry, spliced ones included. View and
 * term follow only the thread (`main`): who was active on the other side of a partition is not
 * active here until a merge brings it in.
 */
import {
  applyRosterOperation,
  foundRoster,
  admit,
  type OpenInvite,
  type Roster,
  type RosterMember,
} from './roster.ts'
import type { AuthorBatch, Content, GroupSettings, Item, SignedEntry } from './entry.ts'
import type { GroupId, InstanceId, MessageId, NodeId, Place, TermId } from './ids.ts'
import { termOf } from './entry.ts'
import { activate, deactivate, emptyView, listedBy, reopen, type View } from './view.ts'

/** How far an author's session has come. */
interface SessionMark {
  readonly aseq: number
  readonly lastId: MessageId
}

/** A message as the application sees it; its position is told by whoever lists it. */
export interface VisibleItem {
  readonly id: MessageId
  readonly author: NodeId
  readonly session: InstanceId
  readonly sentAt: number
  readonly content: Content
  /** Where it was sequenced. */
  readonly term: TermId
  readonly seq: number
  readonly clock: number
  /** Index of its entry in the order. */
  readonly index: number
  /** True if its author was not on the roster at this place: kept, but shown folded. */
  readonly folded: boolean
}

/** The state as plain JSON data, as snapshots keep it. */
export interface GroupStateData {
  readonly name: string
  readonly topic: string
  readonly settings: GroupSettings
  readonly members: readonly (readonly [NodeId, RosterMember])[]
  readonly banned: readonly NodeId[]
  readonly known: readonly NodeId[]
  readonly removals: readonly (readonly [NodeId, Place])[]
  readonly invites: readonly (readonly [string, OpenInvite])[]
  readonly view: View
  readonly sessions: readonly (readonly [string, SessionMark])[]
  readonly length: number
  readonly positions: number
  readonly counter: number
  readonly leader: NodeId | null
  readonly term: TermId | null
}

/** Mutable on purpose: one fold step per entry must not copy the group. */
export interface GroupState {
  /** Planted bugs: see `Config`. */
  readonly planted: ReadonlySet<string>
  group: GroupId | null
  name: string
  topic: string
  settings: GroupSettings
  roster: Roster
  view: View
  /** Keyed by author and the 12 digits that its session shares with its messages' ids. */
  sessions: Map<string, SessionMark>
  /** Entries folded so far. */
  length: number
  /** Visible messages so far. */
  positions: number
  /** Term of the thread: its counter, leader and id. */
  counter: number
  leader: NodeId | null
  term: TermId | null
}

const noBugs: ReadonlySet<string> = new Set()

export const emptyState = (planted = noBugs): GroupState => ({
  planted,
  group: null,
  name: '',
  topic: '',
  settings: { policy: 'open', listed: true },
  roster: {
    members: new Map(),
    banned: new Set(),
    known: new Set(),
    removals: new Map(),
    invites: new Map(),
  },
  view: emptyView,
  sessions: new Map(),
  length: 0,
  positions: 0,
  counter: 0,
  leader: null,
  term: null,
})

export const stateToData = (state: GroupState): GroupStateData => ({
  name: state.name,
  topic: state.topic,
  settings: state.settings,
  members: [...state.roster.members],
  banned: [...state.roster.banned],
  known: [...state.roster.known],
  removals: [...state.roster.removals],
  invites: [...state.roster.invites],
  view: state.view,
  sessions: [...state.sessions],
  length: state.length,
  positions: state.positions,
  counter: state.counter,
  leader: state.leader,
  term: state.term,
})

export const stateFromData = (data: GroupStateData, planted = noBugs): GroupState => ({
  planted,
  group: null,
  name: data.name,
  topic: data.topic,
  settings: data.settings,
  roster: {
    members: new Map(data.members),
    banned: new Set(data.banned),
    known: new Set(data.known),
    removals: new Map(data.removals),
    invites: new Map(data.invites),
  },
  view: data.view,
  sessions: new Map(data.sessions),
  length: data.length,
  positions: data.positions,
  counter: data.counter,
  leader: data.leader,
  term: data.term,
})

/** The part of a session's nonce that all ids of the session end with. */
const sessionTail = (session: InstanceId): string => session.slice(0, 12)

/** Does the id belong to the session? The gate refuses batches in which one does not. */
export const isIdOfSession = (id: MessageId, session: InstanceId): boolean =>
  id.endsWith(sessionTail(session))

const sessionKey = ({ planted }: GroupState, author: NodeId, session: InstanceId): string =>
  planted.has('deduplicating-by-id-alone')
    ? sessionTail(session)
    : `${author} ${sessionTail(session)}`

/** Number of the last item of this session that the history has, 0 for none. */
export const sessionMark = (state: GroupState, author: NodeId, session: InstanceId): number =>
  state.sessions.get(sessionKey(state, author, session))?.aseq ?? 0

/** Greatest id of this session that the history has; '' for none. */
export const lastIdOf = (state: GroupState, author: NodeId, session: InstanceId): string =>
  state.sessions.get(sessionKey(state, author, session))?.lastId ?? ''

/**
 * Items of a batch that are new here. An item is new if it is the next of its session and its id is
 * greater than the one before. One that is not (an author with a rolled-back disk said it again
 * under a new number) is counted and not shown: so an (author, id) is accepted once, whatever a
 * hostile author signs, and without looking anything up.
 */
const takeNewItems = (state: GroupState, batch: AuthorBatch): readonly Item[] => {
  const key = sessionKey(state, batch.author, batch.session)
  let mark = state.sessions.get(key)
  const fresh: Item[] = []
  for (const [offset, item] of batch.items.entries()) {
    const aseq = batch.aseq + offset
    const isAgain = aseq <= (mark?.aseq ?? 0) && state.planted.has('last-writer-wins')
    if (aseq !== (mark?.aseq ?? 0) + 1 && !isAgain) continue
    const isNew = mark === undefined || item.id > mark.lastId || isAgain
    mark = { aseq, lastId: isNew || mark === undefined ? item.id : mark.lastId }
    if (isNew) fresh.push(item)
  }
  if (mark !== undefined) state.sessions.set(key, mark)
  return fresh
}

/** An operation that changed nothing at its place: its author was not entitled, or it was done. */
export interface VoidOperation {
  readonly author: NodeId
  readonly item: Item
}

const foldRosterBatch = (
  state: GroupState,
  place: Place,
  batch: AuthorBatch,
  main: boolean,
  onVoid: OnVoid | undefined,
): void => {
  const isTrusted = !main && state.planted.has('entitlement-at-the-wrong-place')
  for (const item of takeNewItems(state, batch)) {
    const result = applyRosterOperation(state.roster, batch.author, item.content, isTrusted)
    if (result.outcome === 'rename') state.name = result.text
    else if (result.outcome === 'topic') state.topic = result.text
    else if (result.outcome === 'removed') {
      state.view = deactivate(state.view, [result.member])
      state.roster.removals.set(result.member, place)
    } else if (result.outcome === 'none') onVoid?.({ author: batch.author, item })
  }
}

const foldMessageBatch = (
  state: GroupState,
  signed: SignedEntry,
  batch: AuthorBatch,
): readonly VisibleItem[] => {
  const folded = !state.roster.members.has(batch.author)
  const visible = takeNewItems(state, batch).map((item) => ({
    id: item.id,
    author: batch.author,
    session: batch.session,
    sentAt: item.sentAt,
    content: item.content,
    term: termOf(signed),
    seq: signed.entry.seq,
    clock: signed.entry.clock,
    index: state.length,
    folded,
  }))
  state.positions += visible.length
  return visible
}

const onlyMembers = (state: GroupState, ids: readonly NodeId[]): NodeId[] =>
  ids.filter((id) => state.roster.members.has(id))

const comeInWithMerge = ({ view, planted }: GroupState, ids: readonly NodeId[]): View =>
  planted.has('numbers-kept-in-a-merge')
    ? { ...view, members: [...view.members, ...ids.map((id, number) => ({ id, number }))] }
    : activate(view, ids)

type OnVoid = (operation: VoidOperation) => void

/** Folds one entry into the state; returns the messages that became visible with it. */
export const foldEntry = (
  state: GroupState,
  signed: SignedEntry,
  main: boolean,
  onVoid?: OnVoid,
): readonly VisibleItem[] => {
  const visible = foldKind(state, signed, main, onVoid)
  state.length += 1
  return visible
}

const none: readonly VisibleItem[] = []

const foldKind = (
  state: GroupState,
  signed: SignedEntry,
  main: boolean,
  onVoid: OnVoid | undefined,
): readonly VisibleItem[] => {
  const { entry } = signed
  switch (entry.kind) {
    case 'genesis':
      state.group = signed.hash as string as GroupId
      state.name = entry.body.name
      state.settings = entry.body.settings
      foundRoster(state.roster, entry.body.founder)
      state.view = activate(state.view, [entry.body.founder.id])
      return none
    case 'open':
      if (!main) return none
      state.view = reopen(state.view, onlyMembers(state, listedBy(state.view, entry.body)))
      state.counter = entry.body.counter
      state.leader = entry.body.leader
      state.term = termOf(signed)
      return none
    case 'activate': {
      const policy = state.planted.has('invite-unchecked') ? 'open' : state.settings.policy
      if (state.planted.has('ban-unheeded'))
        for (const { card } of entry.body.members) state.roster.banned.delete(card.id)
      const ids: NodeId[] = []
      for (const one of entry.body.members)
        if (admit(state.roster, policy, one, entry.clock)) ids.push(one.card.id)
      if (main) state.view = activate(state.view, ids)
      return none
    }
    case 'deactivate':
      if (main) state.view = deactivate(state.view, entry.body.members)
      if (state.planted.has('view-change-kicks'))
        for (const id of entry.body.members) state.roster.members.delete(id)
      return none
    case 'merge':
      if (main) state.view = comeInWithMerge(state, onlyMembers(state, entry.body.members))
      return none
    case 'roster':
      foldRosterBatch(state, { term: termOf(signed), seq: entry.seq }, entry.body, main, onVoid)
      return none
    case 'message':
      return foldMessageBatch(state, signed, entry.body)
  }
}
