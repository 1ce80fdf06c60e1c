/**
 * When a message was where: each node remembers what it did with the newest ones, and its members
 * may ask. Times of other nodes are put right by how far their clocks are off when they answer.
 */
import type { Effect } from '../core/effect.ts'
import { termOf, type SignedEntry } from '../core/entry.ts'
import type { MessageId, NodeId } from '../core/ids.ts'
import type { Packet } from '../core/packet.ts'
import type { Replica } from '../core/replica.ts'
import { messageTimesMethod, type MessageTimes } from '../rpc/message-times.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { PeerLinks } from './links/peer-links.ts'
import type { Network } from './network.ts'
import type { WayStep } from './operator-api.ts'
import type { Witness } from './witness.ts'

/** Messages whose times are remembered; of more, the oldest are forgotten. */
const MAX_REMEMBERED = 2_000
const ASK_MS = 1_500
/** Members that are asked: more would not be read by anybody. */
const MAX_ASKED = 32

type Times = { -readonly [K in keyof MessageTimes]: MessageTimes[K] }

const idsOf = ({ entry }: SignedEntry): readonly MessageId[] =>
  entry.kind === 'message' ? entry.body.items.map(({ id }) => id) : []

const sentIn = (packet: Packet): readonly MessageId[] =>
  packet.kind === 'send_message'
    ? packet.batches.flatMap(({ batch }) => batch.items.map(({ id }) => id))
    : []

export class MessageLog implements Witness {
  readonly #times = new Map<string, Times>()

  /** What is remembered of a message; nothing, if it is too long ago. */
  of(group: string, id: MessageId): MessageTimes {
    return this.#times.get(`${group} ${id}`) ?? {}
  }

  onEffect({ group, id: self, history }: Replica, effect: Effect): void {
    if (effect.type === 'event') return
    const now = Date.now()
    if (effect.type === 'send') {
      const { packet } = effect
      const isRelayed = packet.kind === 'relay' && packet.origin === self
      const ids = sentIn(isRelayed ? packet.packet : packet)
      for (const id of ids) {
        const times = this.#note(group, id)
        times.sentAt ??= now
        times.via ??= isRelayed ? [...effect.to, ...packet.path] : []
      }
      return
    }
    for (const change of effect.outbox)
      if (change.change === 'queue') this.#note(group, change.queued.item.id).typedAt = now
    for (const signed of effect.entries) {
      const isOwn = history.log.terms.get(termOf(signed))?.leader === self
      for (const id of idsOf(signed)) this.#note(group, id)[isOwn ? 'appendedAt' : 'storedAt'] = now
    }
  }

  #note(group: string, id: MessageId): Times {
    const key = `${group} ${id}`
    const known = this.#times.get(key)
    if (known !== undefined) return known
    const fresh: Times = {}
    this.#times.set(key, fresh)
    if (this.#times.size > MAX_REMEMBERED) {
      const [oldest] = this.#times.keys()
      if (oldest !== undefined) this.#times.delete(oldest)
    }
    return fresh
  }
}

const stepsOf = (
  network: Network,
  node: NodeId,
  times: MessageTimes,
  offsetMs: number,
): readonly WayStep[] => {
  const { typedAt, sentAt, appendedAt, storedAt, via = [] } = times
  const step = (what: WayStep['what'], at: number | undefined): readonly WayStep[] =>
    at === undefined
      ? []
      : [
          {
            what,
            by: network.nameOf(node),
            at: new Date(at - offsetMs).toISOString(),
            offsetMs: Math.round(offsetMs),
            via: what === 'sent' ? via.map((id) => network.nameOf(id)) : [],
          },
        ]
  return [
    ...step('typed', typedAt),
    ...step('sent', sentAt),
    ...step('appended', appendedAt),
    ...step('stored', storedAt),
  ]
}

/** Asks active members what they remember of it; those that do not answer are left out. */
export const wayOf = async (
  network: Network,
  id: MessageId,
  log: MessageLog,
  links: Pick<PeerLinks, 'call'>,
): Promise<readonly WayStep[]> => {
  const self = network.context.id
  const others = network.state.view.members.filter((member) => member.id !== self)
  const asked = others.slice(0, MAX_ASKED).map(async (member) => {
    const before = Date.now()
    try {
      const params = { group: network.id, message: id }
      const answer = await links.call(member.id, messageTimesMethod.name, params, ASK_MS)
      const read = messageTimesMethod.result.safeParse(answer)
      if (!read.success) return []
      const { now, ...times } = read.data
      // As in NTP: the answer was given halfway between question and answer.
      return stepsOf(network, member.id, times, now - (before + Date.now()) / 2)
    } catch (thrown) {
      if (thrown instanceof ParleyError) return []
      throw thrown
    }
  })
  const own = stepsOf(network, self, log.of(network.id, id), 0)
  const all = [...own, ...(await Promise.all(asked)).flat()]
  return all.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}
