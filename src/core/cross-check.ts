/**
 * A leader that tells two stories, one to some and another to others, is caught: members compare at
 * random what they have at a place of a term. Where they differ, both stretches go round, each
 * signed by the leader, so that whoever has either sees the other and knows.
 */
import { beatMs } from './config.ts'
import { entryText, headText } from './entry-codec.ts'
import { termOf, type SignedEntry } from './entry.ts'
import type { NodeId, Place, TermId } from './ids.ts'
import { limits } from './limits.ts'
import type { Packet } from './packet.ts'
import { jitter } from './prng.ts'
import type { Replica } from './replica.ts'

/** How often a member compares with another, in beats. */
const checkBeats = 16

/** Terms whose leader was caught that are remembered, so that each is told of once. */
const caughtTerms = 64

/** Time to compare: asks one other member what it has where this one's history ends. */
export const onCheckTimer = (replica: Replica): void => {
  const { role, prng, config, history, timers } = replica
  const h = beatMs(config, replica.viewSize())
  timers.set('check', replica.now + jitter(prng, checkBeats * h, 0.25))
  if (role.name !== 'follower' && role.name !== 'leader') return
  const others = history.state.view.members.filter(({ id }) => id !== replica.id)
  const other = others[Math.floor(prng.next() * others.length)]?.id
  if (other !== undefined && history.head !== null)
    replica.send(other, { kind: 'check', ...history.head })
}

export const onCheck = (
  replica: Replica,
  from: NodeId,
  { term, seq, hash }: Extract<Packet, { kind: 'check' }>,
): void => {
  const { log } = replica.history
  if (!replica.onRoster(from) || !log.has({ term, seq }) || log.hashAt({ term, seq }) === hash)
    return
  replica.send(from, { kind: 'story', entries: storyFrom(replica, { term, seq }) })
}

/** What is stored from a place on, up to the leader's next signature. */
const storyFrom = ({ history }: Replica, { term, seq }: Place): readonly SignedEntry[] => {
  const last = Math.min(history.log.term(term).last, seq + limits.stretchEntries - 1)
  const entries = history.log.range(term, seq, last)
  const end = entries.findIndex((signed) => signed.sig !== null)
  return entries.slice(0, end + 1)
}

export const onStory = (
  replica: Replica,
  from: NodeId,
  { entries }: Extract<Packet, { kind: 'story' }>,
): void => {
  if (!replica.onRoster(from)) return
  expose(replica, entries)
}

/** If this stretch is the leader's and not what it told this node, all are told, once. */
export const expose = (replica: Replica, theirs: readonly SignedEntry[]): void => {
  const [first] = theirs
  if (first === undefined) return
  const term = termOf(first)
  const place = { term, seq: first.entry.seq }
  const { log, state } = replica.history
  if (replica.caught.has(term) || !log.has(place) || log.hashAt(place) === first.hash) return
  if (!isToldByLeader(replica, term, theirs)) return
  replica.caught.add(term)
  for (const oldest of replica.caught)
    if (replica.caught.size > caughtTerms) replica.caught.delete(oldest)
  const own = storyFrom(replica, place)
  replica.emit({ event: 'two-stories', by: log.term(term).leader, proof: [...own, ...theirs] })
  const all = state.view.members.map((member) => member.id)
  for (const entries of [own, theirs]) replica.send(all, { kind: 'story', entries })
}

const isToldByLeader = (
  { history, crypto, group }: Replica,
  term: TermId,
  entries: readonly SignedEntry[],
): boolean => {
  const last = entries.at(-1)
  if (last === undefined || last.sig === null) return false
  const isChain = entries.every((signed, at) => {
    const before = entries[at - 1]
    if (termOf(signed) !== term || crypto.hash(entryText(signed.entry)) !== signed.hash)
      return false
    if (signed.entry.group !== group) return false
    return before === undefined || signed.entry.prev === before.hash
  })
  return isChain && crypto.verify(history.log.term(term).leader, headText(last.hash), last.sig)
}
