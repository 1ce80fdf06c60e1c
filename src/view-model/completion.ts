/** What Tab makes of the word before the cursor: commands, networks and names. Pure. */
import type { ChatCommand } from './commands.ts'
import type { Draft } from './model.ts'
import { plainLine } from './plain-text.ts'

export interface CompletionSource {
  readonly commands: readonly ChatCommand[]
  readonly networks: readonly string[]
  /** Names of members, those that spoke last first. */
  readonly names: readonly string[]
}

export interface Completion {
  /** What the word may become, in the order in which Tab offers them. */
  readonly candidates: readonly string[]
  /** Where the word begins and ends. */
  readonly from: number
  readonly to: number
}

const ABOUT_NETWORKS = new Set(['join', 'j'])

const beginsWith = (candidate: string, typed: string): boolean =>
  candidate.toLowerCase().startsWith(typed.toLowerCase())

/** Candidates for the word that ends at the cursor; null if there is none. */
export const completionFor = (draft: Draft, source: CompletionSource): Completion | null => {
  const before = draft.text.slice(0, draft.cursor)
  const from = Math.max(before.lastIndexOf(' '), before.lastIndexOf('\n')) + 1
  const word = before.slice(from)
  const found = (all: readonly string[]): Completion | null => {
    const candidates = [...new Set(all)]
    return candidates.length === 0 ? null : { candidates, from, to: draft.cursor }
  }
  if (from === 0 && word.startsWith('/') && !word.startsWith('//')) {
    const typed = word.slice(1)
    const fits = source.commands.filter(
      ({ name, aliases }) =>
        beginsWith(name, typed) || (typed !== '' && aliases.some((one) => one === typed)),
    )
    return found(fits.map(({ name }) => `/${name} `))
  }
  const [, command = ''] = /^\/(\S+) /.exec(before) ?? []
  if (ABOUT_NETWORKS.has(command.toLowerCase()))
    return found(source.networks.map(plainLine).filter((name) => beginsWith(name, word)))
  const at = word.startsWith('@') ? '@' : ''
  const typed = word.slice(at.length)
  if (typed === '' && at === '') return null
  const names = source.names.map(plainLine).filter((name) => beginsWith(name, typed))
  // The IRC way: somebody is spoken to at the beginning of a line.
  const end = from === 0 && at === '' ? ': ' : ' '
  return found(names.map((name) => `${at}${name}${end}`))
}

/** The draft with one of the candidates in place of the word. */
export const complete = (draft: Draft, { from, to }: Completion, candidate: string): Draft => ({
  text: draft.text.slice(0, from) + candidate + draft.text.slice(to),
  cursor: from + candidate.length,
})
