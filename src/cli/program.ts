/**
 * The verbs of `parley`: what they are called, what they take and how their help begins. What they
 * do is in `verbs/`, and loaded only when it is asked for.
 */
import { Command, CommanderError, Option } from 'commander'

import { ParleyError } from '../rpc/errors.ts'
import { commandContext, type CommandContext, type VerbFlags } from './command-context.ts'
import { Output, wantsColor } from './output.ts'

/** Resolves when the verb is done. */
export type Verb = (context: CommandContext) => Promise<void>

interface VerbSpec {
  /** With its arguments, as in the help. */
  readonly usage: string
  readonly summary: string
  readonly examples: readonly string[]
  readonly options?: readonly Option[]
  readonly load: () => Promise<Verb>
}

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
]

const option = (flags: string, description: string): Option => new Option(flags, description)
const repeatable = (flags: string, description: string): Option =>
  option(flags, `${description} (repeatable)`).argParser(collect)

const dataOptions = [
  option('--data-dir <folder>', 'folder of the node (default: one per user and profile)'),
  option('--profile <name>', 'one of several nodes of this user (default: "default")'),
]
const jsonOption = option('--json', 'results and errors as JSON')
const timeoutOption = option('--timeout-ms <ms>', 'give up after this time')

const nodeOptions = [
  option('--name <name>', 'what others see (default: your user name)'),
  option('--listen <host:port>', 'for other nodes (default: 127.0.0.1:7411, or a free port)'),
  repeatable('--advertise <host:port>', 'where others reach this node, if not at --listen'),
  repeatable('--nds <url>', 'discovery service'),
  repeatable('--peer <host:port>', 'node to ask, without any discovery service'),
  option('--heartbeat-ms <ms>', 'how often a leader shows that it lives (default: 500)'),
  option('--web [host:port]', 'address of the page on this machine (default: 127.0.0.1:0)'),
  option('--no-mdns', 'accepted for later; this version never announces itself on the LAN'),
]

const readOptions = [option('--from <position>', 'begin with this message, counted from 1')]

const specs: readonly VerbSpec[] = [
  {
    usage: 'run',
    summary: 'run a node without a chat, for servers and scripts',
    examples: [
      'parley run --name alice --nds https://127.0.0.1:7400',
      'parley run --listen 10.0.0.5:7411 --peer 10.0.0.6:7411',
      'parley run --profile bob --json',
    ],
    options: nodeOptions,
    load: async () => (await import('./verbs/run.ts')).run,
  },
  {
    usage: 'nds',
    summary: 'run a Node Discovery Service, where nodes find groups by name',
    examples: ['parley nds', 'parley nds --listen 10.0.0.5:7400 --json'],
    options: [
      option('--listen <host:port>', 'for nodes (default: 127.0.0.1:7400)'),
      option('--lease-ms <ms>', 'how long an entry lasts unless renewed (default: 30000)'),
    ],
    load: async () => (await import('./verbs/nds.ts')).nds,
  },
  {
    usage: 'networks',
    summary: 'list the networks you are in and those that can be found',
    examples: ['parley networks', 'parley networks --json'],
    load: async () => (await import('./verbs/groups.ts')).networks,
  },
  {
    usage: 'create <name>',
    summary: 'create a network',
    examples: ['parley create lobby', 'parley create plans --unlisted'],
    options: [
      option('--policy <policy>', 'who may come in').choices(['open', 'invite']),
      option('--unlisted', 'not shown by discovery services'),
    ],
    load: async () => (await import('./verbs/groups.ts')).create,
  },
  {
    usage: 'join <name-or-link>',
    summary: 'join a network by its name, an address or a link',
    examples: [
      'parley join lobby',
      'parley join 127.0.0.1:7411/lobby',
      "parley join 'parley://join/…'",
    ],
    options: [timeoutOption],
    load: async () => (await import('./verbs/groups.ts')).join,
  },
  {
    usage: 'leave <network>',
    summary: 'leave a network; its history stays readable here',
    examples: ['parley leave lobby'],
    load: async () => (await import('./verbs/groups.ts')).leave,
  },
  {
    usage: 'send <network> [text...]',
    summary: 'send one message; "-" or no text reads it from stdin',
    examples: [
      'parley send lobby hello everybody',
      'parley send lobby --wait all "is it on every disk?"',
      'uptime | parley send lobby -',
      'tail -f app.log | parley send lobby --lines',
    ],
    options: [
      option('--wait <what>', 'queued, sequenced (default), majority, all, or a number of members'),
      option('--lines', 'one message for each line of stdin'),
      timeoutOption,
    ],
    load: async () => (await import('./verbs/send.ts')).send,
  },
  {
    usage: 'tail <network>',
    summary: 'show the newest messages; with -f go on with what arrives',
    examples: ['parley tail lobby', 'parley tail -f lobby', 'parley tail -f lobby --from 1 --json'],
    options: [
      option('-f, --follow', 'go on with what arrives, and what happens to the group'),
      option('-n, --limit <count>', 'so many (default: 20)'),
      ...readOptions,
    ],
    load: async () => (await import('./verbs/read.ts')).tail,
  },
  {
    usage: 'history <network>',
    summary: 'show all messages, oldest first',
    examples: ['parley history lobby', 'parley history lobby --from 4120 --limit 69 --json'],
    options: [
      option('-n, --limit <count>', 'so many; the newest unless --from says'),
      ...readOptions,
    ],
    load: async () => (await import('./verbs/read.ts')).history,
  },
  {
    usage: 'members <network>',
    summary: 'show who is in a network, in order of seniority',
    examples: ['parley members lobby', 'parley members lobby --json'],
    load: async () => (await import('./verbs/groups.ts')).members,
  },
  {
    usage: 'status',
    summary: 'show how the node and its networks are',
    examples: ['parley status', 'parley status --json'],
    load: async () => (await import('./verbs/groups.ts')).status,
  },
  {
    usage: 'invite <network>',
    summary: 'print a link that others can join with',
    examples: ['parley invite lobby'],
    load: async () => (await import('./verbs/groups.ts')).invite,
  },
  {
    usage: 'passphrase',
    summary: 'put the key of a node under a passphrase, another one, or none',
    examples: ['parley passphrase', 'parley passphrase --profile bob'],
    load: async () => (await import('./verbs/passphrase.ts')).passphrase,
  },
  {
    usage: 'kick <network> <member>',
    summary: 'remove a member from a network',
    examples: ['parley kick lobby mallory'],
    load: async () => (await import('./verbs/groups.ts')).kick,
  },
]

const examplesText = (examples: readonly string[]): string =>
  `Examples:\n${examples.map((line) => `  ${line}`).join('\n')}\n`

const configure = (command: Command, examples: readonly string[]): Command =>
  command
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError(true)
    .addHelpText('beforeAll', examplesText(examples))
    // What goes wrong is told once, by whoever runs the program.
    .configureOutput({ writeErr: () => {}, outputError: () => {} })

const operandsOf = (args: readonly unknown[]): readonly string[] =>
  args.flat().filter((arg) => typeof arg === 'string')

const contextFor = (flags: VerbFlags, operands: readonly string[]): CommandContext => {
  const json = flags.json === true
  return commandContext(
    flags,
    operands,
    new Output({ json, color: !json && wantsColor(process.stdout) }),
  )
}

/** What the verb runs with: flags may stand before the verb or after it. */
const runVerb = async (root: Command, command: Command, load: () => Promise<Verb>) => {
  const flags = { ...root.opts<VerbFlags>(), ...command.opts<VerbFlags>() }
  const verb = await load()
  await verb(contextFor(flags, operandsOf(command.processedArgs)))
}

const addVerb = (root: Command, spec: VerbSpec): void => {
  const command = configure(root.command(spec.usage), spec.examples).description(spec.summary)
  for (const one of [...(spec.options ?? []), ...dataOptions, jsonOption]) command.addOption(one)
  command.action(() => runVerb(root, command, spec.load))
}

const makeProgram = (version: string): Command => {
  const root = configure(new Command('parley'), [
    'parley                          # chat in this terminal; starts what is needed',
    'parley create lobby             # with a node running: a new network',
    'parley send lobby hello         # a message',
    'parley tail -f lobby            # what is being said',
  ])
  root
    .description('Group chat without a server. Without a verb: chat in this terminal.')
    .version(version)
    .enablePositionalOptions()
  const plain = option('--plain', 'chat line by line, for screen readers and pipes')
  for (const one of [...nodeOptions, ...dataOptions, plain, jsonOption]) root.addOption(one)
  for (const spec of specs) addVerb(root, spec)
  root.action(() => runVerb(root, root, async () => (await import('./verbs/chat.ts')).startAndChat))
  return root
}

const asUsageError = (error: CommanderError): ParleyError => {
  const [text = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const hint = suggestion === undefined || suggestion === '' ? undefined : suggestion
  return new ParleyError('USAGE', text, {
    hint: hint ?? 'See parley --help, or --help of the verb.',
  })
}

/**
 * Runs one command. Rejects with a ParleyError; USAGE if the arguments make no sense. Help and
 * version go to stdout.
 */
export const runProgram = async (args: readonly string[], version: string): Promise<void> => {
  try {
    await makeProgram(version).parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw asUsageError(error)
  }
}
