/** A conversation as rows with names that stay, so that the place of each is found again. */
import { dayOf } from '../chat/clock.ts'
import { itemsOf, type Item } from '../view-model/items.ts'
import type { Model, NetworkModel } from '../view-model/model.ts'

export type Row =
  | (Item & { readonly key: string })
  | { readonly kind: 'day'; readonly day: string; readonly key: string }

const keyOf = (item: Item): string => {
  switch (item.kind) {
    case 'beginning':
      return 'beginning'
    case 'message':
      return item.message.id
    case 'unread':
      return 'unread'
    case 'mark':
      return `mark-${item.mark.key}`
    case 'pending':
      return `pending-${item.pending.localId}`
  }
}

/** Items, and a day wherever one begins. */
export const rowsOf = (model: Model, network: NetworkModel): readonly Row[] => {
  let day = ''
  const rows: Row[] = []
  for (const item of itemsOf(model, network)) {
    const row = { ...item, key: keyOf(item) }
    const today = item.kind === 'message' ? dayOf(item.message.sentAt) : ''
    if (item.kind !== 'message' || today === day || today === '') {
      rows.push(row)
      continue
    }
    day = today
    // The line of what is unread stands right above it.
    const at = rows.at(-1)?.kind === 'unread' ? rows.length - 1 : rows.length
    rows.splice(at, 0, { kind: 'day', day, key: `day-${day}-${item.message.id}` })
    // Whoever begins a day is named.
    rows.push({ ...item, key: item.message.id, isContinued: false })
  }
  return rows
}

/** Where the message at a position is among the rows; -1 if it is not there. */
export const indexOfPosition = (rows: readonly Row[], position: number): number =>
  rows.findIndex((row) => row.kind === 'message' && row.message.position === position)

/** Positions of the first and the last message between two rows; null if there is none. */
export const positionsBetween = (
  rows: readonly Row[],
  from: number,
  to: number,
): { readonly first: number; readonly last: number } | null => {
  const seen = rows
    .slice(Math.max(0, from), to + 1)
    .flatMap((row) => (row.kind === 'message' ? [row.message.position] : []))
  const [first, last] = [seen[0], seen.at(-1)]
  return first === undefined || last === undefined ? null : { first, last }
}
