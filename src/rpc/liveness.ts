/** Finds out that the other end of a WebSocket is gone although the connection does not say so. */
import type { WebSocket } from 'ws'

export interface LivenessOptions {
  /** How often a ping is sent; 0 never. */
  readonly everyMs: number
  /** Periods in a row without any sign of life before `onSilent`. */
  readonly maxSilent: number
  readonly onSilent: () => void
}

export interface Liveness {
  /** Something arrived. */
  sign(): void
  /** Since the last sign of life. */
  silentMs(): number
  /** Asks for one now. */
  ask(): void
  stop(): void
}

/**
 * Starts to ask. A machine that was asleep wakes to one overdue period, not to many, so it does not
 * take everybody for dead.
 */
export const startLiveness = (socket: WebSocket, options: LivenessOptions): Liveness => {
  let silent = 0
  let signAt = performance.now()
  const sign = (): void => {
    silent = 0
    signAt = performance.now()
  }
  const silentMs = (): number => performance.now() - signAt
  const ask = (): void => {
    if (socket.readyState === socket.OPEN) socket.ping()
  }
  socket.on('pong', sign)
  if (options.everyMs === 0) return { sign, silentMs, ask, stop: () => {} }
  const timer = setInterval(() => {
    if (silent >= options.maxSilent) {
      options.onSilent()
      return
    }
    silent += 1
    ask()
  }, options.everyMs)
  timer.unref()
  return { sign, silentMs, ask, stop: () => clearInterval(timer) }
}
