/** The chat of this page: the model, and what belongs to this page alone. */
import { Chat, type Caller, type ChatOptions } from '../chat/chat.ts'
import { Commands, type Looking } from '../chat/commands.ts'
import type { MessageView, SendAs } from '../node/api.ts'
import type { ViewEvent } from '../view-model/event.ts'
import { currentNetwork, type Draft, type Model } from '../view-model/model.ts'
import { historyOf, type InputHistory } from '../view-model/typed.ts'
import type { LinkState } from './live/connection.ts'
import type { Settings } from './settings.ts'

/** What lies over the page, besides what lies over the conversation in every face. */
export type Dialog =
  | { readonly kind: 'switcher' }
  | { readonly kind: 'enter'; readonly how: 'create' | 'join'; readonly target: string }
  | { readonly kind: 'settings' }
  | { readonly kind: 'network' }
  | { readonly kind: 'search' }
  | { readonly kind: 'delete'; readonly message: MessageView }
  | {
      readonly kind: 'confirm'
      readonly title: string
      readonly text: string
      readonly action: string
      readonly command: string
      readonly argument: string
    }

/** What is written is about another message. */
export interface About {
  readonly kind: 'reply' | 'edit'
  readonly message: MessageView
}

export interface OwnState {
  readonly about: About | null
  readonly dialog: Dialog | null
  readonly settings: Settings
  readonly link: LinkState
  /** On a narrow screen: the networks, or the members, instead of the conversation. */
  readonly drawer: 'networks' | 'members' | null
  readonly typed: InputHistory
  /** What is written while there is no network to keep it. */
  readonly draft: Draft
}

export interface PageState extends OwnState {
  readonly model: Model
}

export interface PageOptions extends ChatOptions {
  readonly settings: Settings
  readonly saveSettings: (settings: Settings) => void
}

const MESSAGES_BELOW = 6

export class Page extends Chat {
  readonly #options: PageOptions
  #commands: Commands | null = null
  #looking: Looking | null = null
  #own: OwnState
  #state: PageState
  /** Parts of the page that keys act on. */
  composer: HTMLTextAreaElement | null = null
  scrollBox: HTMLElement | null = null

  constructor(client: Caller, options: PageOptions) {
    super(client, options)
    this.#options = options
    this.#own = {
      about: null,
      dialog: null,
      settings: options.settings,
      link: 'open',
      drawer: null,
      typed: historyOf([]),
      draft: { text: '', cursor: 0 },
    }
    this.#state = { ...this.#own, model: this.model }
  }

  /** Whoever brings the news, which needs this page first. */
  startWith(looking: Looking): void {
    this.#looking = looking
    this.#commands = new Commands(this, looking)
  }

  readonly state = (): PageState => this.#state

  update(change: Partial<OwnState>): void {
    this.#own = { ...this.#own, ...change }
    this.settle()
  }

  protected override shown(): readonly ViewEvent[] {
    this.#state = { ...this.#own, model: this.model }
    return []
  }

  override jump(position: number): void {
    this.dispatch({ kind: 'jump', position, below: MESSAGES_BELOW })
  }

  choose(change: Partial<Settings>): void {
    const settings = { ...this.#own.settings, ...change }
    this.#options.saveSettings(settings)
    this.update({ settings })
  }

  /** Opens a network where its unread messages begin. */
  open(network: string): void {
    this.#own = { ...this.#own, drawer: null, dialog: null, about: null }
    this.dispatch({ kind: 'open-network', network, atUnread: true })
    this.choose({ network })
  }

  get draft(): Draft {
    return currentNetwork(this.model)?.draft ?? this.#own.draft
  }

  setDraft(draft: Draft): void {
    if (currentNetwork(this.model) === null) this.update({ draft })
    else this.dispatch({ kind: 'draft', draft })
  }

  /** Somebody has typed: what was recalled is a new line now. */
  write(draft: Draft): void {
    if (this.#own.typed.index !== null)
      this.#own = { ...this.#own, typed: historyOf(this.#own.typed.entries) }
    this.setDraft(draft)
  }

  /** At the side where there is room, instead of the conversation where there is not. */
  toggleMembers(): void {
    if (matchMedia('(max-width: 68rem)').matches)
      this.update({ drawer: this.#own.drawer === 'members' ? null : 'members' })
    else this.choose({ showsMembers: !this.#own.settings.showsMembers })
  }

  /** What is written from now on is a reply, or what a message is to become. */
  begin(kind: About['kind'], message: MessageView): void {
    const { text } = message
    this.#own = { ...this.#own, about: { kind, message }, dialog: null }
    this.dispatch({ kind: 'overlay', overlay: null })
    if (kind === 'edit') this.setDraft({ text, cursor: text.length })
    // The dialog that was open gives the focus back first.
    requestAnimationFrame(() => this.focusComposer())
  }

  /** Ends that; what was to become of a message is gone, a reply stays as a message. */
  stopAbout(): void {
    if (this.#own.about?.kind === 'edit') this.setDraft({ text: '', cursor: 0 })
    this.update({ about: null })
  }

  /** Sends what is written about another message; it comes back if that does not work. */
  finishAbout({ kind, message }: About): void {
    const { draft } = this
    this.setDraft({ text: '', cursor: 0 })
    this.update({ about: null })
    this.#change(message, kind, draft.text).catch((thrown: unknown) => {
      this.setDraft(draft)
      this.update({ about: { kind, message } })
      this.fail(thrown)
    })
  }

  /** An empty text takes a reaction back. */
  react(message: MessageView, text: string): void {
    this.#change(message, 'reaction', text).catch((thrown: unknown) => this.fail(thrown))
  }

  delete(message: MessageView): void {
    this.update({ dialog: null })
    this.#change(message, 'delete', '').catch((thrown: unknown) => this.fail(thrown))
  }

  async #change(
    { network, author, id }: MessageView,
    kind: NonNullable<SendAs['kind']>,
    text: string,
  ): Promise<void> {
    const about = `${author.id}/${id}`
    await this.sendAbout(network, text, { kind, about })
  }

  focusComposer(): void {
    this.composer?.focus()
  }

  get commands(): Commands {
    if (this.#commands === null) throw new Error('startWith comes first')
    return this.#commands
  }

  /** Runs a command and closes what asked for it; what goes wrong is said. */
  async run(name: string, argument = ''): Promise<void> {
    this.update({ dialog: null })
    await this.commands.run(name, argument)
    this.keepChoices()
  }

  /** What commands have changed of what is kept. */
  keepChoices(): void {
    const { networks, ignored } = this.model
    const here = new Set(networks.map(({ id }) => id))
    const elsewhere = this.#own.settings.muted.filter((id) => !here.has(id))
    const muted = networks.flatMap(({ id, isMuted }) => (isMuted ? [id] : []))
    this.choose({ muted: [...elsewhere, ...muted], ignored })
  }

  /** Calls the node for something that has no command; what goes wrong is said. */
  async ask(what: (client: Caller) => Promise<unknown>, done: string): Promise<void> {
    this.update({ dialog: null })
    try {
      await what(this.client)
      this.say(done)
      await this.#looking?.look()
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  closeAll(): void {
    this.#own = { ...this.#own, dialog: null, drawer: null }
    this.dispatch({ kind: 'search-close' })
  }
}
