/** Why this node gets nothing new of a group any more: it was put out, or it has left. */
import { isNodeId } from '../core/entry-codec.ts'
import type { AuthorBatch } from '../core/entry.ts'
import type { NodeId } from '../core/ids.ts'
import { provesRemoval } from '../core/removal.ts'
import type { Replica } from '../core/replica.ts'
import { isErrorCode, ParleyError } from '../rpc/errors.ts'
import type { Json } from '../store/store.ts'

export interface PutOut {
  readonly code: 'BANNED' | 'NOT_A_MEMBER'
  /** Who did it; null if that was not shown. */
  readonly by: NodeId | null
}

export const putOutFromJson = (saved: Json): PutOut | null => {
  if (typeof saved !== 'object' || saved === null || !('code' in saved)) return null
  const { code, by } = saved
  if (code !== 'BANNED' && code !== 'NOT_A_MEMBER') return null
  return { code, by: isNodeId(by) ? by : null }
}

/**
 * Who put this node out: by the operation in its own history or, since those who were put out are
 * given no more of it, by the one that it was shown.
 */
export const authorOfRemoval = (replica: Replica, shown: AuthorBatch | null): NodeId | null => {
  const { log, state } = replica.history
  const place = state.roster.removals.get(replica.id)
  const entry = place === undefined ? undefined : log.at(place).entry
  if (entry?.kind === 'roster') return entry.body.author
  return shown !== null && provesRemoval(replica, shown) ? shown.author : null
}

export const putOutError = (network: string, { code }: PutOut, by: string | null): ParleyError => {
  const whom = by === null ? '' : ` by ${by}`
  return code === 'BANNED'
    ? new ParleyError(code, `You were banned from ${network}${whom}`, {
        hint: 'What was said before can be read. Ask an owner or admin to lift the ban.',
      })
    : new ParleyError(code, `You were removed from ${network}${whom}`, {
        hint: 'What was said before can be read. To be in again, join it, or ask for an invite.',
      })
}

export const leftError = (network: string): ParleyError =>
  new ParleyError('NOT_A_MEMBER', `This node has left ${network}`, {
    hint: 'What was said before can be read. To be in again, join it.',
  })

/** What the group says against this node or its messages, as callers see it. */
export const refusalOf = (code: string, isInvited: boolean): ParleyError => {
  if (isErrorCode(code)) return new ParleyError(code)
  if (code === 'OUTBOX_FULL')
    return new ParleyError('BUSY', 'Too many messages wait to be sent', {
      hint: 'Wait until the group has taken some of them.',
    })
  const hint = 'Ask an owner or admin of the group for a new invite.'
  if (code === 'INVITE_EXPIRED')
    return new ParleyError('REFUSED', 'The invite has expired', { hint })
  if (code !== 'NOT_INVITED') return new ParleyError('REFUSED', `Refused: ${code}`)
  if (!isInvited)
    return new ParleyError('REFUSED', 'This group takes in only those who are invited', {
      hint: 'Ask an owner or admin of the group for an invite.',
    })
  return new ParleyError(
    'REFUSED',
    'The invite is good for nobody any more: it is used up, was taken back, or the link is damaged',
    { hint },
  )
}
