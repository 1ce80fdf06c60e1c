/** How much a log is to hold. Alone in its file: commands that log nothing ask for it, too. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'off'] as const
export type WantedLevel = (typeof LOG_LEVELS)[number]
