/** The chat behind the screen of a terminal: the model, what belongs to this screen, and its rows. */
import type { LocalClient } from '../node/local-api/client.ts'
import { Chat, type ChatOptions } from '../chat/chat.ts'
import type { ViewEvent } from '../view-model/event.ts'
import { currentNetwork, type Draft } from '../view-model/model.ts'
import { historyOf } from '../view-model/typed.ts'
import { emptyDraft } from './input/editor.ts'
import { ConversationLayout } from './screen/conversation.ts'
import { overlayLength } from './screen/overlays.ts'
import { roomOf, screenOf, type Screen } from './screen/screen.ts'
import type { FaceState, Size } from './state.ts'

export interface FaceOptions extends ChatOptions {
  readonly client: Pick<LocalClient, 'call' | 'messages'>
  readonly web: string
  readonly size: Size
  /** Lines that were typed in earlier runs, oldest first. */
  readonly typedBefore: readonly string[]
}

type OwnState = Omit<FaceState, 'model'>

export class Face extends Chat {
  readonly messages: LocalClient['messages']
  readonly #layout = new ConversationLayout()
  #own: OwnState
  #screen: Screen

  constructor(options: FaceOptions) {
    super(options.client, options)
    const { client, size, typedBefore, web } = options
    this.messages = (query, signal) => client.messages(query, signal)
    this.#own = {
      size,
      history: historyOf(typedBefore),
      cut: '',
      reverse: null,
      completion: null,
      paste: null,
      draft: emptyDraft,
      web,
    }
    this.#screen = screenOf(this.state, this.#layout)
  }

  get state(): FaceState {
    return { ...this.#own, model: this.model }
  }

  /** What is to be seen; the same object until something has changed. */
  readonly screen = (): Screen => this.#screen

  /** Changes what belongs to this terminal. */
  update(change: Partial<OwnState>): void {
    this.#own = { ...this.#own, ...change }
    this.settle()
  }

  protected override shown(): readonly ViewEvent[] {
    this.#screen = screenOf(this.state, this.#layout)
    const { topPosition } = this.#screen
    const current = currentNetwork(this.model)
    if (topPosition === null || current === null || current.topShown === topPosition) return []
    return [{ kind: 'shown', topPosition }]
  }

  /** What is being written: of the current network, or where there is none. */
  get draft(): Draft {
    return currentNetwork(this.model)?.draft ?? this.#own.draft
  }

  setDraft(draft: Draft, change: Partial<OwnState> = {}): void {
    const isInNetwork = currentNetwork(this.model) !== null
    const own = { completion: null, ...change, ...(isInNetwork ? {} : { draft }) }
    this.#own = { ...this.#own, ...own }
    this.dispatch(...(isInNetwork ? [{ kind: 'draft', draft } as const] : []))
  }

  scrollBy(rows: number): void {
    const network = currentNetwork(this.model)
    if (network === null) return
    const scroll = this.#layout.scrolled(this.model, network, roomOf(this.state), rows)
    this.dispatch({ kind: 'scroll', scroll })
  }

  override jump(position: number): void {
    this.dispatch({ kind: 'jump', position, below: Math.floor(roomOf(this.state).height / 4) })
  }

  /** A page of the conversation, but for two rows to find one's way. */
  get pageRows(): number {
    return Math.max(1, roomOf(this.state).height - 2)
  }

  /** Rows of what lies over the conversation, in sight or not. */
  get overlayRows(): number {
    const { overlay } = this.model
    return overlay === null
      ? 0
      : overlayLength(this.model, overlay, this.#own.web, roomOf(this.state))
  }
}
