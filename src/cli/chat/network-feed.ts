/** What happens in one network, as lines for the chat. */
import type { MessageView, Who } from '../../node/api.ts'
import type { LocalClient } from '../../node/local-api/client.ts'
import type { StreamEvent } from '../../node/local-api/types.ts'
import { eventText, messageText, Shown } from '../message-text.ts'
import type { Output } from '../output.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { removedText } from '../../view-model/words.ts'
import type { DeliveryMarks } from './delivery-marks.ts'

export interface FeedOptions {
  readonly client: LocalClient
  readonly out: Output
  readonly marks: DeliveryMarks
  readonly selfId: string
  readonly network: { readonly id: string; readonly name: string }
  /** Who is active now: changes are told, not this. */
  readonly active: readonly Who[]
  /** False where what was typed stays on the screen. */
  readonly echoesOwn: boolean
  readonly say: (text: string) => void
  /** This node is no longer a member: in which words. */
  readonly onRemoved: (text: string) => void
}

/** Messages shown of what was said before. */
const BACKLOG = 10

const namesOf = (all: readonly Who[]): string => all.map(({ name }) => plainLine(name)).join(', ')

/** Who came and who went, from one view to the next; '' if nobody did. */
export const comingsAndGoings = (before: readonly Who[], now: readonly Who[]): string => {
  const without = (some: readonly Who[], others: readonly Who[]): readonly Who[] =>
    some.filter(({ id }) => !others.some((other) => other.id === id))
  const came = without(now, before)
  const went = without(before, now)
  return [
    came.length === 0 ? '' : `→ ${namesOf(came)} came`,
    went.length === 0 ? '' : `← ${namesOf(went)} went`,
  ]
    .filter((text) => text !== '')
    .join('  ')
}

export class NetworkFeed {
  readonly #options: FeedOptions
  readonly #abort = new AbortController()
  readonly #shown = new Shown()
  #active: readonly Who[]

  constructor(options: FeedOptions) {
    this.#options = options
    this.#active = options.active
  }

  /** Resolves when closed; rejects with NO_NODE if the node goes away. */
  async follow(): Promise<void> {
    const { client, network } = this.#options
    const query = { network: network.id, last: BACKLOG, follow: true, stored: true }
    try {
      for await (const line of client.messages(query, this.#abort.signal)) {
        if ('event' in line) await this.#onEvent(line)
        else this.#onMessage(line)
      }
    } catch (thrown) {
      if (!this.#abort.signal.aborted) throw thrown
    }
  }

  close(): void {
    this.#abort.abort()
  }

  #onMessage(message: MessageView): void {
    const { selfId, marks, out, say, echoesOwn } = this.#options
    if (!this.#shown.isNew(message)) return
    const isOwn = message.author.id === selfId
    const isTracked = isOwn && marks.isTracked(message.id)
    if (!isTracked || echoesOwn) say(messageText({ ...message, of: message.storedBy }, out))
    if (isOwn) marks.delivered(message)
  }

  async #onEvent(event: StreamEvent | { readonly event: 'end' }): Promise<void> {
    const { marks, network, say, out, onRemoved } = this.#options
    switch (event.event) {
      case 'stored':
        await marks.stored(network.id)
        return
      case 'refused':
        marks.refused(event.ids, event.code)
        return
      case 'view': {
        const text = comingsAndGoings(this.#active, event.active)
        this.#active = event.active
        if (text !== '') say(out.style('dim', text))
        return
      }
      case 'removed':
        onRemoved(removedText(event))
        return
      default: {
        const text = eventText(event)
        if (text !== '') say(out.style('dim', text))
      }
    }
  }
}
