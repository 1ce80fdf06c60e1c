/**
 * Writes the reference of the verbs, and the manual page, from what the program itself goes by.
 * `cli-doc.test.ts` holds the files against it.
 */
import type { Command, Option } from 'commander'

import { EXIT_CODES } from '../rpc/errors.ts'
import { specs } from './program.ts'
import type { VerbSpec } from './specs/verb-spec.ts'

const BEGIN = /^<!-- from here .*-->$/m
const END = '<!-- end of the verbs -->'

/** Options that every verb has are told once. */
const COMMON = ['--data-dir', '--profile', '--json']

const ownOptions = (options: readonly Option[]): readonly Option[] =>
  options.filter(({ long }) => long === undefined || !COMMON.includes(long))

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`)

const optionRows = (options: readonly Option[]): readonly string[] =>
  options.length === 0
    ? []
    : [
        '| Option | Means |',
        '|---|---|',
        ...options.map(({ flags, description }) => `| \`${cell(flags)}\` | ${cell(description)} |`),
        '',
      ]

const verbPart = ({ usage, summary, examples, json, options = [] }: VerbSpec): string =>
  [
    `### \`parley ${usage}\``,
    '',
    `${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`,
    '',
    '```sh',
    ...examples,
    '```',
    '',
    ...optionRows(ownOptions(options)),
    `With \`--json\`: ${json}`,
    '',
  ].join('\n')

const rootPart = (program: Command): string =>
  [
    '### `parley`',
    '',
    program.description(),
    'It starts a node, and a discovery service, if there is none.',
    '',
    'With `--json`: the ready line of `run`; it then chats with nobody.',
    '',
    ...optionRows(ownOptions(program.options)),
  ].join('\n')

/** The page with its part about verbs written anew. */
export const withVerbs = (page: string, program: Command): string => {
  const begin = BEGIN.exec(page)?.[0]
  const end = page.indexOf(END)
  if (begin === undefined || end < 0) throw new Error('the page has lost its marks')
  const head = page.slice(0, page.indexOf(begin) + begin.length)
  const parts = [rootPart(program), ...specs.map(verbPart)]
  return `${head}\n\n${parts.join('\n')}\n${page.slice(end)}`
}

/** Text in roff: a line must not begin with a dot or a quote, and hyphens are minus signs. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll(/^(?=[.'])/gm, String.raw`\&`)

const manOptions = (options: readonly Option[]): readonly string[] =>
  options.flatMap(({ flags, description }) => [
    '.TP',
    String.raw`\fB${roff(flags)}\fR`,
    roff(description),
  ])

const manVerb = ({ usage, summary, examples, options = [] }: VerbSpec): readonly string[] => [
  `.SS "parley ${roff(usage)}"`,
  `${roff(summary[0]?.toUpperCase() ?? '')}${roff(summary.slice(1))}.`,
  ...manOptions(ownOptions(options)),
  '.PP',
  '.nf',
  ...examples.map(roff),
  '.fi',
]

const exitWords: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  ok: 'done',
  error: 'an error that no other code names',
  usage: 'used wrongly',
  unreachable: 'no node is running, or nobody could be reached',
  timeout: 'no answer in time',
  refused: 'understood and refused',
  verification: 'verification failed',
  interrupted: 'interrupted',
}

/** A page for man(1), in the macros of man(7). */
export const manPage = (program: Command): string =>
  [
    '.TH PARLEY 1 "" "Parley" "User Commands"',
    '.SH NAME',
    String.raw`parley \- group chat without a server`,
    '.SH SYNOPSIS',
    '.B parley',
    String.raw`[\fIverb\fR] [\fIoptions\fR] [\fIarguments\fR]`,
    '.SH DESCRIPTION',
    roff(program.description()),
    'Results go to stdout, everything else to stderr.',
    '.SH OPTIONS OF ALL VERBS',
    ...manOptions(program.options.filter(({ long }) => COMMON.includes(long ?? ''))),
    '.SH OPTIONS OF THE CHAT',
    ...manOptions(ownOptions(program.options)),
    '.SH VERBS',
    ...specs.flatMap(manVerb),
    '.SH EXIT STATUS',
    ...Object.entries(EXIT_CODES).flatMap(([name, code]) => [
      '.TP',
      String.raw`\fB${code}\fR`,
      exitWords[name as keyof typeof EXIT_CODES],
    ]),
    '.SH FILES',
    '.TP',
    String.raw`\fI$XDG_CONFIG_HOME/parley/config.toml\fR`,
    'Settings.',
    '.TP',
    String.raw`\fI$XDG_DATA_HOME/parley/\fR`,
    'Data folders, one for each profile.',
    '',
  ].join('\n')
