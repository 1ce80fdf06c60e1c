/** What a line typed into the chat means. Pure. */

export interface ChatCommand {
  readonly name: string
  /** Other names for it. */
  readonly aliases: readonly string[]
  /** Arguments, for the help. */
  readonly usage: string
  readonly summary: string
}

const command = (
  name: string,
  usage: string,
  summary: string,
  aliases: readonly string[] = [],
): ChatCommand => ({ name, usage, summary, aliases })

export const chatCommands: readonly ChatCommand[] = [
  command('create', 'NAME', 'create a network and talk there'),
  command('join', 'NAME-OR-LINK', 'join a network, or talk in one that you have joined', ['j']),
  command('leave', '', 'leave this network', ['part']),
  command('networks', '', 'networks that there are', ['list']),
  command('names', '', 'who is in this network', ['members', 'who']),
  command('status', '', 'how this node and its networks are'),
  command('history', '[COUNT]', 'the newest messages again'),
  command('me', 'TEXT', 'say what you do: * alice waves'),
  command('reply', '#N TEXT', 'answer that message', ['r']),
  command('edit', '#N TEXT', 'say that message of yours otherwise'),
  command('delete', '#N', 'take that message of yours back: all are asked to hide it'),
  command('react', '#N SIGN', 'a sign for that message'),
  command('away', '[WHY]', 'say that you are away; without a reason, that you are back'),
  command('nick', 'NAME', 'the name that others see from the next start on'),
  command('search', 'WORDS', 'find messages', ['s']),
  command('leader', '', 'who leads, and why'),
  command('verify', '', 'check everything that is stored of this network'),
  command('topic', 'TEXT', 'say what this network is about'),
  command('invite', '', 'a link that others can join with'),
  command('kick', 'NAME', 'remove a member from this network'),
  command('ban', 'NAME', 'remove a member and do not let it in again'),
  command('unban', 'NAME', 'let somebody in again who was banned'),
  command('help', '', 'this list', ['h', '?']),
  command('quit', '', 'leave the chat; // at the start of a line sends a /', ['q', 'exit']),
]

/** Those of the chat with panes: what scrolls there needs no command, and there is more to show. */
export const paneCommands: readonly ChatCommand[] = [
  command('join', 'NAME-OR-LINK', 'join a network, or go to one that you have joined', ['j']),
  command('leave', '', 'leave this network; its history stays here', ['part']),
  command('create', 'NAME', 'create a network and talk there'),
  command('networks', '', 'look again for networks that there are', ['list']),
  command('me', 'TEXT', 'say what you do: * alice waves'),
  command('reply', '[#N] TEXT', 'answer the message that is picked, or that one', ['r']),
  command('edit', '[#N] TEXT', 'say your last message, the picked one or that one otherwise'),
  command('delete', '[#N]', 'take your last message back: all are asked to hide it'),
  command('react', '[#N] SIGN', 'a sign for the newest message, the picked one or that one'),
  command('msg', 'NAME TEXT', 'talk with one member alone, in a network for two'),
  command('away', '[WHY]', 'say that you are away; without a reason, that you are back'),
  command('nick', 'NAME', 'the name that others see from the next start on'),
  command('names', '', 'who is here, and when each was last heard', ['members', 'who', 'peers']),
  command('whois', 'NAME', 'all that is known of a member'),
  command('topic', '[TEXT]', 'show or say what this network is about'),
  command('invite', '', 'a link that others can join with'),
  command('kick', 'NAME', 'remove a member from this network'),
  command('ban', 'NAME', 'remove a member and do not let it in again'),
  command('unban', 'NAME', 'let somebody in again who was banned'),
  command('role', 'NAME ROLE', 'make a member an owner, an admin or a member'),
  command('ignore', '[NAME]', 'hide what somebody says, or show it again'),
  command('mute', '', 'no bell for this network, or again a bell'),
  command('search', 'WORDS', 'find messages', ['s']),
  command('trace', '[#POSITION]', 'where a message is stored'),
  command('verify', '', 'check everything that is stored of this network'),
  command('export', '[FILE]', 'save the history with its proofs in a file'),
  command('merge', '', 'go to where the history was last re-joined'),
  command('leader', '', 'who leads, and why'),
  command('status', '', 'how this node and its networks are'),
  command('clear', '', 'empty the screen; the history stays'),
  command('help', '', 'keys and commands', ['h', '?']),
  command('quit', '', 'leave the chat; // at the start of a line sends a /', ['q', 'exit']),
]

export type ChatLine =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'command'; readonly name: string; readonly argument: string }
  /** Never sent: it was meant to be a command. */
  | { readonly kind: 'unknown'; readonly name: string; readonly suggestion: string | null }

const namesOf = ({ name, aliases }: Pick<ChatCommand, 'name' | 'aliases'>): readonly string[] => [
  name,
  ...aliases,
]

/** How many characters must be changed, added or left out to make one word of the other. */
export const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

const MAX_TYPING_ERRORS = 2

/** The command that was probably meant; null if none is near. */
export const suggest = (
  word: string,
  commands: readonly Pick<ChatCommand, 'name' | 'aliases'>[],
): string | null => {
  if (word === '') return null
  const candidates = commands.map((one) => ({
    name: one.name,
    errors: Math.min(
      ...namesOf(one).map((name) => (name.startsWith(word) ? 0 : distance(word, name))),
    ),
  }))
  const [best] = candidates.toSorted((a, b) => a.errors - b.errors)
  return best !== undefined && best.errors <= MAX_TYPING_ERRORS ? best.name : null
}

export const parseLine = (
  line: string,
  commands: readonly ChatCommand[] = chatCommands,
): ChatLine => {
  if (line.trim() === '') return { kind: 'nothing' }
  if (!line.startsWith('/')) return { kind: 'text', text: line }
  if (line.startsWith('//')) return { kind: 'text', text: line.slice(1) }
  const [, word = '', argument = ''] = /^\/(\S*)\s*(.*?)\s*$/s.exec(line) ?? []
  const name = word.toLowerCase()
  const found = commands.find((one) => namesOf(one).includes(name))
  if (found !== undefined) return { kind: 'command', name: found.name, argument }
  return { kind: 'unknown', name: word, suggestion: suggest(name.slice(0, 40), commands) }
}

export const helpText = (commands: readonly ChatCommand[] = chatCommands): string => {
  const rows = commands.map(({ name, usage, summary }) => {
    const left = `/${name} ${usage}`.trimEnd()
    return `  ${left.padEnd(22)} ${summary}`
  })
  return [...rows, '  Anything else is sent as a message.'].join('\n')
}
