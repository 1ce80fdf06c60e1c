/**
 * The conversation: which rows of it are on the screen, and how far it can be scrolled. Rows of a
 * message are laid out once for each width and kept with the message.
 */
import type { MessageView, Who } from '../../node/api.ts'
import { itemsOf, type Item } from '../../view-model/items.ts'
import { callsFor } from '../../view-model/mention.ts'
import type { Model, NetworkModel, Scroll } from '../../view-model/model.ts'
import { isAtEnd } from '../../view-model/timeline.ts'
import { dayOf } from '../../chat/clock.ts'
import { markRows, messageRows, pendingRows, ruleRow, unreadRow } from './message-rows.ts'
import { emptyRow, fill, row, type Row } from './row.ts'

/** Length of `2026-11-22T14:02`. */
const MINUTE = 16

/** Rows of one item, and the message that they belong to, if any. */
interface Block {
  readonly position: number | null
  readonly rows: readonly Row[]
}

export interface ConversationView {
  readonly rows: readonly Row[]
  /** Position of the first message in sight. */
  readonly topPosition: number
  /** Rows below those that are shown. */
  readonly below: number
}

interface Kept {
  readonly look: string
  readonly rows: readonly Row[]
}

export class ConversationLayout {
  readonly #kept = new WeakMap<MessageView, Kept>()

  #messageRows(
    item: Extract<Item, { readonly kind: 'message' }>,
    width: number,
    isSelected: boolean,
    self: Who,
  ): readonly Row[] {
    const { message, isContinued, isIgnored } = item
    const look = [width, isContinued, isIgnored, isSelected].join()
    const kept = this.#kept.get(message)
    if (kept?.look === look) return kept.rows
    const isCalled = callsFor(message, self)
    const rows = messageRows(item, width, { isSelected, isMention: isCalled })
    this.#kept.set(message, { look, rows })
    return rows
  }

  #blocks(model: Model, network: NetworkModel, width: number): readonly Block[] {
    let day = ''
    let today = ''
    let minute = ''
    return itemsOf(model, network).flatMap((item): Block[] => {
      switch (item.kind) {
        case 'beginning':
          return [{ position: null, rows: [row(' Here the history begins.', 'dim')] }]
        case 'mark':
          return [{ position: null, rows: markRows(item.mark.what, width) }]
        case 'unread':
          return [{ position: null, rows: [unreadRow(item.count, width)] }]
        case 'pending':
          return [{ position: null, rows: pendingRows(item.pending, model.self.name, width) }]
        case 'message': {
          const { message } = item
          const isSelected = network.selected === message.position
          const block = {
            position: message.position,
            rows: this.#messageRows(item, width, isSelected, model.self),
          }
          // Days change with minutes only, and this is asked for every message of every frame.
          if (minute !== message.sentAt.slice(0, MINUTE)) today = dayOf(message.sentAt)
          minute = message.sentAt.slice(0, MINUTE)
          const isNewDay = today !== day && today !== ''
          day = today
          if (!isNewDay) return [block]
          return [{ position: null, rows: [ruleRow(today, width, 'dim')] }, block]
        }
      }
    })
  }

  /** What is to be seen in so many rows. */
  view(model: Model, network: NetworkModel, width: number, height: number): ConversationView {
    const blocks = this.#blocks(model, network, width)
    const total = blocks.reduce((sum, { rows }) => sum + rows.length, 0)
    const bottom = bottomOf(blocks, network.scroll, total, height)
    const rows = blocks.flatMap((block) => block.rows).slice(Math.max(0, bottom - height), bottom)
    const blank = Array.from({ length: height - rows.length }, () => emptyRow)
    return {
      rows: fill([...blank, ...rows], height),
      topPosition: positionAt(blocks, Math.max(0, bottom - height)),
      below: total - bottom,
    }
  }

  /** Where the conversation is after it has been moved by so many rows. */
  scrolled(
    model: Model,
    network: NetworkModel,
    size: { readonly width: number; readonly height: number },
    by: number,
  ): Scroll {
    const blocks = this.#blocks(model, network, size.width)
    const total = blocks.reduce((sum, { rows }) => sum + rows.length, 0)
    const before = bottomOf(blocks, network.scroll, total, size.height)
    const bottom = Math.min(total, Math.max(Math.min(size.height, total), before + by))
    if (bottom >= total && isAtEnd(network.timeline)) return { kind: 'end' }
    return placeOf(blocks, bottom - 1, by > 0) ?? network.scroll
  }
}

/** How many rows end with the lowest one that is shown. */
const bottomOf = (
  blocks: readonly Block[],
  scroll: Scroll,
  total: number,
  height: number,
): number => {
  if (scroll.kind === 'end') return total
  let at = 0
  for (const { position, rows } of blocks) {
    if (position === scroll.position) {
      const bottom = at + Math.min(scroll.line, rows.length - 1) + 1
      return Math.min(total, Math.max(bottom, Math.min(height, total)))
    }
    at += rows.length
  }
  return total
}

/** The message that a row belongs to, or the next one; of none 0. */
const positionAt = (blocks: readonly Block[], index: number): number => {
  let at = 0
  for (const { position, rows } of blocks) {
    at += rows.length
    if (at > index && position !== null) return position
  }
  return 0
}

/** A row as a place: rows between messages belong to the one before, or the one after. */
const placeOf = (blocks: readonly Block[], index: number, isDown: boolean): Scroll | null => {
  let at = 0
  let before: Scroll | null = null
  for (const { position, rows } of blocks) {
    const end = at + rows.length
    if (position !== null) {
      if (index < end)
        return index >= at
          ? { kind: 'at', position, line: index - at }
          : isDown || before === null
            ? { kind: 'at', position, line: 0 }
            : before
      before = { kind: 'at', position, line: rows.length - 1 }
    }
    at = end
  }
  return before
}
