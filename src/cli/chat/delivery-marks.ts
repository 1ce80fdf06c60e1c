/**
 * What became of the messages that were typed here: `…` queued, `✓` sequenced, `✓ 2/3` stored by
 * two of three. Told once when it settles, and once more when it is complete; quick networks then
 * have one short line for each message.
 */
import type { MessageView } from '../../node/api.ts'
import { plainLine } from '../../view-model/plain-text.ts'

export interface MarksOptions {
  readonly say: (text: string) => void
  /** The message at a place in the history of a network, as it is now. */
  readonly look: (network: string, position: number) => Promise<MessageView | null>
  /** How long to wait for more before a mark is told. */
  readonly settleMs?: number
}

interface Tracked {
  readonly network: string
  readonly text: string
  position: number | null
  timer: NodeJS.Timeout | null
}

const SETTLE_MS = 400
const EXCERPT_CHARS = 24
const MAX_RECENT = 256

const excerpt = (text: string): string => {
  const line = plainLine(text)
  return line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line
}

export const markText = ({ position, storedBy, of, missing }: MessageView): string => {
  const mark = `✓ #${position} ${storedBy}/${of}`
  return missing.length === 0 ? mark : `${mark}, not yet: ${missing.map(plainLine).join(', ')}`
}

export class DeliveryMarks {
  readonly #options: MarksOptions
  readonly #settleMs: number
  readonly #trackedById = new Map<string, Tracked>()
  /** Delivered before `queued` was called: the answer and the stream come on different ways. */
  readonly #recent = new Map<string, MessageView>()

  constructor(options: MarksOptions) {
    this.#options = options
    this.#settleMs = options.settleMs ?? SETTLE_MS
  }

  /** Messages that are not stored by all yet. */
  get pendingCount(): number {
    return this.#trackedById.size
  }

  /** Whether the message was typed here and is not stored by all yet. */
  isTracked(id: string): boolean {
    return this.#trackedById.has(id)
  }

  /** Messages that have no place yet. */
  get unsequencedCount(): number {
    return [...this.#trackedById.values()].filter(({ position }) => position === null).length
  }

  /** The node has taken the message and keeps it. */
  queued(network: string, id: string, text: string): void {
    const tracked: Tracked = { network, text, position: null, timer: null }
    this.#trackedById.set(id, tracked)
    const early = this.#recent.get(id)
    if (early !== undefined) {
      this.delivered(early)
      return
    }
    this.#later(tracked, () => {
      this.#options.say(`… “${excerpt(text)}” is queued on this disk and goes out by itself`)
    })
  }

  /** A message by this node has its place. */
  delivered(message: MessageView): void {
    this.#recent.set(message.id, message)
    if (this.#recent.size > MAX_RECENT) {
      const [oldest] = this.#recent.keys()
      if (oldest !== undefined) this.#recent.delete(oldest)
    }
    const tracked = this.#trackedById.get(message.id)
    if (tracked === undefined) return
    tracked.position = message.position
    if (message.storedBy >= message.of) this.#complete(message)
    else this.#later(tracked, () => void this.#tellIncomplete(message.id, tracked))
  }

  /** More members have stored what they had not. */
  async stored(network: string): Promise<void> {
    for (const [id, tracked] of this.#trackedById) {
      if (tracked.network !== network || tracked.position === null) continue
      const message = await this.#look(id, tracked)
      if (message !== null && message.storedBy >= message.of) this.#complete(message)
    }
  }

  /** The group will not have these. */
  refused(ids: readonly string[], code: string): void {
    for (const id of ids) {
      const tracked = this.#trackedById.get(id)
      if (tracked === undefined) continue
      this.#forget(id)
      this.#options.say(`✗ “${excerpt(tracked.text)}” was refused (${code})`)
    }
  }

  close(): void {
    for (const id of this.#trackedById.keys()) this.#forget(id)
  }

  async #tellIncomplete(id: string, tracked: Tracked): Promise<void> {
    // If the node is gone, whoever reads its stream says so.
    const message = await this.#look(id, tracked).catch(() => null)
    if (message === null || !this.#trackedById.has(id)) return
    if (message.storedBy >= message.of) this.#complete(message)
    else this.#options.say(markText(message))
  }

  #complete(message: MessageView): void {
    if (!this.#trackedById.has(message.id)) return
    this.#forget(message.id)
    this.#options.say(markText(message))
  }

  async #look(id: string, { network, position }: Tracked): Promise<MessageView | null> {
    const message = position === null ? null : await this.#options.look(network, position)
    return message?.id === id ? message : null
  }

  #later(tracked: Tracked, what: () => void): void {
    if (tracked.timer !== null) clearTimeout(tracked.timer)
    tracked.timer = setTimeout(what, this.#settleMs)
  }

  #forget(id: string): void {
    const timer = this.#trackedById.get(id)?.timer ?? null
    if (timer !== null) clearTimeout(timer)
    this.#trackedById.delete(id)
  }
}
