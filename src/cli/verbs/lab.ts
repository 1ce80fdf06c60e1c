/** `parley lab`: a cluster to play with, and to see what is promised hold. */
import { MAX_NODES, runLab } from '../../lab/index.ts'
import { timeoutMs, wholeNumber, type CommandContext } from '../command-context.ts'
import { isTerminal } from '../output.ts'

const USUAL_COUNT = 5
const EXPECT_MS = 15_000

export const lab = async (context: CommandContext): Promise<void> => {
  const { flags, operands, out } = context
  const [text] = operands
  const count = text === undefined ? USUAL_COUNT : wholeNumber('lab', text, 1, MAX_NODES)
  const signalled = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal)
    process.once(signal, () => signalled.resolve())
  }
  const { stdin, stdout } = process
  const isShown = isTerminal(stdin) && isTerminal(stdout) && !out.json
  await runLab({
    count,
    script: flags.script ?? null,
    expectMs: timeoutMs(context, EXPECT_MS),
    terminal: isShown ? { stdin, stdout, env: process.env } : null,
    signalled: signalled.promise,
    tell: (line) => {
      if (out.json) void out.object({ told: line.trim() })
      else void out.line(line)
    },
  })
}
