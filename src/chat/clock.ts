/** Times by this machine's clock and calendar. */
import type { Clock } from '../view-model/words.ts'

const local = (iso: string): string => {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return ''
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString()
}

/** `14:02`; '' if it is no time. */
export const clock: Clock = (iso) => local(iso).slice(11, 16)

/** `2026-11-22`; '' if it is no time. */
export const dayOf = (iso: string): string => local(iso).slice(0, 10)

/** `2026-11-22 14:02:31`. */
export const fullTime = (iso: string): string => local(iso).slice(0, 19).replace('T', ' ')
