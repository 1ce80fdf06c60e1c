/**
 * Draws screens on a terminal: only rows that have changed are written, each frame at one go.
 *
 * Nothing is ever cleared as a whole, so nothing flickers: a row is written over what was there
 * and the rest of it erased. A terminal that is slow to take a frame gets no other before that.
 */
import { fitRow, paintRow, rowWidth } from './screen/row.ts'
import type { Screen } from './screen/screen.ts'
import type { Paint } from './screen/theme.ts'

/** What is drawn: the newest screen, and a call when there is another. */
export interface ScreenSource {
  readonly screen: () => Screen
  readonly subscribe: (listener: () => void) => () => void
}

/** What of a terminal's output is needed. */
export interface PainterOut {
  write(text: string): boolean
  once(event: 'drain', listener: () => void): unknown
}

const CSI = '\u001b['
/** A screen of its own, as editors have; what was there comes back at the end. */
const ENTER = `${CSI}?1049h`
const LEAVE = `${CSI}0m${CSI}?1049l${CSI}?25h`
/** A frame is shown at one go where the terminal knows how (mode 2026), its cursor at the end. */
const BEGIN = `${CSI}?2026h${CSI}?25l`
const END = `${CSI}?25h${CSI}?2026l`
const ERASE_REST = `${CSI}K`

/** News that come within this time are drawn together. Keys are drawn at once. */
const FRAME_MS = 25

const goTo = (x: number, y: number): string => `${CSI}${y + 1};${x + 1}H`

export class Painter {
  readonly #out: PainterOut
  readonly #source: ScreenSource
  readonly #paint: Paint
  readonly #unsubscribe: () => void
  #shown: readonly string[] = []
  #cursor = ''
  #timer: NodeJS.Timeout | null = null
  #drawnAt = Number.NEGATIVE_INFINITY
  #isBlocked = false
  #isClosed = false

  constructor(out: PainterOut, source: ScreenSource, paint: Paint) {
    this.#out = out
    this.#source = source
    this.#paint = paint
    out.write(ENTER)
    this.#unsubscribe = source.subscribe(() => this.#schedule())
    this.#draw()
  }

  /** Nothing of what was drawn is to be relied on: the terminal has another size. */
  forget(): void {
    this.#shown = []
    this.#cursor = ''
    this.#schedule()
  }

  /** What somebody has just typed is not to wait for the next frame. */
  drawNow(): void {
    if (this.#isBlocked || this.#isClosed) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#draw()
  }

  /** Puts back what was there before. Also when the process ends in disorder. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#unsubscribe()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#out.write(LEAVE)
  }

  /** At once if the last frame is long enough ago. */
  #schedule(): void {
    if (this.#timer !== null || this.#isBlocked || this.#isClosed) return
    const waitMs = this.#drawnAt + FRAME_MS - performance.now()
    if (waitMs <= 0) {
      this.#draw()
      return
    }
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#draw()
    }, waitMs)
  }

  #draw(): void {
    const screen = this.#source.screen()
    const lines = this.#linesOf(screen)
    const changed = lines.flatMap((line, y) => (line === this.#shown[y] ? [] : [goTo(0, y) + line]))
    const cursor = goTo(screen.cursor.x, screen.cursor.y)
    if (changed.length === 0 && cursor === this.#cursor) return
    this.#drawnAt = performance.now()
    this.#shown = lines
    this.#cursor = cursor
    if (this.#out.write(BEGIN + changed.join('') + cursor + END)) return
    this.#isBlocked = true
    this.#out.once('drain', () => {
      this.#isBlocked = false
      this.#schedule()
    })
  }

  #linesOf({ side, sideWidth, main, mainWidth }: Screen): readonly string[] {
    const line = this.#paint('dim', '│')
    return main.map((whole, y) => {
      // Whatever was written: a row that is too long would break all that stand below it.
      const one = fitRow(whole, mainWidth)
      // At the end of a full row there is nothing to erase but its last character.
      const rest = rowWidth(one) < mainWidth ? ERASE_REST : ''
      const right = paintRow(one, this.#paint) + rest
      if (sideWidth === 0) return right
      const left = fitRow(side[y] ?? [], sideWidth)
      const room = ' '.repeat(Math.max(0, sideWidth - rowWidth(left)))
      // The right column has its own place: terminals differ in how wide they take a character.
      return `${paintRow(left, this.#paint)}${room}${CSI}${sideWidth + 1}G${line}${right}`
    })
  }
}
