/**
 * The weather of a node in a laboratory, as the process that started it tells over their channel.
 * Nobody else has that channel: without it, and the mark in the environment, there is no weather.
 */
import type { NodeId } from '../core/ids.ts'
import type { Weather } from '../node/weather.ts'

export const LAB_MARK = 'PARLEY_LAB'

export const weatherOfLab = (): Weather | undefined => {
  if (process.env[LAB_MARK] !== '1' || process.send === undefined) return undefined
  let now = { deaf: [] as readonly string[], delayMs: 0, skewMs: 0 }
  process.on('message', (message) => {
    now = message as typeof now
  })
  // A laboratory that is gone leaves nothing behind.
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
  return {
    hears: (from: NodeId) => !now.deaf.includes(from),
    delayMs: () => now.delayMs,
    skewMs: () => now.skewMs,
  }
}
