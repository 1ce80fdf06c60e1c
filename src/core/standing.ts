/**
 * Whose word counts. Anybody with a key can say that it leads this group: it is believed once this
 * node's own history, or a branch of it that is stored here, shows that it was let in.
 */
import type { NodeId, TermId } from './ids.ts'
import type { Replica } from './replica.ts'
import { fetch } from './syncing.ts'

/** Was it ever let in, as far as is stored here? (Without any history nobody can be told apart.) */
export const wasLetIn = ({ history }: Replica, id: NodeId): boolean =>
  history.head === null || history.mayLead(id)

/** Somebody unknown is said to lead: whoever says so may show the history that made it a member. */
export const askForStanding = (
  replica: Replica,
  from: NodeId,
  term: TermId,
  leader: NodeId,
): void => {
  if (replica.history.log.terms.has(term)) return
  // Strangers get no more than a turn at this.
  if (replica.onRoster(from) || (from === leader && replica.fetching.size < 2)) fetch(replica, from)
}
