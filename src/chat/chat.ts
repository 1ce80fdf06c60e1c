/**
 * The chat behind every face: takes news and what people do, keeps the model, and carries out what
 * the model wants. It knows the node by its local API only, and runs in a terminal as well as in
 * a browser.
 */
import type { SendAs } from '../node/api.ts'
import type { LocalMethod, LocalMethods, StreamLine } from '../node/local-api/types.ts'
import { toParleyError } from '../rpc/wire-error.ts'
import { alertFor, type Alert } from '../view-model/alerts.ts'
import type { ViewEvent } from '../view-model/event.ts'
import { currentNetwork, initialModel, networkOf, type Model } from '../view-model/model.ts'
import { plainLine } from '../view-model/plain-text.ts'
import { reduce } from '../view-model/reduce.ts'
import { RESULTS_PAGE, unsettled, wants, type Want } from '../view-model/wants.ts'

/** Whoever can ask the node. */
export interface Caller {
  /** Rejects with a `ParleyError`. */
  call<M extends LocalMethod>(
    method: M,
    params: LocalMethods[M]['params'],
    options?: { readonly timeoutMs?: number },
  ): Promise<LocalMethods[M]['result']>
}

export interface ChatOptions {
  readonly self: Model['self']
  readonly listen: string
  readonly now: () => number
  /** Calls somebody who may not be looking. */
  readonly ring: (alert: Alert, network: string) => void
  /** Puts a text into the clipboard, where that is allowed. */
  readonly copy: (text: string) => void
  readonly onEnd: () => void
  /**
   * Saves the history of a network, telling how many entries it has got to; resolves to the place.
   * Missing where nothing can be saved.
   */
  readonly exportTo?: (
    network: string,
    place: string,
    onProgress: (entries: number) => void,
  ) => Promise<string>
}

/** How often what was read is told to the node. */
const READ_EVERY_MS = 500
const RETRY_MS = 1_000
/** At the end nobody waits long for a node that does not answer. */
const LAST_WORDS_MS = 500

export abstract class Chat {
  readonly client: Caller
  readonly chatOptions: ChatOptions
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()
  readonly #reading = new Set<string>()
  readonly #listeners = new Set<() => void>()
  #model: Model
  #searching = ''
  #lastLocalId = 0
  #sending: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(client: Caller, options: ChatOptions) {
    this.client = client
    this.chatOptions = options
    this.#model = initialModel(options.self, options.listen, options.now())
  }

  get model(): Model {
    return this.#model
  }

  /** Shows a message with a few after it, wherever it is. */
  abstract jump(position: number): void

  /** The model is another one, or what a face keeps besides: what follows from showing it. */
  protected abstract shown(): readonly ViewEvent[]

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Lets things happen to the model, in this order. */
  dispatch(...events: readonly ViewEvent[]): void {
    if (this.#isClosed) return
    this.#reduce(events)
    this.settle()
  }

  /** Shows what there is now, asks for what is missing, and tells whoever draws. */
  protected settle(): void {
    if (this.#isClosed) return
    this.#reduce(this.shown())
    for (const want of wants(this.#model)) this.#carryOut(want)
    for (const listener of this.#listeners) listener()
  }

  /** Lines of a network's stream. */
  take(network: string, lines: readonly StreamLine[]): void {
    const messages = lines.flatMap((line) => ('event' in line ? [] : [line]))
    const alert = alertFor(this.#model, network, messages)
    this.dispatch({ kind: 'lines', network, lines })
    if (alert === null) return
    this.chatOptions.ring(alert, networkOf(this.#model, network)?.name ?? '')
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

  /** Sends texts one after the other, in this order; each is shown at once. */
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

  /** Sends what is about another message; it is shown once it has its place. */
  async sendAbout(network: string, text: string, as: SendAs): Promise<void> {
    const before = this.#sending
    const sending = (async () => {
      // Not to overtake what was typed before.
      await before
      await this.client.call('send', { network, text, ...as, wait: 'queued' })
    })()
    this.#sending = sending.catch(() => {})
    await sending
  }

  /** Asks again for own messages that not all are known to have stored. */
  async refresh(): Promise<void> {
    const network = currentNetwork(this.#model)
    const want = network === null ? null : unsettled(network, this.#model.self.id)
    if (network === null || want === null) return
    const { messages } = await this.client.call('history', { network: network.id, ...want })
    this.dispatch({ kind: 'refreshed', network: network.id, messages })
  }

  end(): void {
    this.chatOptions.onEnd()
  }

  /** Tells the node what was read, and stops. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
    const { isConnected, networks } = this.#model
    const unread = isConnected ? networks.filter((one) => one.readUpTo > one.readTold) : []
    await Promise.allSettled(unread.map(async ({ id }) => this.#tellRead(id, LAST_WORDS_MS)))
  }

  #reduce(events: readonly ViewEvent[]): void {
    const nowMs = this.chatOptions.now()
    this.#model = events.reduce((model, event) => reduce(model, event, nowMs), this.#model)
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
        // Nothing to show in that: it only says that nobody has to ask again.
        this.#reduce([{ kind: 'page-asked', network, want: want.want }])
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
    const position = networkOf(this.#model, network)?.readUpTo
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
