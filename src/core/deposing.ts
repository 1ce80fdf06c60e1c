/**
 * A leader cannot keep itself in place by not sequencing its own removal: whoever is entitled to
 * remove it shows the signed operation to all, and they choose another leader, who sequences it.
 */
import { batchText } from './entry-codec.ts'
import { seek } from './election.ts'
import type { NodeId } from './ids.ts'
import type { OutboxBatch } from './log-reader.ts'
import type { Packet } from './packet.ts'
import type { Replica } from './replica.ts'
import { isEntitled } from './roster.ts'

/** How long the deposed is not followed again, ms: by then its removal has its place, or never will. */
const deposedMs = 30_000

const removes = (replica: Replica, { kind, batch }: OutboxBatch, leader: NodeId): boolean =>
  kind === 'roster' &&
  batch.items.some(
    ({ content }) =>
      (content.kind === 'kick' || content.kind === 'ban') &&
      content.ref === leader &&
      isEntitled(replica.history.state.roster, batch.author, content),
  )

/** The leader has not sequenced its own removal: shows it to all, and follows it no more. */
export const appeal = (replica: Replica): void => {
  const { role, outbox, history } = replica
  if (role.name !== 'follower') return
  const { leader } = role
  const batches = outbox.batches
    .filter((one) => one.place === null && removes(replica, one, leader))
    .map(({ kind, batch }) => ({ kind, batch }))
  if (batches.length === 0) return
  const others = history.state.view.members.map((member) => member.id)
  replica.send(
    others.filter((id) => id !== leader),
    { kind: 'send_message', batches },
  )
  depose(replica, leader)
}

/** Somebody shows a removal of the leader that this node follows. */
export const onAppeal = (
  replica: Replica,
  { batches }: Extract<Packet, { kind: 'send_message' }>,
): void => {
  const { role, crypto, group } = replica
  if (role.name !== 'follower') return
  const { leader } = role
  const isShown = batches.some(
    (one) =>
      removes(replica, one, leader) &&
      crypto.verify(one.batch.author, batchText(group, one.kind, one.batch), one.batch.sig),
  )
  if (isShown) depose(replica, leader)
}

const depose = (replica: Replica, leader: NodeId): void => {
  const { role } = replica
  if (role.name !== 'follower') return
  replica.deposed = { leader, until: replica.after(deposedMs) }
  seek(replica, leader, { term: role.term, beat: role.beat, delayMs: 0 })
}

export const isDeposed = ({ deposed, now }: Replica, leader: NodeId): boolean =>
  deposed !== null && deposed.leader === leader && now < deposed.until
