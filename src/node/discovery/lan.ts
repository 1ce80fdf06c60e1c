/**
 * Tells who is here on the local network, and hears who else is: multicast DNS on every card, as
 * cards come and go. Nothing in it is trusted, and nothing waits for it.
 */
import type { NodeLog } from '../context.ts'
import type { Interfaces } from './own-addresses.ts'
import { LanCard, cardsOf, type Card } from './lan-card.ts'
import { newsOf, recordsOf, type Announcement, type LanNews } from './lan-records.ts'

export interface LanOptions {
  /** Whose own announcements are passed over. */
  readonly self: string
  /** What is told now; null for nothing, which leaves it at listening. */
  readonly told: () => Announcement | null
  /** Somebody is there, or says something else than before. */
  readonly onFound?: (found: Announcement) => void
  readonly log?: NodeLog
  readonly interfaces: () => Interfaces
}

/** What `doctor` shows. */
export interface LanState {
  /** Addresses of the cards on which it listens. */
  readonly cards: readonly string[]
  /** Why some card does not work, if so. */
  readonly fault: string | null
}

const LOOK_MS = 1_000
/** Changes that come within this time are told at once. */
const SETTLE_MS = 200
/** Answers are for all, so a question that somebody else asked serves as well. */
const ASK_MS = { first: 1_000, least: 40_000, spread: 20_000 }
/** Whoever is heard beyond that pushes out who was silent longest. */
const MAX_NEIGHBOURS = 256

interface Neighbour {
  readonly announcement: Announcement
  readonly until: number
}

export class Lan {
  readonly #options: LanOptions
  readonly #cards = new Map<string, LanCard>()
  /** Heard longest ago first. */
  readonly #neighbours = new Map<string, Neighbour>()
  readonly #look: NodeJS.Timeout
  #asking: NodeJS.Timeout
  #settling: NodeJS.Timeout | null = null
  #fault: string | null = null
  #said = ''

  constructor(options: LanOptions) {
    this.#options = options
    this.#look = setInterval(() => this.#watch(), LOOK_MS)
    this.#look.unref()
    this.#watch()
    this.#asking = setTimeout(() => this.#ask(), ASK_MS.first)
    this.#asking.unref()
  }

  /** Who is there, as far as heard lately; whoever was heard last comes last. */
  neighbours(): readonly Announcement[] {
    const now = performance.now()
    for (const [id, { until }] of this.#neighbours) if (until <= now) this.#neighbours.delete(id)
    return [...this.#neighbours.values()].map(({ announcement }) => announcement)
  }

  state(): LanState {
    return { cards: [...this.#cards.values()].map(({ address }) => address), fault: this.#fault }
  }

  /** Asks who is there; answers come in as they come. */
  ask(): void {
    for (const card of this.#cards.values()) card.ask()
  }

  /** What is told may have changed. */
  update(): void {
    if (this.#settling !== null) return
    this.#settling = setTimeout(() => {
      this.#settling = null
      this.#tell()
    }, SETTLE_MS)
    this.#settling.unref()
  }

  /** Says goodbye and closes: within a moment. */
  async stop(): Promise<void> {
    clearInterval(this.#look)
    clearTimeout(this.#asking)
    if (this.#settling !== null) clearTimeout(this.#settling)
    const told = this.#options.told()
    const goodbye = told === null ? [] : recordsOf(told, true)
    await Promise.all([...this.#cards.values()].map((card) => card.close(goodbye)))
    this.#cards.clear()
  }

  /** Opens cards that have come and closes those that are gone. */
  #watch(): void {
    const found = cardsOf(this.#options.interfaces())
    for (const [key, card] of this.#cards) {
      if (found.some((one) => one.key === key)) continue
      this.#cards.delete(key)
      void card.close([])
    }
    for (const card of found) if (!this.#cards.has(card.key)) this.#open(card)
    this.#tellIfNew()
  }

  #open(card: Card): void {
    const opened = new LanCard(card, {
      records: () => {
        const told = this.#options.told()
        return told === null ? [] : recordsOf(told)
      },
      onAnswers: (answers, sender) => {
        for (const news of newsOf(answers, sender)) this.#hear(news)
      },
      onReady: () => {
        opened.tell()
        opened.ask()
      },
      onFault: (error) => {
        if (this.#fault === null)
          this.#options.log?.('warn', 'no multicast', { card: card.address, error: error.message })
        this.#fault = error.message
      },
    })
    this.#cards.set(card.key, opened)
  }

  #hear(news: LanNews): void {
    if (news.kind === 'gone') {
      this.#neighbours.delete(news.id)
      return
    }
    const { announcement, ttlMs } = news
    const { id } = announcement
    if (id === this.#options.self) return
    const before = this.#neighbours.get(id)?.announcement
    this.#neighbours.delete(id)
    this.#neighbours.set(id, { announcement, until: performance.now() + ttlMs })
    for (const oldest of this.#neighbours.keys()) {
      if (this.#neighbours.size <= MAX_NEIGHBOURS) break
      this.#neighbours.delete(oldest)
    }
    if (JSON.stringify(before) !== JSON.stringify(announcement))
      this.#options.onFound?.(announcement)
  }

  #tellIfNew(): void {
    if (this.#said !== JSON.stringify(this.#options.told())) this.update()
  }

  #tell(): void {
    this.#said = JSON.stringify(this.#options.told())
    for (const card of this.#cards.values()) card.tell()
  }

  #ask(): void {
    for (const card of this.#cards.values()) if (card.askedMsAgo() > ASK_MS.least) card.ask()
    this.#asking = setTimeout(() => this.#ask(), ASK_MS.least + Math.random() * ASK_MS.spread)
    this.#asking.unref()
  }
}
