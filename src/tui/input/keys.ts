/**
 * What a terminal sends for keys, taken apart: text, keys by name, pastes, and whether the window
 * has the focus. After ECMA-48 and "XTerm Control Sequences"; the Linux console and rxvt differ in
 * a few and are understood too.
 */
export interface KeyPress {
  readonly kind: 'key'
  /** `a`, `enter`, `up`, `pageup`, `f1`, … */
  readonly name: string
  readonly ctrl: boolean
  readonly alt: boolean
  readonly shift: boolean
}

export type Input =
  | KeyPress
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'focus'; readonly isFocused: boolean }

const ESC = '\u001b'
const PASTE_START = `${ESC}[200~`
const PASTE_END = `${ESC}[201~`
/** What is longer is cut: a message has at most 64 KiB, and somebody asks before many are sent. */
const MAX_PASTE = 2_000_000

const FINALS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
}

const TILDES: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
}

const CONTROLS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  [ESC]: 'escape',
}

const key = (name: string, modifiers = 0): KeyPress => ({
  kind: 'key',
  name,
  shift: (modifiers & 1) !== 0,
  alt: (modifiers & 2) !== 0,
  ctrl: (modifiers & 4) !== 0,
})

const CTRL = 4
const ALT = 2
const SHIFT = 1

/** CSI, or SS3 (as some keypads have it), or the Linux console's own. */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const SEQUENCE = /^\u001b(?:\[\[([A-E])|\[([0-?]*)[ -/]*([@-~])|O([0-9;]*)([@-~]))/
// oxlint-disable-next-line no-control-regex -- see above
const UNFINISHED = /^\u001b(?:\[\[?[0-?]*[ -/]*|O[0-9;]*)?$/

const controlKey = (char: string): KeyPress | null => {
  const named = CONTROLS[char]
  if (named !== undefined) return key(named)
  const code = char.charCodeAt(0)
  return code > 0 && code < 27 ? key(String.fromCharCode(code + 96), CTRL) : null
}

const sequenceInput = (found: RegExpExecArray): Input | null => {
  const [, consoleKey, csi, csiFinal, ss3, ss3Final] = found
  if (consoleKey !== undefined) return key(`f${consoleKey.charCodeAt(0) - 64}`)
  const final = csiFinal ?? ss3Final ?? ''
  const [first = '', second = ''] = (csi ?? ss3 ?? '').split(';')
  const modifiers = Math.max(0, Number(second === '' ? 1 : second) - 1)
  if (csiFinal === 'I' || csiFinal === 'O') return { kind: 'focus', isFocused: final === 'I' }
  if (final === 'Z') return key('tab', SHIFT)
  const name = final === '~' ? TILDES[first] : FINALS[final]
  return name === undefined ? null : key(name, modifiers)
}

/** Takes what a terminal sends, in pieces as they come; one for each terminal. */
export class KeyDecoder {
  #pending = ''
  #isPasting = false

  /** Whether the beginning of a sequence waits for its rest, or was the Escape key. */
  get isWaiting(): boolean {
    return this.#pending !== '' && !this.#isPasting
  }

  feed(chunk: string): readonly Input[] {
    let rest = this.#pending + chunk
    this.#pending = ''
    const inputs: Input[] = []
    while (rest !== '') {
      const taken = this.#isPasting ? this.#paste(rest, inputs) : this.#one(rest, inputs)
      if (taken === 0) {
        this.#pending = this.#isPasting ? rest.slice(0, MAX_PASTE + PASTE_END.length) : rest
        break
      }
      rest = rest.slice(taken)
    }
    return inputs
  }

  /** Nothing more has come: what waits was a key by itself. */
  flush(): readonly Input[] {
    if (!this.isWaiting) return []
    const pending = this.#pending
    this.#pending = ''
    return pending === ESC ? [key('escape')] : []
  }

  /** How many characters of a paste were taken: all up to its end, or none yet. */
  #paste(rest: string, inputs: Input[]): number {
    const end = rest.indexOf(PASTE_END)
    if (end < 0) return 0
    this.#isPasting = false
    inputs.push({ kind: 'paste', text: rest.slice(0, Math.min(end, MAX_PASTE)) })
    return end + PASTE_END.length
  }

  #one(rest: string, inputs: Input[]): number {
    if (rest.startsWith(PASTE_START)) {
      this.#isPasting = true
      return PASTE_START.length
    }
    if (rest.startsWith(ESC)) return this.#escape(rest, inputs)
    const control = controlKey(rest.charAt(0))
    if (control !== null) {
      inputs.push(control)
      return 1
    }
    // oxlint-disable-next-line no-control-regex -- text ends where a control character begins
    const [text = rest] = /^[^\u0000-\u001f\u007f]+/.exec(rest) ?? ['']
    if (text === '') return 1
    // Half of a pair at the end of a piece: the other half is still to come.
    const isHalf = text.length === rest.length && /[\ud800-\udbff]$/.test(text)
    const whole = isHalf ? text.slice(0, -1) : text
    if (whole !== '') inputs.push({ kind: 'text', text: whole })
    return whole.length
  }

  #escape(rest: string, inputs: Input[]): number {
    if (UNFINISHED.test(rest)) return 0
    const found = SEQUENCE.exec(rest)
    if (found !== null) {
      const input = sequenceInput(found)
      if (input !== null) inputs.push(input)
      return found[0].length
    }
    // Alt is an Escape before the key.
    const char = String.fromCodePoint(rest.codePointAt(1) ?? 0)
    if (char === ESC) {
      inputs.push(key('escape'))
      return 1
    }
    const control = controlKey(char)
    inputs.push(control === null ? key(char, ALT) : { ...control, alt: true })
    return 1 + char.length
  }
}
