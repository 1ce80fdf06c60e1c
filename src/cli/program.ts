/**
 * The verbs of `parley`: what they are called, what they take and how their help begins. What they
 * do is in `verbs/`, and loaded only when it is asked for.
 */
import { Command, CommanderError } from 'commander'

import { ParleyError } from '../rpc/errors.ts'
import { commandContext, type CommandContext, type VerbFlags } from './command-context.ts'
import { suggest } from '../view-model/commands.ts'
import { Output, wantsColor } from './output.ts'
import { chatSpecs } from './specs/chat-specs.ts'
import { operatorSpecs } from './specs/operator-specs.ts'
import {
  dataOptions,
  jsonOption,
  nodeOptions,
  option,
  type Verb,
  type VerbSpec,
} from './specs/verb-spec.ts'

/** All verbs, in the order in which they are listed. */
export const specs: readonly VerbSpec[] = [...chatSpecs, ...operatorSpecs]

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

/** One id in 64 begins with a dash, and is no option: marked while the arguments are parsed. */
const ID_WITH_DASH = /^-[\w-]{42}$/
const MARK = '\u0001'

const markIds = (args: readonly string[]): string[] =>
  args.map((arg) => (ID_WITH_DASH.test(arg) ? MARK + arg : arg))

const unmarked = <T>(value: T): T =>
  typeof value === 'string' && value.startsWith(MARK) ? (value.slice(1) as T) : value

const operandsOf = (args: readonly unknown[]): readonly string[] =>
  args
    .flat()
    .filter((arg) => typeof arg === 'string')
    .map(unmarked)

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
  const given = { ...root.opts<VerbFlags>(), ...command.opts<VerbFlags>() }
  const flags = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, unmarked(value)]),
  ) as VerbFlags
  const verb = await load()
  await verb(contextFor(flags, operandsOf(command.processedArgs)))
}

const addVerb = (root: Command, spec: VerbSpec): void => {
  const command = configure(root.command(spec.usage), spec.examples).description(spec.summary)
  for (const one of [...(spec.options ?? []), ...dataOptions, jsonOption]) command.addOption(one)
  command.action(() => runVerb(root, command, spec.load))
}

const unknownVerb = (word: string): ParleyError => {
  const verbs = specs.map(({ usage }) => ({ name: usage.split(' ')[0] ?? '', aliases: [] }))
  const meant = suggest(word.slice(0, 40).toLowerCase(), verbs)
  const hint = meant === null ? 'parley --help lists the verbs.' : `Did you mean parley ${meant}?`
  return new ParleyError('USAGE', `There is no verb ${word.slice(0, 80)}`, { hint })
}

export const makeProgram = (version: string): Command => {
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
  // What is no verb would else be counted as an argument too many.
  root.allowExcessArguments(true)
  root.hook('preAction', (_, command) => {
    if (command === root && root.args[0] !== undefined) throw unknownVerb(root.args[0])
  })
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
    await makeProgram(version).parseAsync(markIds(args), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw asUsageError(error)
  }
}
