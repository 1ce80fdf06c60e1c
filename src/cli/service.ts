/** What serves until it is told to stop: started, announced, and ended in time. */
import { EXIT_CODES } from '../rpc/errors.ts'
import { onBrokenPipe } from './output.ts'

export interface Service {
  /** Leaves gracefully. */
  stop(): Promise<void>
}

/** After a signal the process is gone within 3 s, whatever hangs. */
const STOP_DEADLINE_MS = 2_800

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Starts a service and runs it until a signal, or until `ended` resolves; then stops it and ends
 * the process. `ended` is told of the signal as well, so that it can clear up what it shows. A
 * second Ctrl-C ends the process at once. Rejects if the start fails.
 */
export const serve = async <S extends Service>(
  start: (signalled: Promise<void>) => Promise<S>,
  ended: (service: S, signalled: Promise<void>) => Promise<void> = () => new Promise(() => {}),
): Promise<void> => {
  onBrokenPipe('ignore')
  // Keys, histories and tokens: whatever is written from here on is for this user alone.
  process.umask(0o077)
  const signalled = Promise.withResolvers<void>()
  let interrupts = 0
  let deadline: NodeJS.Timeout | null = null
  const beginToStop = (): void => {
    // Not unref'd: it is what ends the process if nothing else does.
    deadline ??= setTimeout(() => {
      process.stderr.write('parley: could not stop in order within 2.8 s, ending anyway\n')
      process.exit(EXIT_CODES.error)
    }, STOP_DEADLINE_MS)
    signalled.resolve()
  }
  for (const signal of SIGNALS) {
    process.removeAllListeners(signal)
    process.on(signal, () => {
      interrupts += signal === 'SIGINT' ? 1 : 0
      if (interrupts > 1) process.exit(EXIT_CODES.interrupted)
      beginToStop()
    })
  }
  const starting = start(signalled.promise)
  // A start that a signal overtakes is waited for, so that what it began is ended in order.
  const service = await starting.catch((error: unknown) => {
    if (deadline !== null) clearTimeout(deadline)
    throw error
  })
  try {
    await Promise.race([signalled.promise, ended(service, signalled.promise)])
  } finally {
    beginToStop()
    await service.stop()
    if (deadline !== null) clearTimeout(deadline)
  }
  process.exit(EXIT_CODES.ok)
}
