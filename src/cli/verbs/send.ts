/** `parley send`: one message from the arguments or stdin, or one for each line of stdin. */
import { limits } from '../../core/limits.ts'
import type { SendAs, SentMessage, Wait } from '../../node/api.ts'
import type { LocalClient } from '../../node/local-api/client.ts'
import type { SendManyResult } from '../../node/local-api/types.ts'
import { isErrorCode, ParleyError } from '../../rpc/errors.ts'
import { operand, timeoutMs, wholeNumber, type CommandContext } from '../command-context.ts'
import { lineChunks } from '../line-chunks.ts'
import { isTerminal } from '../output.ts'
import { plainLine } from '../../view-model/plain-text.ts'

const SEND_TIMEOUT_MS = 30_000
const MARGIN_MS = 5_000
/** Lines that are sent with one call, and what they may hold together. */
const CHUNK_LINES = 256
const CHUNK_BYTES = 256 * 1024

interface SendOptions {
  readonly network: string
  readonly wait: Wait
  readonly timeoutMs: number
}

/** What `--wait` means. Throws USAGE. */
export const parseWait = (text = 'sequenced'): Wait => {
  if (text === 'queued' || text === 'sequenced' || text === 'majority' || text === 'all')
    return text
  if (/^\d/.test(text)) return wholeNumber('--wait', text, 1, limits.members)
  throw new ParleyError('USAGE', `--wait does not know ${plainLine(text)}`, {
    hint: 'Use queued, sequenced, majority, all, or a number of members.',
  })
}

const tooLarge = (): ParleyError =>
  new ParleyError('TOO_LARGE', `A message holds up to ${limits.bodyBytes} bytes`, {
    hint: 'Send it in parts: with --lines each line is a message.',
  })

/** All of stdin as one text, without the line end that programs put at the end. */
const readStdin = async (): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    if (bytes > limits.bodyBytes + 2) throw tooLarge()
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return text.replace(/\r?\n$/, '')
  } catch {
    throw new ParleyError('USAGE', 'stdin is not UTF-8 text')
  }
}

const textOf = async ({ operands }: CommandContext): Promise<string> => {
  const words = operands.slice(1)
  const isPiped = words.length === 0 && !isTerminal(process.stdin)
  if (isPiped || (words.length === 1 && words[0] === '-')) return readStdin()
  if (words.length === 0) {
    throw new ParleyError('USAGE', 'There is nothing to send', {
      hint: 'Give a text, or - to read it from stdin.',
    })
  }
  return words.join(' ')
}

/** Where the message is, in words. */
export const storedText = ({ position, storedBy, of, missing }: SentMessage): string => {
  if (position === null) return '… queued here; it goes out by itself'
  const where = `✓ #${position}, stored by ${storedBy} of ${of}`
  if (missing.length === 0) return where
  return `${where}, not yet: ${missing.map(plainLine).join(', ')}`
}

/** A line that comes alone goes out alone; lines that are there already go out together. */
const sendLines = async (
  { out }: CommandContext,
  client: LocalClient,
  options: SendOptions,
): Promise<void> => {
  let failure: ParleyError | null = null
  const limit = { lines: CHUNK_LINES, bytes: CHUNK_BYTES }
  for await (const lines of lineChunks(process.stdin, limit)) {
    // An empty line separates; it says nothing.
    const texts = lines.filter((line) => line !== '')
    if (texts.length === 0) continue
    const params = { ...options, texts }
    const patience = { timeoutMs: options.timeoutMs + MARGIN_MS }
    const { results } = await client.call('send_many', params, patience)
    for (const result of results) {
      if ('error' in result) failure ??= errorOf(result)
      if (out.json) await out.object(result)
      else await out.line('error' in result ? failedText(result) : storedText(result.message))
    }
  }
  if (failure !== null) throw failure
}

type Failed = Extract<SendManyResult, { readonly error: unknown }>

const errorOf = ({ error }: Failed): ParleyError =>
  new ParleyError(isErrorCode(error.code) ? error.code : 'INTERNAL', error.message, {
    hint: error.hint,
  })

const failedText = ({ error }: Failed): string => `✗ ${plainLine(error.message)} (${error.code})`

/** What the message is besides text; null if it is nothing else. Throws USAGE. */
const sendAs = ({ flags }: CommandContext): SendAs | null => {
  const { reply, edit, delete: taken, react } = flags
  const all = Object.entries({ reply, edit, delete: taken, reaction: react }) as [
    NonNullable<SendAs['kind']>,
    string | undefined,
  ][]
  const [given, more] = all.filter(([, position]) => position !== undefined)
  if (given === undefined) return null
  if (more !== undefined || flags.lines === true)
    throw new ParleyError(
      'USAGE',
      'A message is one of --lines, --reply, --edit, --delete, --react',
    )
  const [kind, position = ''] = given
  return { kind, about: `#${position.replace(/^#/, '')}` }
}

export const send = async (context: CommandContext): Promise<void> => {
  const options: SendOptions = {
    network: operand(context, 0),
    wait: parseWait(context.flags.wait),
    timeoutMs: timeoutMs(context, SEND_TIMEOUT_MS),
  }
  const as = sendAs(context)
  const client = await context.client()
  if (context.flags.lines === true) {
    await sendLines(context, client, options)
    return
  }
  const text = as?.kind === 'delete' ? '' : await textOf(context)
  if (Buffer.byteLength(text) > limits.bodyBytes) throw tooLarge()
  const result = await client.call(
    'send',
    { ...options, text, ...as },
    { timeoutMs: options.timeoutMs + MARGIN_MS },
  )
  await context.out.result(result, storedText(result.message))
}
