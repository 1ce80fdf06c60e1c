/**
 * What a replica decides, in words: one line each, for logs and transcripts. Told from the effects
 * alone, so that the protocol itself is free of telling. No words of any message are in it.
 */
import type { Effect, GroupEvent } from './effect.ts'
import { termOf, type AuthorBatch, type OpenBody, type SignedEntry } from './entry.ts'
import type { MessageId, NodeId, Place } from './ids.ts'
import { placeKey } from './ids.ts'
import type { MergeStep, Packet } from './packet.ts'
import type { Replica } from './replica.ts'

export type DecisionLevel = 'debug' | 'info' | 'warn' | 'error'

export interface Decision {
  readonly level: DecisionLevel
  /** One word that programs can rely on. */
  readonly event: string
  readonly text: string
  /** What is done by this, and what must have been done before: the same texts on all nodes. */
  readonly act?: string
  readonly cause?: string
  readonly entry?: Place
  readonly messages?: readonly MessageId[]
  readonly code?: string
}

export type NameOf = (id: NodeId) => string

const namesOf = (ids: readonly NodeId[], nameOf: NameOf): string => ids.map(nameOf).join(' ')

/** `#4`, or `#4–#7`. */
export const positionsText = (from: number, to: number): string =>
  from === to ? `#${from}` : `#${from}–#${to}`

const viewText = ({ history }: Replica, nameOf: NameOf): string =>
  `view=[${namesOf(
    history.state.view.members.map(({ id }) => id),
    nameOf,
  )}]`

const roleText = (
  replica: Replica,
  { role, leader }: Extract<GroupEvent, { event: 'role' }>,
  nameOf: NameOf,
): string => {
  switch (role) {
    case 'leader':
      return `leads ${replica.history.state.name}  ${viewText(replica, nameOf)}`
    case 'follower':
      return `follows ${leader === null ? 'nobody' : nameOf(leader)}`
    case 'seeking': {
      const suspect = replica.role.name === 'seeking' ? replica.role.suspect : null
      return suspect === null ? 'looks for a leader' : `suspects ${nameOf(suspect)}`
    }
    case 'joining':
      return 'asks to come in'
    case 'left':
      return 'takes part no more'
  }
}

/** What an event says; null for one that is no decision, such as a message that arrives. */
export const eventText = (replica: Replica, event: GroupEvent, nameOf: NameOf): string | null => {
  switch (event.event) {
    case 'role':
      return roleText(replica, event, nameOf)
    case 'view':
      return event.view.length === 0 || replica.role.name === 'joining'
        ? null
        : viewText(replica, nameOf)
    case 'merged': {
      const where = positionsText(event.fromPosition, event.toPosition)
      const what = `${where} by ${namesOf(event.authors, nameOf)} came in`
      return event.moved ? `merged: own messages moved, ${what}` : `merged: ${what}`
    }
    case 'caught-up':
      return `caught up on ${positionsText(event.fromPosition, event.toPosition)}`
    case 'refused':
      return `cannot send (${event.code})`
    case 'turned-away':
      return `is turned away (${event.code})`
    case 'left':
      return 'has left'
    case 'no-effect':
      return `has no effect with its ${event.content.kind}`
    case 'two-stories':
      return `was told two stories by ${nameOf(event.by)}`
    default:
      return null
  }
}

const eventName = (replica: Replica, event: GroupEvent): string => {
  if (event.event !== 'role') return event.event
  const isSuspicion = replica.role.name === 'seeking' && replica.role.suspect !== null
  return isSuspicion ? 'suspicion' : event.role
}

const eventLevel = ({ event }: GroupEvent): DecisionLevel => {
  if (event === 'two-stories') return 'error'
  return event === 'refused' || event === 'turned-away' ? 'warn' : 'info'
}

const ofEvent = (replica: Replica, event: GroupEvent, nameOf: NameOf): readonly Decision[] => {
  const text = eventText(replica, event, nameOf)
  if (text === null) return []
  const common = { level: eventLevel(event), event: eventName(replica, event), text }
  const { term } = event.event === 'role' ? event : { term: null }
  const cause = term === null ? {} : { cause: placeKey({ term, seq: 0 }) }
  if (event.event === 'refused') return [{ ...common, messages: event.ids, code: event.code }]
  return [event.event === 'turned-away' ? { ...common, code: event.code } : { ...common, ...cause }]
}

const idsOf = ({ entry }: SignedEntry): readonly MessageId[] =>
  entry.kind === 'message' || entry.kind === 'roster' ? entry.body.items.map(({ id }) => id) : []

const kindsOf = ({ items }: AuthorBatch): string =>
  items.map(({ content }) => content.kind).join(' ')

const openText = ({ leader, gone, back }: OpenBody, nameOf: NameOf): string => {
  const out = gone.length > 0 ? `, without ${namesOf(gone, nameOf)}` : ''
  const more = back.length > 0 ? `, with ${namesOf(back, nameOf)} back` : ''
  return `term opened by ${nameOf(leader)}${out}${more}`
}

const entryText = ({ entry }: SignedEntry, nameOf: NameOf): string => {
  switch (entry.kind) {
    case 'genesis':
      return `group ${entry.body.name} founded by ${nameOf(entry.body.founder.id)}`
    case 'open':
      return openText(entry.body, nameOf)
    case 'activate':
      return `admitted: ${entry.body.members.map(({ card }) => card.name).join(' ')}`
    case 'deactivate':
      return `out of the view (${entry.body.cause}): ${namesOf(entry.body.members, nameOf)}`
    case 'merge':
      return `merge of ${entry.body.tips.length}, with [${namesOf(entry.body.members, nameOf)}]`
    case 'roster':
      return `${kindsOf(entry.body)} by ${nameOf(entry.body.author)}`
    case 'message':
      return `${entry.body.items.length} by ${nameOf(entry.body.author)}`
  }
}

const ofEntry = (replica: Replica, signed: SignedEntry, nameOf: NameOf): Decision => {
  const { entry } = signed
  const place = { term: termOf(signed), seq: entry.seq }
  const isOwn = replica.history.log.terms.get(place.term)?.leader === replica.id
  const key = placeKey(place)
  const what = entryText(signed, nameOf)
  const ids = idsOf(signed)
  return {
    level: entry.kind === 'message' ? 'debug' : 'info',
    event: isOwn ? `appends-${entry.kind}` : `stores-${entry.kind}`,
    text: `${isOwn ? 'appends' : 'stores'} ${entry.kind} ${entry.seq}: ${what}`,
    entry: place,
    ...(isOwn ? { act: key } : { cause: key }),
    ...(ids.length === 0 ? {} : { messages: ids }),
  }
}

/** More at once is history that was missed: told in one line. */
const TOLD_SINGLY = 64

const ofEntries = (
  replica: Replica,
  entries: readonly SignedEntry[],
  nameOf: NameOf,
): readonly Decision[] => {
  if (entries.length <= TOLD_SINGLY) return entries.map((one) => ofEntry(replica, one, nameOf))
  return [{ level: 'info', event: 'stores-page', text: `stores ${entries.length} entries` }]
}

const ofMergeStep = (step: MergeStep, to: string): Decision | null => {
  if (step.step === 'hello')
    return { level: 'info', event: 'gives-way', text: `offers ${to} to give way` }
  if (step.step !== 'welcome') return null
  return { level: 'info', event: 'welcomes', text: `welcomes ${to}, who gives way` }
}

const voteText = { here: 'would follow', senior: 'is senior to', leader: 'knows a leader, tells' }

const ofPacket = (
  replica: Replica,
  to: readonly NodeId[],
  packet: Packet,
  nameOf: NameOf,
): Decision | null => {
  const whom = namesOf(to, nameOf)
  switch (packet.kind) {
    case 'election': {
      const act = `round ${replica.id} ${packet.round}`
      const text = `asks to lead (round ${packet.round}): ${whom}`
      return { level: 'info', event: 'candidacy', text, act }
    }
    case 'vote': {
      const cause = `round ${to[0] ?? ''} ${packet.round}`
      const text = `${voteText[packet.says.answer]} ${whom} (round ${packet.round})`
      return { level: 'info', event: 'vote', text, cause }
    }
    case 'handover':
      return { level: 'info', event: 'handover', text: `hands over to ${whom}` }
    case 'refused':
    case 'turned_away': {
      const isSaid = packet.kind === 'refused'
      const text = `${isSaid ? 'refuses' : 'turns away'} ${whom} (${packet.code})`
      const event = isSaid ? 'refuses' : 'turns-away'
      return { level: 'warn', event, text, code: packet.code }
    }
    case 'merge':
      return ofMergeStep(packet.step, whom)
    case 'relay': {
      const isOwn = packet.origin === replica.id
      return isOwn ? ofPacket(replica, [packet.to], packet.packet, nameOf) : null
    }
    default:
      return null
  }
}

/** What is decided by an effect, told after it was carried out. */
export const decisionsOf = (
  replica: Replica,
  effect: Effect,
  nameOf: NameOf,
): readonly Decision[] => {
  switch (effect.type) {
    case 'persist':
      return effect.entries.length === 0 ? [] : ofEntries(replica, effect.entries, nameOf)
    case 'event':
      return ofEvent(replica, effect.event, nameOf)
    case 'send': {
      const one = ofPacket(replica, effect.to, effect.packet, nameOf)
      return one === null ? [] : [one]
    }
  }
}
