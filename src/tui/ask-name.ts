/** The first question of all: what others shall call this person. */
import { plainLine } from '../view-model/plain-text.ts'
import { draftOf, edit, emptyDraft, insert } from './input/editor.ts'
import type { Input } from './input/keys.ts'
import { inputView } from './screen/input-rows.ts'
import { emptyRow, fill, row, type Row } from './screen/row.ts'
import type { Screen } from './screen/screen.ts'
import type { Size } from './state.ts'

const MAX_NAME = 64

export class NameQuestion {
  readonly #onAnswer: (name: string | null) => void
  readonly #suggestion: string
  readonly #listeners = new Set<() => void>()
  #draft = emptyDraft
  #size: Size
  #screen: Screen

  /** The answer is null if somebody rather leaves. */
  constructor(suggestion: string, size: Size, onAnswer: (name: string | null) => void) {
    this.#suggestion = suggestion
    this.#size = size
    this.#onAnswer = onAnswer
    this.#draft = draftOf(suggestion)
    this.#screen = this.#draw()
  }

  readonly screen = (): Screen => this.#screen

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  resize(size: Size): void {
    this.#size = size
    this.#changed()
  }

  take(input: Input): void {
    if (input.kind === 'focus') return
    if (input.kind === 'key') {
      const { name, ctrl, alt } = input
      if (name === 'enter' && !alt) this.#answer()
      else if (name === 'escape' || (ctrl && (name === 'c' || name === 'd'))) this.#onAnswer(null)
      else {
        const edited = edit({ draft: this.#draft, cut: '' }, input)
        if (edited !== null) this.#draft = edited.draft
      }
    } else this.#draft = insert(this.#draft, plainLine(input.text))
    this.#changed()
  }

  #answer(): void {
    const typed = plainLine(this.#draft.text).slice(0, MAX_NAME)
    this.#onAnswer(typed === '' ? this.#suggestion : typed)
  }

  #changed(): void {
    this.#screen = this.#draw()
    for (const listener of this.#listeners) listener()
  }

  #draw(): Screen {
    const { columns, rows } = this.#size
    const input = inputView(this.#draft, ' › ', columns, 1)
    const top: readonly Row[] = [
      emptyRow,
      row(' Welcome to Parley: group chat without a server.', 'title'),
      emptyRow,
      row(' What shall others call you?'),
      emptyRow,
    ]
    const after = [emptyRow, row(' Enter goes on, Esc leaves.', 'dim')]
    return {
      side: [],
      sideWidth: 0,
      main: fill([...top, ...input.rows, ...after], rows),
      mainWidth: columns,
      cursor: { x: input.cursor.x, y: top.length + input.cursor.y },
      topPosition: null,
    }
  }
}
