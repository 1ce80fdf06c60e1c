/** `parley verify` and `parley trace`: is the history intact, and where is a message? */
import type { MessageTrace, Verified, WayStep } from '../../node/api.ts'
import type { LocalClient } from '../../node/local-api/client.ts'
import type { LocalMethods } from '../../node/local-api/types.ts'
import { indented, plainLine } from '../../view-model/plain-text.ts'
import { operand, timeoutMs, wholeNumber, type CommandContext } from '../command-context.ts'
import { isTerminal } from '../output.ts'
import { progress } from '../progress.ts'

/** A million entries take minutes. */
const VERIFY_TIMEOUT_MS = 3_600_000
const LOOK_EVERY_MS = 500
const MAX_POSITION = 1_000_000_000_000

const verifiedText = (network: string, found: Verified): string =>
  [
    `✓ ${plainLine(network)}: ${found.entries} entries, ${found.messages} messages, all in order`,
    `  head ${found.head ?? 'none'}`,
    `  fingerprint up to #${found.upTo}: ${found.fingerprint ?? 'none'}`,
  ].join('\n')

const offline = async (context: CommandContext, upTo: number | undefined): Promise<Verified> => {
  const { verifyOffline } = await import('../../node/offline.ts')
  const { dataDir } = await context.settings()
  const bar = progress('checked', 'entries')
  try {
    return verifyOffline({ dataDir, network: operand(context, 0), upTo, onProgress: bar.show })
  } finally {
    bar.end()
  }
}

/** Asks a node, and shows how far it is to whoever waits at a terminal. */
const online = async (
  client: LocalClient,
  params: LocalMethods['verify']['params'],
  patienceMs: number,
): Promise<Verified> => {
  const bar = progress('checked', 'entries')
  const look = async (): Promise<void> => {
    const { checked } = await client.call('surroundings', {})
    if (checked !== null) bar.show(checked)
  }
  const timer = isTerminal(process.stderr)
    ? setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS)
    : null
  try {
    return await client.call('verify', params, { timeoutMs: patienceMs })
  } finally {
    if (timer !== null) clearInterval(timer)
    bar.end()
  }
}

export const verify = async (context: CommandContext): Promise<void> => {
  const { upto } = context.flags
  const upTo = upto === undefined ? undefined : wholeNumber('--upto', upto, 1, MAX_POSITION)
  const network = operand(context, 0)
  const patienceMs = timeoutMs(context, VERIFY_TIMEOUT_MS)
  const params = { network, ...(upTo === undefined ? {} : { upTo }) }
  const found =
    context.flags.offline === true
      ? await offline(context, upTo)
      : await online(await context.client(), params, patienceMs)
  await context.out.result(found, verifiedText(network, found))
}

const stateText = ({ state, position, storedBy, missing }: MessageTrace): string => {
  const where = storedBy.map(plainLine).join(', ')
  if (state === 'waiting') return '… waits on this disk, not signed yet'
  if (state === 'sent') return '… signed, on its way to the leader'
  const rest = missing.length === 0 ? '' : `; not yet by ${missing.map(plainLine).join(', ')}`
  return `✓ #${position}, stored by ${where}${rest}`
}

const traceText = (trace: MessageTrace): string => {
  const { id, author, text, sentAt, clock, entry, sequencedBy, folded } = trace
  const lines = [
    `id         ${id}`,
    `author     ${plainLine(author.name)} (${author.id})${folded ? ', not a member there' : ''}`,
    `text       ${indented(text)}`,
    `sent       ${sentAt}, by its author’s clock`,
    `state      ${stateText(trace)}`,
  ]
  if (entry === null) return lines.join('\n')
  const by = sequencedBy === null ? 'unknown' : plainLine(sequencedBy.name)
  return [
    ...lines,
    `sequenced  by ${by}, clock ${clock}`,
    `entry      ${entry.seq} of term ${entry.term}`,
    `hash       ${entry.hash}`,
  ].join('\n')
}

/** `way 09:41:07.123 typed by carol`, and so on, by this node's clock. */
const wayLines = (steps: readonly WayStep[]): readonly string[] =>
  steps.map(({ what, by, at, via, offsetMs }, index) => {
    const route = what !== 'sent' ? '' : via.length === 0 ? ', straight' : `, by ${via.join(', ')}`
    const off = Math.abs(offsetMs) < 50 ? '' : ` (its clock is off by ${offsetMs} ms)`
    const start = index === 0 ? 'way      ' : '         '
    return `${start}  ${at.slice(11, 23)}  ${what} by ${plainLine(by + route)}${off}`
  })

export const trace = async (context: CommandContext): Promise<void> => {
  const { network } = context.flags
  const message = operand(context, 0)
  const params = { message, ...(network === undefined ? {} : { network }) }
  const client = await context.client()
  const found = await client.call('trace', params)
  const { steps } = await client.call('way', { network: found.network, message: found.id })
  const text = [traceText(found), ...wayLines(steps)].join('\n')
  await context.out.result({ ...found, way: steps }, text)
}
