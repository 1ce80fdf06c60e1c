/** What of a history is on this disk and, as far as is known, on no other. */
import { ParleyError } from '../rpc/errors.ts'
import type { Network } from './network.ts'

/** Messages that are looked at, from the newest back. */
const LOOKED_AT = 1_000

/**
 * So many messages that no other member has: those that wait, and those of this term that nobody
 * else has stored. What older terms have was stored by two before it counted as sent. 0 where there
 * are no others whom it could be lost to.
 */
export const onlyHere = (network: Network): number => {
  const { replica, state } = network
  if (replica === null || state.roster.members.size < 2) return 0
  const term = network.term()
  // Whoever follows has it all from a leader, who has it too.
  if (replica.role.name === 'follower') return replica.outbox.size()
  const alone = network
    .messages(undefined, LOOKED_AT)
    .filter((message) => message.term === term && message.position > network.sharedUpTo)
  return replica.outbox.size() + alone.length
}

/** Throws REFUSED if others would lose something by this node's going. */
export const checkNothingIsLost = (network: Network): void => {
  const count = onlyHere(network)
  if (count === 0) return
  const what = count === 1 ? 'one message' : `${count} messages`
  throw new ParleyError('REFUSED', `Nobody else in ${network.name} has ${what} of its history`, {
    hint: 'Stay until another member is there and has it, or leave with: parley leave --force',
    data: { onlyHere: count },
  })
}
