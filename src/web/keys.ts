/** What keys mean, wherever one is on the page. Pure. */

export interface KeyPress {
  readonly key: string
  /** The place of the key, such as `Digit1`: with Alt some layouts type something else. */
  readonly code: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

export type Action =
  | { readonly kind: 'switcher' | 'search' | 'help' | 'status' | 'members' | 'close' }
  | { readonly kind: 'step'; readonly step: 1 | -1 }
  | { readonly kind: 'nth'; readonly index: number }
  | { readonly kind: 'next-unread' | 'first-unread' | 'to-start' | 'to-end' }
  | { readonly kind: 'pick'; readonly step: 1 | -1 }
  | { readonly kind: 'page'; readonly step: 1 | -1 }

/** Shown in the help, in this order. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'go to a network, or do something'],
  ['Alt ↑ ↓', 'previous and next network'],
  ['Alt 1 … 9', 'that network'],
  ['Alt A', 'next network with something unread'],
  ['Alt U', 'first unread message'],
  ['Ctrl Shift F', 'search'],
  ['Ctrl ↑ ↓', 'pick a message; Enter on an empty line shows where it is stored'],
  ['PgUp PgDn', 'scroll; Ctrl Home and Ctrl End to the beginning and the end'],
  ['Enter', 'send; Shift Enter begins a new line'],
  ['Tab', 'complete a name, a command, an emoji'],
  ['↑', 'on an empty line: what was written before'],
  ['Alt M', 'members'],
  ['F1 F2', 'this help; how everything is'],
  ['Esc', 'close; back to the newest message'],
]

const withAlt = ({ key, code }: KeyPress): Action | null => {
  const digit = /^Digit([1-9])$/.exec(code)?.[1]
  if (digit !== undefined) return { kind: 'nth', index: Number(digit) - 1 }
  if (key === 'ArrowUp') return { kind: 'step', step: -1 }
  if (key === 'ArrowDown') return { kind: 'step', step: 1 }
  if (code === 'KeyA') return { kind: 'next-unread' }
  if (code === 'KeyU') return { kind: 'first-unread' }
  if (code === 'KeyM') return { kind: 'members' }
  return null
}

const withCtrl = ({ key, shiftKey }: KeyPress): Action | null => {
  const lower = key.toLowerCase()
  if (lower === 'k' && !shiftKey) return { kind: 'switcher' }
  if (lower === 'f' && shiftKey) return { kind: 'search' }
  if (key === 'ArrowUp') return { kind: 'pick', step: -1 }
  if (key === 'ArrowDown') return { kind: 'pick', step: 1 }
  if (key === 'Home') return { kind: 'to-start' }
  if (key === 'End') return { kind: 'to-end' }
  return null
}

export const actionOf = (press: KeyPress): Action | null => {
  const isCtrl = press.ctrlKey || press.metaKey
  // AltGr is both: it types.
  if (isCtrl && press.altKey) return null
  if (press.altKey) return withAlt(press)
  if (isCtrl) return withCtrl(press)
  switch (press.key) {
    case 'F1':
      return { kind: 'help' }
    case 'F2':
      return { kind: 'status' }
    case 'Escape':
      return { kind: 'close' }
    case 'PageUp':
      return { kind: 'page', step: -1 }
    case 'PageDown':
      return { kind: 'page', step: 1 }
    default:
      return null
  }
}
