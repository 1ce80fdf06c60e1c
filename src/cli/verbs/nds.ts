/** `parley nds`: a Node Discovery Service. */
import { announceNds } from '../../node/discovery/nds-presence.ts'
import { wholeNumber, type CommandContext } from '../command-context.ts'
import { serve } from '../service.ts'
import { startNdsAt, USUAL_NDS } from '../start-nds.ts'

const MIN_LEASE_MS = 300
const MAX_LEASE_MS = 86_400_000
const MAX_RATE = 1_000_000

export const nds = async (context: CommandContext): Promise<void> => {
  const { flags, out } = context
  const leaseMs =
    flags.leaseMs === undefined
      ? undefined
      : wholeNumber('--lease-ms', flags.leaseMs, MIN_LEASE_MS, MAX_LEASE_MS)
  const rate = flags.rate === undefined ? undefined : wholeNumber('--rate', flags.rate, 1, MAX_RATE)
  const { advertise, mdns } = await context.settings()
  await serve(async () => {
    const { listen = USUAL_NDS, dataDir } = flags
    const { store, metrics } = flags
    const start = { listen, dataDir, leaseMs, store, metrics, rate }
    const running = await startNdsAt(start, (text) => out.note(text))
    const { url } = running
    const told = mdns ? announceNds(running, advertise) : null
    await out.result(
      {
        event: 'ready',
        kind: 'nds',
        listen: running.listen,
        url,
        pid: process.pid,
        ...(running.metricsListen === null ? {} : { metrics: `http://${running.metricsListen}` }),
      },
      `Node Discovery Service at ${url}`,
    )
    return {
      stop: async () => {
        await Promise.all([told?.stop(), running.close()])
      },
    }
  })
}
