/** Everything that the screen shows: the model, and what belongs to this terminal alone. */
import type { Completion } from '../view-model/completion.ts'
import type { Draft, Model } from '../view-model/model.ts'
import type { InputHistory } from '../view-model/typed.ts'

export interface Size {
  readonly columns: number
  readonly rows: number
}

export interface FaceState {
  readonly model: Model
  readonly size: Size
  readonly history: InputHistory
  /** What was cut last in the input. */
  readonly cut: string
  /** Ctrl-R: what is searched for, and the line found. */
  readonly reverse: { readonly query: string; readonly index: number | null } | null
  /** Tab: what is offered, and what was there before. */
  readonly completion: {
    readonly found: Completion
    readonly index: number
    readonly draft: Draft
  } | null
  /** Several lines were pasted: somebody is asked what to do with them. */
  readonly paste: string | null
  /** What is written while there is no network to keep it. */
  readonly draft: Draft
  /** Address of the page on this machine. */
  readonly web: string
}
