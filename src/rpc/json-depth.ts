/**
 * How deeply a JSON text nests, found by one pass over its characters. A parser that recurses can
 * be made to overflow the stack by a megabyte of brackets, so this runs before it.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** Index just past the string that starts at `start`, or the text's length if it never ends. */
const endOfString = (text: string, start: number): number => {
  let at = text.indexOf('"', start + 1)
  while (at !== -1) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1
    if (slashes % 2 === 0) return at + 1
    at = text.indexOf('"', at + 1)
  }
  return text.length
}

/** Whether some value in `text` lies under more than `limit` brackets. Text need not be valid JSON. */
export const isDeeperThan = (text: string, limit: number): boolean => {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) {
      at = endOfString(text, at) - 1
    } else if (char === OPEN_ARRAY || char === OPEN_OBJECT) {
      depth += 1
      if (depth > limit) return true
    } else if (char === CLOSE_ARRAY || char === CLOSE_OBJECT) {
      depth -= 1
    }
  }
  return false
}
