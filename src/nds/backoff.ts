/**
 * When to try again: one second after the first failure, twice as long after each more, up to half
 * a minute.
 */
const FIRST_MS = 1_000
const MOST_MS = 30_000

export class Backoff {
  readonly #random: () => number
  #failures = 0
  #until = 0

  /**
   * `random` gives 0 (included) to 1 (excluded): up to a quarter less, so that not all come back at
   * once.
   */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Time to wait from `now` (ms); 0 if it may be tried. */
  waitMs(now: number): number {
    return this.#failures === 0 ? 0 : Math.max(0, Math.ceil(this.#until - now))
  }

  failed(now: number): void {
    const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(this.#failures, 10))
    this.#failures += 1
    this.#until = now + full * (1 - this.#random() / 4)
  }

  succeeded(): void {
    this.#failures = 0
  }
}
