/** Verbs that change who may do what, and what a network is called: signed by this node. */
import { ParleyError } from '../../rpc/errors.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { operand, type CommandContext } from '../command-context.ts'

/** Sequencing waits for an election, if need be. */
const CHANGE = { timeoutMs: 30_000 }
const ROLES = ['owner', 'admin', 'member']

interface Change {
  readonly context: CommandContext
  readonly network: string
  readonly member: string
}

const changeOf = (context: CommandContext): Change => ({
  context,
  network: operand(context, 0),
  member: operand(context, 1),
})

const tell = async (
  { context, network, member }: Change,
  done: object,
  text: string,
): Promise<void> => {
  const words = `${plainLine(member)} ${text} ${plainLine(network)}`
  await context.out.result({ network, member, ...done }, words)
}

export const kick = async (context: CommandContext): Promise<void> => {
  const change = changeOf(context)
  const { network, member } = change
  await (await context.client()).call('kick', { network, member }, CHANGE)
  await tell(change, { kicked: true }, 'was removed from')
}

export const ban = async (context: CommandContext): Promise<void> => {
  const change = changeOf(context)
  const { network, member } = change
  await (await context.client()).call('ban', { network, member }, CHANGE)
  await tell(change, { banned: true }, 'was removed for good from')
}

export const unban = async (context: CommandContext): Promise<void> => {
  const change = changeOf(context)
  const { network, member } = change
  await (await context.client()).call('unban', { network, member }, CHANGE)
  await tell(change, { banned: false }, 'may again join')
}

export const role = async (context: CommandContext): Promise<void> => {
  const change = changeOf(context)
  const { network, member } = change
  const wanted = operand(context, 2)
  if (!ROLES.includes(wanted))
    throw new ParleyError('USAGE', `There is no role ${plainLine(wanted)}`, {
      hint: `Roles are ${ROLES.join(', ')}.`,
    })
  await (await context.client()).call('set_role', { network, member, role: wanted }, CHANGE)
  await tell(change, { role: wanted }, `is ${wanted} of`)
}

export const rename = async (context: CommandContext): Promise<void> => {
  const [network, name] = [operand(context, 0), operand(context, 1)]
  await (await context.client()).call('rename', { network, name }, CHANGE)
  await context.out.result({ network, name }, `${plainLine(network)} is now ${plainLine(name)}`)
}

/** Without a text: what the topic is. */
export const topic = async (context: CommandContext): Promise<void> => {
  const network = operand(context, 0)
  const text = context.operands.slice(1).join(' ')
  const client = await context.client()
  if (context.operands.length > 1) {
    await client.call('set_topic', { network, topic: text }, CHANGE)
    await context.out.result({ network, topic: text }, `Topic: ${plainLine(text)}`)
    return
  }
  // Asked for by name, so that a network that is not there is told as everywhere else.
  await client.call('members', { network })
  const { networks } = await client.call('status', {})
  const fold = (name: string): string => name.normalize('NFKC').toLowerCase()
  const found = networks.find(
    ({ id, name }) => id.startsWith(network) || fold(name) === fold(network),
  )
  await context.out.result({ network, topic: found?.topic ?? '' }, plainLine(found?.topic ?? ''))
}
