/**
 * The chat behind the screen: takes news and input, keeps the state, carries out what the model
 * wants, and tells whoever draws. It knows the node by its local API only.
 */
import type { LocalClient } from '../node/local-api/client.ts'
import type { StreamLine } from '../node/local-api/types.ts'
import { toParleyError } from '../rpc/wire-error.ts'
import { alertFor, type Alert } from '../view-model/alerts.ts'
import type { ViewEvent } from '../view-model/event.ts'
import { currentNetwork, initialModel, networkOf, type Draft } from '../view-model/model.ts'
import { plainLine } from '../view-model/plain-text.ts'
import { reduce } from '../view-model/reduce.ts'
import { RESULTS_PAGE, unsettled, wants, type Want } from '../view-model/wants.ts'
import { historyOf } from './input/history.ts'
import { emptyDraft } from './input/editor.ts'
import { ConversationLayout } from './screen/conversation.ts'
import { overlayLength } from './screen/overlays.ts'
import { roomOf, screenOf, type Screen } from './screen/screen.ts'
import type { FaceState, Size } from './state.ts'

export interface FaceOptions {
  readonly client: Pick<LocalClient, 'call' | 'messages'>
  readonly self: FaceState['model']['self']
  readonly listen: string
  readonly web: string
  readonly size: Size
  /** Lines that were typed in earlier runs, oldest first. */
  readonly typedBefore: readonly string[]
  readonly now: () => number
  /** Calls somebody who may not be looking. */
  readonly ring: (alert: Alert, network: string) => void
  /** Puts a text into the clipboard, where the terminal allows that. */
  readonly copy: (text: string) => void
  readonly onEnd: () => void
}

/** How often what was read is told to the node. */
const READ_EVERY_MS = 500
const RETRY_MS = 1_000
/** At the end nobody waits long for a node that does not answer. */
const LAST_WORDS_MS = 500

export class Face {
  readonly options: FaceOptions
  readonly #layout = new ConversationLayout()
  readonly #listeners = new Set<() => void>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #reading = new Set<string>()
  #searching = ''
  #state: FaceState
  #screen: Screen
  #lastLocalId = 0
  #sending: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: FaceOptions) {
    this.options = options
    const { self, listen, web, size, typedBefore, now } = options
    this.#state = {
      model: initialModel(self, listen, now()),
      size,
      history: historyOf(typedBefore),
      cut: '',
      reverse: null,
      completion: null,
      paste: null,
      draft: emptyDraft,
      web,
    }
    this.#screen = screenOf(this.#state, this.#layout)
  }

  get state(): FaceState {
    return this.#state
  }

  get client(): FaceOptions['client'] {
    return this.options.client
  }

  /** What is to be seen; the same object until something has changed. */
  readonly screen = (): Screen => this.#screen

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Lets things happen to the model, in this order. */
  dispatch(...events: readonly ViewEvent[]): void {
    this.update({ model: this.#reduced(events) })
  }

  /** Changes what belongs to this terminal. */
  update(change: Partial<FaceState>): void {
    if (this.#isClosed) return
    this.#state = { ...this.#state, ...change }
    this.#screen = screenOf(this.#state, this.#layout)
    const { topPosition } = this.#screen
    const current = currentNetwork(this.#state.model)
    if (topPosition !== null && current !== null && current.topShown !== topPosition) {
      const model = this.#reduced([{ kind: 'shown', topPosition }])
      this.#state = { ...this.#state, model }
    }
    for (const want of wants(this.#state.model)) this.#carryOut(want)
    for (const listener of this.#listeners) listener()
  }

  /** Lines of a network's stream. */
  take(network: string, lines: readonly StreamLine[]): void {
    const messages = lines.flatMap((line) => ('event' in line ? [] : [line]))
    const alert = alertFor(this.#state.model, network, messages)
    this.dispatch({ kind: 'lines', network, lines })
    if (alert === null) return
    this.options.ring(alert, networkOf(this.#state.model, network)?.name ?? '')
  }

  /** What is being written: of the current network, or where there is none. */
  get draft(): Draft {
    return currentNetwork(this.#state.model)?.draft ?? this.#state.draft
  }

  setDraft(draft: Draft, change: Partial<FaceState> = {}): void {
    const isInNetwork = currentNetwork(this.#state.model) !== null
    const model = isInNetwork ? this.#reduced([{ kind: 'draft', draft }]) : this.#state.model
    this.update({ completion: null, ...change, model, ...(isInNetwork ? {} : { draft }) })
  }

  say(text: string, tone: 'info' | 'error' = 'info'): void {
    this.dispatch({ kind: 'notice', tone, text: plainLine(text) })
  }

  /** Says what went wrong, in the node's own words. */
  fail(thrown: unknown): void {
    const { message, hint, code } = toParleyError(thrown)
    if (code === 'NO_NODE') this.dispatch({ kind: 'disconnected' })
    this.say(`✗ ${message} (${code}). ${hint}`, 'error')
  }

  /** Sends texts one after the other, in this order; each is on the screen at once. */
  send(network: string, texts: readonly string[]): void {
    const jobs = texts.map((text) => {
      this.#lastLocalId += 1
      return { network, localId: this.#lastLocalId, text }
    })
    this.dispatch(...jobs.map((job) => ({ kind: 'send', ...job }) as const))
    const before = this.#sending
    this.#sending = (async () => {
      await before
      for (const job of jobs) await this.#sendOne(job)
    })()
  }

  async #sendOne(job: { network: string; localId: number; text: string }): Promise<void> {
    const { network, localId, text } = job
    try {
      const { message } = await this.client.call('send', { network, text, wait: 'queued' })
      this.dispatch({ kind: 'sent', network, localId, id: message.id })
    } catch (thrown) {
      const { code } = toParleyError(thrown)
      this.dispatch({ kind: 'send-failed', network, localId, code })
      this.fail(thrown)
    }
  }

  scrollBy(rows: number): void {
    const { model } = this.#state
    const network = currentNetwork(model)
    if (network === null) return
    const scroll = this.#layout.scrolled(model, network, roomOf(this.#state), rows)
    this.dispatch({ kind: 'scroll', scroll })
  }

  /** Shows a message with a few after it, wherever it is. */
  jump(position: number): void {
    this.dispatch({ kind: 'jump', position, below: Math.floor(roomOf(this.#state).height / 4) })
  }

  /** A page of the conversation, but for two rows to find one's way. */
  get pageRows(): number {
    return Math.max(1, roomOf(this.#state).height - 2)
  }

  /** Rows of what lies over the conversation, in sight or not. */
  get overlayRows(): number {
    const { model, web } = this.#state
    return model.overlay === null
      ? 0
      : overlayLength(model, model.overlay, web, roomOf(this.#state))
  }

  /** Asks again for own messages that not all are known to have stored. */
  async refresh(): Promise<void> {
    const { model } = this.#state
    const network = currentNetwork(model)
    const want = network === null ? null : unsettled(network, model.self.id)
    if (network === null || want === null) return
    const { messages } = await this.client.call('history', { network: network.id, ...want })
    this.dispatch({ kind: 'refreshed', network: network.id, messages })
  }

  end(): void {
    this.options.onEnd()
  }

  /** Tells the node what was read, and stops. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
    const { model } = this.#state
    const unread = model.isConnected ? model.networks.filter((n) => n.readUpTo > n.readTold) : []
    await Promise.allSettled(unread.map(async ({ id }) => this.#tellRead(id, LAST_WORDS_MS)))
  }

  #reduced(events: readonly ViewEvent[]): FaceState['model'] {
    const nowMs = this.options.now()
    return events.reduce((model, event) => reduce(model, event, nowMs), this.#state.model)
  }

  #later(ms: number, what: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      what()
    }, ms)
    this.#timers.add(timer)
  }

  #carryOut(want: Want): void {
    switch (want.kind) {
      case 'page': {
        const { network } = want
        // No new screen for that: it only says that nobody has to ask again.
        const asked = this.#reduced([{ kind: 'page-asked', network, want: want.want }])
        this.#state = { ...this.#state, model: asked }
        void this.#fetchPage(network, want.want)
        return
      }
      case 'read':
        if (this.#reading.has(want.network)) return
        this.#reading.add(want.network)
        this.#later(READ_EVERY_MS, () => {
          this.#reading.delete(want.network)
          // A node that is gone has nothing to be told; that it is gone the stream tells.
          this.#tellRead(want.network).catch(() => {})
        })
        return
      case 'search': {
        const key = JSON.stringify(want)
        if (this.#searching === key) return
        this.#searching = key
        void this.#search(want)
      }
    }
  }

  async #fetchPage(network: string, want: { from: number; limit: number }): Promise<void> {
    try {
      const { messages } = await this.client.call('history', { network, ...want })
      this.dispatch({ kind: 'page', network, want, messages })
    } catch (thrown) {
      this.fail(thrown)
      this.#later(RETRY_MS, () => this.dispatch({ kind: 'page-failed', network }))
    }
  }

  async #tellRead(network: string, timeoutMs = 10_000): Promise<void> {
    const position = networkOf(this.#state.model, network)?.readUpTo
    if (position === undefined) return
    await this.client.call('mark_read', { network, position }, { timeoutMs })
    this.dispatch({ kind: 'read-told', network, position })
  }

  async #search(want: Extract<Want, { kind: 'search' }>): Promise<void> {
    const { network, query, before } = want
    try {
      const { messages } = await this.client.call('search', {
        network,
        query,
        limit: RESULTS_PAGE,
        ...(before === null ? {} : { before }),
      })
      const hasMore = messages.length === RESULTS_PAGE
      this.dispatch({ kind: 'search-results', query, messages, hasMore })
    } catch (thrown) {
      this.dispatch({ kind: 'search-close' })
      this.fail(thrown)
    } finally {
      this.#searching = ''
    }
  }
}
