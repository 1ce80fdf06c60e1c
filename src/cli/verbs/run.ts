/** `parley run`: a node without a chat. */
import type { CommandContext } from '../command-context.ts'
import { serve } from '../service.ts'
import { readyLine, startNodeWithApi } from '../start-node.ts'
import { fingerprintLines } from '../web-fingerprint.ts'

export const run = async (context: CommandContext): Promise<void> => {
  const { out } = context
  const settings = await context.settings()
  await serve(async () => {
    const running = await startNodeWithApi(settings, (text) => out.note(text), { isLogShown: true })
    const { node } = running
    const ready = readyLine(running)
    const lines = [
      `${node.name} listens on ${node.listen}; data: ${settings.dataDir}`,
      `Chat in the browser (once, within 10 minutes; parley web prints another): ${ready.web}`,
      ...fingerprintLines(ready.webFingerprint),
    ]
    await out.result(ready, lines.join('\n'))
    return running
  })
}
