declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events'

  interface RollingFile extends EventEmitter {
    write(text: string): boolean
    flushSync(): void
    end(): void
  }

  /** A stream that goes on in another file when one has become too large. */
  export default function roll(options: {
    readonly file: string
    readonly extension: string
    readonly size: string
    readonly limit: { readonly count: number; readonly removeOtherLogFiles: boolean }
    readonly mode: number
  }): Promise<RollingFile>
}
