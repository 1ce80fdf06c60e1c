/** Where a message is, as far as this node knows. */
import type { Item } from '../core/entry.ts'
import type { MessageId, NodeId } from '../core/ids.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { StoredMessage } from '../store/store.ts'
import type { Network } from './network.ts'
import type { MessageTrace } from './operator-api.ts'
import { whoOf } from './views.ts'

/** What is said of a message that has no place yet. */
const placeless = {
  position: null,
  clock: null,
  entry: null,
  sequencedBy: null,
  folded: false,
} as const

const isoOf = (ms: number): string => new Date(Math.min(ms, 8.64e15)).toISOString()

const sequenced = (network: Network, message: StoredMessage): MessageTrace => {
  const { term, seq, index } = message
  const { by, missing } = network.storedBy(message)
  const leader = network.history().log.terms.get(term)?.leader ?? null
  const signed = network.store.entryAt({ term, seq })
  if (signed === null) throw new ParleyError('STORAGE_CORRUPT')
  return {
    id: message.id,
    network: network.id,
    state: 'sequenced',
    author: whoOf(network, message.author),
    text: message.content.text,
    sentAt: isoOf(message.sentAt),
    position: message.position,
    clock: message.clock,
    entry: { term, seq, hash: signed.hash, index },
    sequencedBy: leader === null ? null : whoOf(network, leader),
    folded: message.folded,
    storedBy: by.map((id) => network.nameOf(id)),
    missing: missing.map((id) => network.nameOf(id)),
  }
}

const waiting = (
  network: Network,
  { id, sentAt, content }: Item,
  state: 'waiting' | 'sent',
): MessageTrace => ({
  id,
  network: network.id,
  state,
  author: whoOf(network, network.context.id),
  text: content.text,
  sentAt: isoOf(sentAt),
  ...placeless,
  storedBy: [network.context.name],
  missing: network.state.view.members
    .map((member): NodeId => member.id)
    .filter((member) => member !== network.context.id)
    .map((member) => network.nameOf(member)),
})

/** Own messages that have no place yet. */
const waitingFor = (network: Network, text: string): MessageTrace | null => {
  const { batches, queued } = network.store.outbox()
  const queuedItem = queued.find(({ item }) => item.id.startsWith(text))?.item
  if (queuedItem !== undefined) return waiting(network, queuedItem, 'waiting')
  const sent = batches.flatMap(({ batch }) => batch.items).find(({ id }) => id.startsWith(text))
  return sent === undefined ? null : waiting(network, sent, 'sent')
}

/** By id, by its beginning if it is one of the newest, or by `#position`; null if there is none. */
const traceIn = (network: Network, text: string): MessageTrace | null => {
  const { store } = network
  const [, position] = /^#?(\d{1,9})$/.exec(text) ?? []
  const [found] = position === undefined ? [] : store.messages({ from: Number(position), limit: 1 })
  const message =
    found ??
    store.messageById(text as MessageId) ??
    store.lastMessages(NEWEST).find(({ id }) => text.length >= SHORTEST && id.startsWith(text))
  if (message !== undefined && message !== null) return sequenced(network, message)
  return text.length >= SHORTEST ? waitingFor(network, text) : null
}

/** In the first of these networks that has it; a position says something in one network only. */
export const traceMessage = (among: readonly Network[], text: string): MessageTrace => {
  if (among.length > 1 && /^#?\d{1,9}$/.test(text))
    throw new ParleyError('USAGE', 'A position needs its network', {
      hint: 'Name the network: parley trace --network NAME #17',
    })
  for (const network of among) {
    const found = traceIn(network, text)
    if (found !== null) return found
  }
  const where = among.length === 1 ? among[0]?.name : 'This node'
  throw new ParleyError('USAGE', `${where} has no message ${text}`, {
    hint: 'Give its position, as #17, or its id, as send --json and history --json print it.',
  })
}

const NEWEST = 1_000
const SHORTEST = 6
