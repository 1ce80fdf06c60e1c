/** Sizes of text on the wire, computed without encoding it. */
import type { AuthorBatch, Entry, Item, MemberCard } from './entry.ts'
import { limits } from './limits.ts'

/** Bytes of a well-formed string in UTF-8. */
export const utf8Bytes = (text: string): number => {
  let bytes = text.length
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    // Each half of a surrogate pair counts two of the pair's four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
  }
  return bytes
}

/** Text that is the same inside JSON: the common case, which the engine tells faster than a loop. */
const isPlain = /^[ !#-[\]-~]*$/

/** Bytes of a string inside JSON text, escapes included, quotes not. */
export const jsonBytes = (text: string): number => {
  if (isPlain.test(text)) return text.length
  let bytes = utf8Bytes(text)
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20) bytes += 5
    else if (unit === 0x22 || unit === 0x5c) bytes += 1
  }
  return bytes
}

/** Items never change once they are made, and are measured on each of several ways. */
const measured = new WeakMap<readonly Item[], number>()

const batchBytes = (items: readonly Item[]): number => {
  const known = measured.get(items)
  if (known !== undefined) return known
  let bytes = 0
  for (const { content } of items)
    bytes += 120 + jsonBytes(content.text) + jsonBytes(content.ref) + jsonBytes(content.kind)
  measured.set(items, bytes)
  return bytes
}

const cardBytes = ({ name, addresses }: MemberCard): number =>
  addresses.reduce((sum, address) => sum + 4 + jsonBytes(address), 400 + jsonBytes(name))

/** Bytes of an entry as JSON, signature included: never less than it has. */
export const entryBytes = (entry: Entry): number => {
  const envelope = 512
  switch (entry.kind) {
    case 'message':
    case 'roster':
      return envelope + 256 + batchBytes(entry.body.items)
    case 'open':
      return envelope + 256 + 48 * (entry.body.gone.length + entry.body.back.length)
    case 'activate':
      return entry.body.members.reduce((sum, { card }) => sum + cardBytes(card), envelope)
    case 'deactivate':
      return envelope + 48 * entry.body.members.length
    case 'merge':
      return envelope + 48 * (entry.body.members.length + entry.body.tips.length)
    case 'genesis':
      return envelope + 128 + jsonBytes(entry.body.name) + cardBytes(entry.body.founder)
  }
}

/** May the batch be sequenced and sent? */
export const isBatchInBounds = ({ items }: AuthorBatch): boolean =>
  batchBytes(items) <= limits.batchBytes
