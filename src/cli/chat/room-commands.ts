/** Commands of the chat line by line that ask the node one thing and say one thing. */
import type { LocalClient } from '../../node/local-api/client.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { whyLeader } from '../../view-model/words.ts'
import { inviteLines } from '../reports.ts'

const patience = { timeoutMs: 30_000 }
/** Minutes for a million entries. */
const VERIFY_MS = 600_000

interface Room {
  readonly id: string
  readonly name: string
}

const KINDS = { reply: 'reply', edit: 'edit', delete: 'delete', react: 'reaction' } as const

/** Replies, edits, deletions and reactions. */
const sayAbout = async (
  client: LocalClient,
  network: string,
  command: keyof typeof KINDS,
  argument: string,
): Promise<string> => {
  const [, position, text = ''] = /^#?(\d+)\s*(.*)$/s.exec(argument) ?? []
  if (position === undefined) return `✗ Which message? /${command} #POSITION`
  const as = { kind: KINDS[command], about: `#${position}`, wait: 'queued' } as const
  await client.call('send', { network, text, ...as })
  return '… on its way'
}

/** What is to be said afterwards. Rejects with a ParleyError. */
export const inRoom = async (
  client: LocalClient,
  { id: network, name }: Room,
  command: string,
  argument: string,
): Promise<string> => {
  const [called, whom] = [plainLine(name), plainLine(argument)]
  switch (command) {
    case 'reply':
    case 'edit':
    case 'delete':
    case 'react':
      return sayAbout(client, network, command, argument)
    case 'invite':
      return inviteLines(await client.call('invite', { network }))
    case 'topic':
      await client.call('set_topic', { network, topic: argument }, patience)
      return `The topic of ${called} is now: ${whom}`
    case 'kick':
      await client.call('kick', { network, member: argument }, patience)
      return `${whom} is no longer a member of ${called}`
    case 'ban':
      await client.call('ban', { network, member: argument }, patience)
      return `${whom} is banned from ${called}`
    case 'unban':
      await client.call('unban', { network, member: argument }, patience)
      return `${whom} may come into ${called} again`
    case 'leader': {
      const { networks } = await client.call('status', {})
      const status = networks.find(({ id }) => id === network)
      return status === undefined ? `✗ ${called} is gone` : whyLeader(status)
    }
    default: {
      const found = await client.call('verify', { network }, { timeoutMs: VERIFY_MS })
      return `✓ ${called}: ${found.messages} messages in ${found.entries} entries, all is well`
    }
  }
}
