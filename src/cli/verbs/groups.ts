/** Verbs about networks and their members: each asks the running node one question. */
import type { JoinedNetwork } from '../../node/api.ts'
import type { LocalClient } from '../../node/local-api/client.ts'
import type { LocalMethods } from '../../node/local-api/types.ts'
import { operand, timeoutMs, type CommandContext } from '../command-context.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { progress } from '../progress.ts'
import { memberLines, networkLines, statusLines } from '../reports.ts'

/** A join asks around, takes history in and waits for its turn. */
const JOIN_TIMEOUT_MS = 20_000
/** What the node may take longer than what it was told to wait. */
const MARGIN_MS = 5_000
/** Sequencing waits for an election, if need be. */
const CHANGE_TIMEOUT_MS = 30_000

/** How often it is looked how far a newcomer is. */
const LOOK_EVERY_MS = 250

const joinedText = ({ network, member }: JoinedNetwork): string =>
  `${plainLine(network.name)}: you are member ${member}`

export const create = async (context: CommandContext): Promise<void> => {
  const client = await context.client()
  const { policy, unlisted } = context.flags
  const params: LocalMethods['create']['params'] = {
    name: operand(context, 0),
    ...(policy === 'open' || policy === 'invite' ? { policy } : {}),
    ...(unlisted === true ? { listed: false } : {}),
  }
  const joined = await client.call('create', params, { timeoutMs: CHANGE_TIMEOUT_MS })
  await context.out.result(joined, `Created ${joinedText(joined)}`)
}

/** What of a history has come so far, until the newcomer has all of it. */
const showingProgress = async <T>(client: LocalClient, joining: Promise<T>): Promise<T> => {
  const bar = progress('fetched', 'messages')
  const look = async (): Promise<void> => {
    const { networks } = await client.call('status', {})
    bar.show(networks.find(({ role }) => role === 'joining')?.count ?? 0)
  }
  // What is wrong with the node, the call under way tells.
  const timer = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS)
  try {
    return await joining
  } finally {
    clearInterval(timer)
    bar.end()
  }
}

export const join = async (context: CommandContext): Promise<void> => {
  const client = await context.client()
  const patienceMs = timeoutMs(context, JOIN_TIMEOUT_MS)
  const params = { target: operand(context, 0), timeoutMs: patienceMs }
  const joining = client.call('join', params, { timeoutMs: patienceMs + MARGIN_MS })
  const joined = await showingProgress(client, joining)
  await context.out.result(joined, `Joined ${joinedText(joined)}`)
}

export const leave = async (context: CommandContext): Promise<void> => {
  const client = await context.client()
  const network = operand(context, 0)
  const force = context.flags.force === true
  await client.call('leave', { network, force }, { timeoutMs: CHANGE_TIMEOUT_MS })
  await context.out.result({ network, left: true }, `Left ${plainLine(network)}`)
}

export const networks = async (context: CommandContext): Promise<void> => {
  const client = await context.client()
  const result = await client.call('networks', {})
  await context.out.result(result, networkLines(result))
}

export const members = async (context: CommandContext): Promise<void> => {
  const client = await context.client()
  const result = await client.call('members', { network: operand(context, 0) })
  await context.out.result(result, memberLines(result))
}

export const status = async (context: CommandContext): Promise<void> => {
  const client = await context.client()
  const result = await client.call('status', {})
  await context.out.result(result, statusLines(result))
}
