/** A count on stderr while something takes long; nothing where nobody looks. */
import { isTerminal } from './output.ts'

const EVERY_MS = 200

export interface Progress {
  readonly show: (count: number) => void
  /** Takes the line away again. */
  readonly end: () => void
}

export const progress = (verb: string, what: string): Progress => {
  if (!isTerminal(process.stderr)) return { show: () => {}, end: () => {} }
  let shownAt = performance.now()
  let isShown = false
  return {
    show(count) {
      if (count === 0 || performance.now() - shownAt < EVERY_MS) return
      shownAt = performance.now()
      isShown = true
      process.stderr.write(`\r${verb} ${count} ${what} `)
    },
    end() {
      if (isShown) process.stderr.write('\r\u001b[K')
    },
  }
}
