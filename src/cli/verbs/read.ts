/**
 * `parley history`, `parley tail` and `parley search`: reading, as lines for people or as JSON for
 * programs.
 */
import type { StreamQuery } from '../../node/local-api/types.ts'
import { operand, wholeNumber, type CommandContext } from '../command-context.ts'
import { eventText, messageText, Shown } from '../message-text.ts'

const TAIL_MESSAGES = 20
const MAX_COUNT = 1_000_000_000

const numberFlag = (flag: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : wholeNumber(flag, text, 0, MAX_COUNT)

const print = async (
  context: CommandContext,
  query: StreamQuery,
  atMost: number,
): Promise<void> => {
  const { out } = context
  const client = await context.client()
  const shown = new Shown()
  let left = atMost
  if (left <= 0) return
  for await (const line of client.messages(query)) {
    if ('event' in line) {
      const text = out.json ? '' : eventText(line)
      if (out.json) await out.object(line)
      else if (text !== '') await out.line(out.style('dim', text))
      continue
    }
    if (out.json) await out.object(line)
    else if (shown.isNew(line)) await out.line(messageText(line, out))
    left -= 1
    if (left <= 0) return
  }
}

/** All messages from the first on, unless told otherwise. */
export const history = async (context: CommandContext): Promise<void> => {
  const from = numberFlag('--from', context.flags.from)
  const limit = numberFlag('--limit', context.flags.limit)
  const query: StreamQuery = {
    network: operand(context, 0),
    ...(from === undefined ? {} : { from }),
    ...(from === undefined && limit !== undefined ? { last: limit } : {}),
  }
  await print(context, query, limit ?? MAX_COUNT)
}

/** The newest messages, and with `--follow` those to come. */
export const tail = async (context: CommandContext): Promise<void> => {
  const from = numberFlag('--from', context.flags.from)
  const limit = numberFlag('--limit', context.flags.limit)
  const follow = context.flags.follow === true
  const query: StreamQuery = {
    network: operand(context, 0),
    follow,
    ...(from === undefined ? { last: limit ?? TAIL_MESSAGES } : { from }),
  }
  await print(context, query, follow || limit === undefined ? MAX_COUNT : limit)
}

const SEARCH_MESSAGES = 50
const MAX_SEARCH = 500

/** The newest messages with all of the words. */
export const search = async (context: CommandContext): Promise<void> => {
  const { flags, out, operands } = context
  const limit = wholeNumber('--limit', flags.limit ?? String(SEARCH_MESSAGES), 1, MAX_SEARCH)
  const before = numberFlag('--before', flags.before)
  const client = await context.client()
  const { messages } = await client.call('search', {
    network: operand(context, 0),
    query: operands.slice(1).join(' '),
    limit,
    ...(before === undefined ? {} : { before }),
  })
  for (const message of messages) {
    if (out.json) await out.object(message)
    else await out.line(messageText(message, out))
  }
}
