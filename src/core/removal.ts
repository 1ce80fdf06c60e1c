/**
 * Who was kicked or banned and has not heard of it is told so, with the operation as it was signed,
 * since whoever says it may lie. The banned are told nothing else.
 */
import { knownOf } from './anti-entropy.ts'
import { batchText } from './entry-codec.ts'
import type { AuthorBatch } from './entry.ts'
import { sessionMark } from './group-state.ts'
import type { NodeId } from './ids.ts'
import { covers } from './log.ts'
import { lastAseq } from './outbox.ts'
import type { Packet, Summary } from './packet.ts'
import type { Replica } from './replica.ts'
import { isEntitled } from './roster.ts'

/** What a member that knows nothing of its ban says again and again. */
const answered: ReadonlySet<Packet['kind']> = new Set(['merge', 'election', 'sync', 'send_message'])

export const tellOfBan = (replica: Replica, to: NodeId, kind: Packet['kind']): void => {
  if (answered.has(kind) && replica.history.state.roster.banned.has(to)) sayRemoved(replica, to)
}

export const sayRemoved = (replica: Replica, to: NodeId): void => {
  const code = replica.history.state.roster.banned.has(to) ? 'BANNED' : 'NOT_A_MEMBER'
  const proof = removalOf(replica, to)
  replica.send(to, { kind: 'turned_away', code, retryMs: null, proof })
}

const removalOf = ({ history }: Replica, id: NodeId): AuthorBatch | null => {
  const place = history.state.roster.removals.get(id)
  const entry = place === undefined ? undefined : history.log.at(place).entry
  return entry?.kind === 'roster' ? entry.body : null
}

/** Was this node put off the roster, and does it not say that it knows? */
export const isUnawareOfRemoval = (replica: Replica, id: NodeId, summary: Summary): boolean => {
  const { history } = replica
  const removal = history.state.roster.removals.get(id)
  if (removal === undefined || summary.head === null) return false
  return !covers(knownOf(history, summary), removal)
}

/**
 * Is it a kick or ban of this node by somebody who may, as far as this node knows, that its history
 * does not have? (One that it has was heeded, or taken back since.)
 */
export const provesRemoval = (replica: Replica, proof: AuthorBatch): boolean => {
  const { history, crypto, group, id } = replica
  const { roster } = history.state
  if (sessionMark(history.state, proof.author, proof.session) >= lastAseq(proof)) return false
  const isMeant = proof.items.some(
    ({ content }) =>
      (content.kind === 'ban' || content.kind === 'kick') &&
      content.ref === id &&
      isEntitled(roster, proof.author, content),
  )
  return isMeant && crypto.verify(proof.author, batchText(group, 'roster', proof), proof.sig)
}
