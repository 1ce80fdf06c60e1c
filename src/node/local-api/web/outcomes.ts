/**
 * What became of calls, for pages that lost their connection before they heard of it. A page
 * repeats such a call under the same id; what changes something is carried out once and answered
 * twice.
 */
import type { SessionId } from './sessions.ts'

export interface OutcomeLimits {
  /** Calls of one session that are remembered; the oldest are forgotten first. */
  readonly maxCalls: number
  /** Characters of their results, of one session. */
  readonly maxChars: number
}

export const outcomeLimits: OutcomeLimits = { maxCalls: 1_000, maxChars: 2 * 1024 * 1024 }

interface Outcome {
  readonly answer: Promise<unknown>
  chars: number
}

/** The calls of one session. */
class Book {
  readonly outcomes = new Map<string, Outcome>()
  chars = 0

  forgetOldest(limits: OutcomeLimits): void {
    for (const [id, { chars }] of this.outcomes) {
      const isTooMuch = this.outcomes.size > limits.maxCalls || this.chars > limits.maxChars
      if (!isTooMuch) return
      this.outcomes.delete(id)
      this.chars -= chars
    }
  }
}

export class Outcomes {
  readonly #limits: OutcomeLimits
  readonly #books = new Map<SessionId, Book>()

  constructor(limits: OutcomeLimits = outcomeLimits) {
    this.#limits = limits
  }

  /** Does the work, unless this session had it done already under this id. */
  once(session: SessionId, id: string, work: () => unknown): Promise<unknown> {
    const book = this.#books.get(session) ?? new Book()
    this.#books.set(session, book)
    const known = book.outcomes.get(id)
    if (known !== undefined) return known.answer
    // What is thrown at once and what is rejected later are the same to whoever asks again.
    const answer = (async () => work())()
    const outcome: Outcome = { answer, chars: 0 }
    book.outcomes.set(id, outcome)
    void this.#weigh(book, id, outcome)
    return answer
  }

  forget(session: SessionId): void {
    this.#books.delete(session)
  }

  async #weigh(book: Book, id: string, outcome: Outcome): Promise<void> {
    try {
      outcome.chars = JSON.stringify(await outcome.answer).length
    } catch {
      // An error is small, and whoever called is told of it.
    }
    if (book.outcomes.get(id) === outcome) book.chars += outcome.chars
    book.forgetOldest(this.#limits)
  }
}
