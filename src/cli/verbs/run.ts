/** `parley run`: a node without a chat. */
import type { CommandContext } from '../command-context.ts'
import { serve } from '../service.ts'
import { readyLine, startNodeWithApi } from '../start-node.ts'

export const run = async (context: CommandContext): Promise<void> => {
  const { out } = context
  const settings = await context.settings()
  await serve(async () => {
    const running = await startNodeWithApi(settings, (text) => out.note(text))
    const { node, api } = running
    await out.result(
      readyLine(running),
      `${node.name} listens on ${node.listen}; page: ${api.info.web}; data: ${settings.dataDir}`,
    )
    return running
  })
}
