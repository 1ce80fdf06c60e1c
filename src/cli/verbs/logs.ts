/** `parley logs`: what several nodes decided, as one story. */
import type { LogLevel } from '../../node/context.ts'
import { LOG_LEVELS } from '../../observe/levels.ts'
import { LogReader } from '../../observe/log-files.ts'
import { isWantedLine, type LogFilter, type LogLine } from '../../observe/log-line.ts'
import { mergeLogs } from '../../observe/story.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import type { CommandContext } from '../command-context.ts'
import type { Output } from '../output.ts'

/** Lines of different nodes are put in order if they come within this time. */
const GATHER_MS = 300

const levelOf = (text: string | undefined): LogLevel | undefined => {
  if (text === undefined) return undefined
  const level = LOG_LEVELS.find((one) => one === text)
  if (level !== undefined && level !== 'off') return level
  throw new ParleyError('USAGE', `Not a level: ${text}`, {
    hint: 'Levels are debug, info, warn and error.',
  })
}

const filterOf = ({ flags }: CommandContext): LogFilter => ({
  group: flags.group,
  message: flags.message,
  node: flags.node,
  level: levelOf(flags.level),
})

/** `10:02:03.004 7 bob suspects alice` */
const lineText = (out: Output, line: LogLine): string => {
  const time = new Date(line.at).toISOString().slice(11, 23)
  const clock = line.clock === null ? '–' : String(line.clock)
  const where = line.network === null ? '' : `${line.network}: `
  const who = plainLine(line.name === '' ? line.node.slice(0, 6) : line.name)
  const text = plainLine(`${where}${line.text}`)
  const isBad = line.level === 'warn' || line.level === 'error'
  const words = isBad ? out.style(line.level === 'error' ? 'red' : 'yellow', text) : text
  const start = `${out.style('dim', time)} ${clock.padStart(6)}`
  return `${start} ${out.style('bold', who.padEnd(10))} ${words}`
}

const tell = async (out: Output, lines: readonly LogLine[], filter: LogFilter): Promise<void> => {
  for (const line of lines) {
    if (!isWantedLine(line, filter)) continue
    if (out.json) await out.object(line.raw)
    else await out.line(lineText(out, line))
  }
}

export const logs = async (context: CommandContext): Promise<void> => {
  const { out, operands, flags } = context
  const filter = filterOf(context)
  const paths = operands.length > 0 ? operands : [(await context.settings()).dataDir]
  const readers = paths.map((path) => new LogReader(path))
  const next = (): readonly LogLine[] => mergeLogs(readers.map((reader) => reader.take()))
  await tell(out, next(), filter)
  while (flags.follow === true) {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
    await tell(out, next(), filter)
  }
}
