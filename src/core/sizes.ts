/** Sizes of text on the wire, computed without encoding it. */
import type { Entry } from './entry.ts'

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

/** Bytes of a string inside JSON text, escapes included, quotes not. */
export const jsonBytes = (text: string): number => {
  let bytes = utf8Bytes(text)
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20) bytes += 5
    else if (unit === 0x22 || unit === 0x5c) bytes += 1
  }
  return bytes
}

/** Upper estimate of an entry as JSON, signature included. */
export const entryBytes = (entry: Entry): number => {
  const envelope = 512
  switch (entry.kind) {
    case 'message':
    case 'roster':
      return entry.body.items.reduce(
        (sum, item) => sum + 160 + jsonBytes(item.content.text),
        envelope + 256,
      )
    case 'open':
      return envelope + 256 + 48 * entry.body.view.length
    case 'activate':
      return envelope + 1_600 * entry.body.members.length
    case 'deactivate':
      return envelope + 48 * entry.body.members.length
    case 'merge':
      return envelope + 48 * (entry.body.members.length + entry.body.tips.length)
    case 'genesis':
      return envelope + 2_000
  }
}
