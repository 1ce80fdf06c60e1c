import { v7 } from 'uuid'

import type { InstanceId, MessageId } from '../core/ids.ts'

/** Draws the next id of a session. */
export type NextMessageId = () => MessageId

/** Digits at the end of an id that the session takes. */
const TAIL = 12
/** Digits of an id as text. */
const ID_LENGTH = 36

/**
 * uuid's sequence number has 32 bits, the lower 6 of which stand among the digits that the session
 * takes; so ours counts in the upper 26.
 */
const HIDDEN_BITS = 6
const COUNTS_PER_MS = 2 ** 26

/** Everything random in an id is replaced: by the sequence and by the session, which is random. */
const noRandom = new Uint8Array(16)

/**
 * Ids for one session: UUID version 7 whose last 12 digits are the first 12 of the session. Each is
 * greater than the one before, within a millisecond and also when the wall clock is set back: then
 * they go on from the latest time seen. `now` is the wall clock, in ms since 1970.
 */
export const messageIds = (session: InstanceId, now: () => number = Date.now): NextMessageId => {
  const tail = session.slice(0, TAIL)
  let msecs = 0
  let count = 0
  return () => {
    const wall = Math.floor(now())
    if (wall > msecs) {
      msecs = wall
      count = 0
    } else if (count === COUNTS_PER_MS - 1) {
      msecs += 1
      count = 0
    } else {
      count += 1
    }
    const uuid = v7({ msecs, seq: count * 2 ** HIDDEN_BITS, random: noRandom })
    return (uuid.slice(0, ID_LENGTH - TAIL) + tail) as MessageId
  }
}
