/** Completion scripts for shells, from the verbs and options of the program itself. */
import type { Command, Option } from 'commander'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

export const isShell = (text: string): text is Shell => (SHELLS as readonly string[]).includes(text)

interface VerbWords {
  readonly name: string
  readonly summary: string
  readonly options: readonly Option[]
  /** Is the first argument the name of a network? */
  readonly takesNetwork: boolean
  readonly takesFile: boolean
  /** Words that can only be one of a few. */
  readonly words: readonly string[]
}

const wordsOf: Readonly<Record<string, readonly string[]>> = {
  completion: SHELLS,
  role: ['owner', 'admin', 'member'],
}

const verbsOf = (program: Command): readonly VerbWords[] =>
  program.commands.map((command) => {
    const [first] = command.registeredArguments
    return {
      name: command.name(),
      summary: command.description(),
      options: command.options,
      takesNetwork: first?.name() === 'network',
      takesFile: first?.name() === 'file',
      words: wordsOf[command.name()] ?? [],
    }
  })

const flagsOf = (options: readonly Option[]): readonly string[] =>
  options.flatMap(({ short, long }) => [short, long].filter((flag) => typeof flag === 'string'))

const NETWORKS = 'parley completion networks 2>/dev/null'

const bash = (verbs: readonly VerbWords[], root: readonly Option[]): string => {
  const cases = verbs.map(({ name, options, words }) => {
    const all = [...flagsOf(options), '--help', ...words].join(' ')
    return `    ${name}) words='${all}' ;;`
  })
  const networks = verbs.filter((verb) => verb.takesNetwork).map(({ name }) => name)
  const files = verbs.filter((verb) => verb.takesFile).map(({ name }) => name)
  return `# bash completion for parley: source <(parley completion bash)
_parley() {
  local current=\${COMP_WORDS[COMP_CWORD]} verb='' at words IFS=$' \\t\\n'
  for ((at = 1; at < COMP_CWORD; at++)); do
    if [[ \${COMP_WORDS[at]} != -* ]]; then verb=\${COMP_WORDS[at]}; break; fi
  done
  case $verb in
    '') words='${[...verbs.map(({ name }) => name), ...flagsOf(root)].join(' ')}' ;;
${cases.join('\n')}
    *) return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case $verb in
    ${networks.join('|')})
      if ((COMP_CWORD == at + 1)) && [[ $current != -* ]]; then
        IFS=$'\\n' COMPREPLY+=($(compgen -W "$(${NETWORKS})" -- "$current"))
      fi ;;
    ${files.join('|')})
      [[ $current == -* ]] || COMPREPLY+=($(compgen -f -- "$current")) ;;
  esac
}
complete -F _parley parley
`
}

/** For single quotes of zsh and fish. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** For a description inside of a specification of zsh's \`_arguments\`. */
const zshText = (text: string): string => text.replaceAll(/[[\]:\\]/g, String.raw`\$&`)

const zshOptions = (options: readonly Option[]): readonly string[] =>
  options.flatMap(({ short, long, description, required, optional }) =>
    [short, long]
      .filter((flag) => typeof flag === 'string')
      .map((flag) => {
        const value = required ? ':value:_files' : optional ? '::value:' : ''
        return `        ${quoted(`*${flag}[${zshText(description)}]${value}`)} \\`
      }),
  )

const zsh = (verbs: readonly VerbWords[]): string => {
  const list = verbs.map(({ name, summary }) => `    ${quoted(`${name}:${zshText(summary)}`)}`)
  const cases = verbs.map(({ name, options, takesNetwork, takesFile, words }) => {
    const first = takesNetwork ? '1:network:_parley_networks' : takesFile ? '1:file:_files' : null
    const rest = words.length > 0 ? [`        ${quoted(`*:word:(${words.join(' ')})`)} \\`] : []
    const operands = first === null ? [] : [`        ${quoted(first)} \\`]
    const lines = [...zshOptions(options), ...operands, ...rest]
    return `    ${name})\n      _arguments \\\n${lines.join('\n')}\n        '--help[show help]' ;;`
  })
  return `#compdef parley
# zsh completion for parley: source <(parley completion zsh), or a file _parley in $fpath
_parley_networks() {
  local -a networks
  networks=(\${(f)"$(${NETWORKS})"})
  compadd -a networks
}
_parley() {
  local -a verbs
  verbs=(
${list.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  ((CURRENT--))
  case $verb in
${cases.join('\n')}
  esac
}
compdef _parley parley
`
}

const fish = (verbs: readonly VerbWords[], root: readonly Option[]): string => {
  const ofOption = (condition: string) => (one: Option) => {
    const long = one.long === undefined ? '' : ` -l ${one.long.slice(2)}`
    const short = one.short === undefined ? '' : ` -s ${one.short.slice(1)}`
    const value = one.required ? ' -r' : ''
    return `complete -c parley ${condition}${long}${short}${value} -d ${quoted(one.description)}`
  }
  const none = '-n __fish_use_subcommand'
  const lines = verbs.flatMap(({ name, summary, options, takesNetwork, takesFile, words }) => {
    const within = `-n '__fish_seen_subcommand_from ${name}'`
    return [
      `complete -c parley ${none} -f -a ${name} -d ${quoted(summary)}`,
      ...options.map(ofOption(within)),
      ...(takesNetwork ? [`complete -c parley ${within} -f -a '(${NETWORKS})'`] : []),
      ...(takesFile ? [`complete -c parley ${within} -F`] : []),
      ...(words.length > 0
        ? [`complete -c parley ${within} -f -a ${quoted(words.join(' '))}`]
        : []),
    ]
  })
  return [
    '# fish completion for parley: parley completion fish | source',
    'complete -c parley -f',
    ...root.map(ofOption(none)),
    ...lines,
    '',
  ].join('\n')
}

export const completionScript = (program: Command, shell: Shell): string => {
  const verbs = verbsOf(program)
  if (shell === 'bash') return bash(verbs, program.options)
  return shell === 'zsh' ? zsh(verbs) : fish(verbs, program.options)
}
