/** What the members of a soak say: at a moderate pace, all kinds of messages, now and then a burst. */
import { setTimeout as pause } from 'node:timers/promises'

import type { Wait } from '../../src/node/api.ts'
import { NETWORK } from '../cluster.ts'
import type { Crew, Member } from './crew.ts'
import type { Chance } from './failures.ts'

export interface Tally {
  /** Ids of all that a node has answered for: none of them may be lost, and none be there twice. */
  readonly acknowledged: Set<string>
  /** Calls without an answer, because their node was ended or stood still: they may be there. */
  unanswered: number
  /** Calls that were refused, by the code of the error. */
  readonly refused: Map<string, number>
}

const WAITS: readonly Wait[] = ['queued', 'sequenced', 'majority', 'all']
const BURST = 200
const BURST_SHARE = 0.003
const CHANGE_SHARE = 0.2
const CALL_MS = 20_000

const noteFailure = (tally: Tally, thrown: unknown): void => {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'OTHER'
  if (code === 'NO_NODE' || code === 'TIMEOUT' || code === 'INTERRUPTED') tally.unanswered += 1
  else tally.refused.set(code, (tally.refused.get(code) ?? 0) + 1)
}

const wordsOf = (number: number, chance: Chance): string =>
  `${number} ${'lorem ipsum dolor sit amet '.repeat(1 + Math.floor(chance() ** 4 * 100))}`

const sayBurst = async ({ node }: Member, number: number, tally: Tally): Promise<void> => {
  const texts = Array.from({ length: BURST }, (_, at) => `${number} of a burst: ${at}`)
  const params = { network: NETWORK, texts, timeoutMs: CALL_MS }
  const { results } = await node.client.call('send_many', params, { timeoutMs: CALL_MS + 2_000 })
  for (const result of results) {
    if ('message' in result) tally.acknowledged.add(result.message.id)
    else noteFailure(tally, Object.assign(new Error(), { code: result.error.code }))
  }
}

const sayOne = async (
  { node }: Member,
  number: number,
  tally: Tally,
  chance: Chance,
): Promise<void> => {
  const wait = WAITS[Math.floor(chance() * WAITS.length)] ?? 'sequenced'
  const { count } = chance() < CHANGE_SHARE ? await node.status() : { count: 0 }
  const about = `#${1 + Math.floor(chance() * count)}`
  const how =
    count === 0
      ? { text: wordsOf(number, chance) }
      : chance() < 0.5
        ? { kind: 'reply' as const, about, text: wordsOf(number, chance) }
        : { kind: 'reaction' as const, about, text: '👍' }
  const params = { network: NETWORK, wait, timeoutMs: CALL_MS, ...how }
  const { message } = await node.client.call('send', params, { timeoutMs: CALL_MS + 2_000 })
  tally.acknowledged.add(message.id)
}

/** Speaks until told to stop, about `perSecond` messages; resolves when all calls have ended. */
export const speak = async (
  crew: Crew,
  perSecond: number,
  tally: Tally,
  { chance, signal }: { readonly chance: Chance; readonly signal: AbortSignal },
): Promise<void> => {
  const calls = new Set<Promise<void>>()
  for (let number = 0; !signal.aborted; number += 1) {
    const up = crew.up()
    const member = up[Math.floor(chance() * up.length)]
    const isBurst = chance() < BURST_SHARE
    if (member !== undefined && calls.size < 500) {
      const said = isBurst ? sayBurst(member, number, tally) : sayOne(member, number, tally, chance)
      const call = said
        .catch((thrown: unknown) => noteFailure(tally, thrown))
        .finally(() => calls.delete(call))
      calls.add(call)
    }
    await pause((1_000 / perSecond) * (0.5 + chance()))
  }
  await Promise.all(calls)
}
