/** The terminal itself: raw keys in, pastes and focus told apart, and put back at the end. */
import type { ReadStream, WriteStream } from 'node:tty'

import { plainLine } from '../view-model/plain-text.ts'
import { KeyDecoder, type Input } from './input/keys.ts'
import type { Size } from './state.ts'

const ESC = '\u001b'
const BEL = '\u0007'
/** Bracketed paste, and reports when the window gets or loses the focus. */
const MODES_ON = `${ESC}[?2004h${ESC}[?1004h`
const MODES_OFF = `${ESC}[?1004l${ESC}[?2004l`
/** An Escape that nothing follows for this long was the key. */
const ESCAPE_MS = 25
const MAX_NOTE_CHARS = 120

export const sizeOf = ({ columns, rows }: WriteStream): Size => ({
  columns: Math.max(20, columns),
  rows: Math.max(8, rows),
})

export class TerminalInput {
  readonly #stdin: ReadStream
  readonly #stdout: WriteStream
  readonly #take: (inputs: readonly Input[]) => void
  readonly #decoder = new KeyDecoder()
  #timer: NodeJS.Timeout | null = null

  constructor(stdin: ReadStream, stdout: WriteStream, take: (inputs: readonly Input[]) => void) {
    this.#stdin = stdin
    this.#stdout = stdout
    this.#take = take
    stdin.setRawMode(true)
    stdin.setEncoding('utf8')
    stdin.on('data', this.#onData)
    // Whoever read from it before may have paused it.
    stdin.resume()
    stdout.write(MODES_ON)
  }

  readonly #onData = (chunk: string | Buffer): void => {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#take(this.#decoder.feed(chunk.toString()))
    if (!this.#decoder.isWaiting) return
    this.#timer = setTimeout(() => this.#take(this.#decoder.flush()), ESCAPE_MS)
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#stdin.removeListener('data', this.#onData)
    this.#stdin.pause()
    this.#stdout.write(MODES_OFF)
    this.#stdin.setRawMode(false)
  }
}

/** Puts a text into the clipboard: OSC 52, which a terminal may ignore. */
export const clipboardText = (text: string): string =>
  `${ESC}]52;c;${Buffer.from(text).toString('base64')}${BEL}`

/** The bell, and a note on the desktop where the terminal knows how (OSC 9). */
export const bellText = (text: string): string => {
  const note = plainLine(text).slice(0, MAX_NOTE_CHARS)
  return `${BEL}${ESC}]9;${note}${BEL}`
}
