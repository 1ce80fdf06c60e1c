/**
 * Was this node itself away (event loop blocked, process stopped, machine asleep)? Then it learns
 * so by a deadline that it missed by far, and must not blame others for its own silence.
 */
import type { Millis } from './ids.ts'

export const stallOf = (due: Millis | null, now: Millis, suspectAfterMs: number): boolean =>
  due !== null && now - due > suspectAfterMs / 2
