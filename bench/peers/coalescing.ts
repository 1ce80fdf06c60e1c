/** Texts gathered within one turn of the event loop, and sent as one frame. */
export const SEPARATOR = '\u001e'

export class Coalescer {
  readonly #send: (frame: string) => void
  #waiting: string[] = []
  #isScheduled = false

  constructor(send: (frame: string) => void) {
    this.#send = send
  }

  add(text: string): void {
    this.#waiting.push(text)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#send(this.#waiting.join(SEPARATOR))
      this.#waiting = []
    })
  }
}

export const textsIn = (data: unknown): readonly string[] => String(data).split(SEPARATOR)
