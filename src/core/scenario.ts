/**
 * The language of scenarios: what is done to a cluster, and after `----` what its members learn of
 * it. The simulator plays it in simulated time, the laboratory with real processes.
 */

export interface Section {
  /** The lines before `----`, comments and empty ones included. */
  readonly doing: readonly string[]
  readonly expected: readonly string[]
}

/** Splits a transcript: an expectation ends with an empty line. */
export const parseScenario = (text: string): readonly Section[] => {
  const sections: Section[] = []
  let doing: string[] = []
  let expected: string[] | null = null
  for (const line of text.split('\n')) {
    if (expected === null) {
      if (line === '----') expected = []
      else doing.push(line)
    } else if (line === '') {
      sections.push({ doing, expected })
      doing = []
      expected = null
    } else expected.push(line)
  }
  if (expected !== null) sections.push({ doing, expected })
  return sections
}

export const printScenario = (sections: readonly Section[]): string =>
  sections.map(({ doing, expected }) => [...doing, '----', ...expected, ''].join('\n')).join('\n')

export type Act = (words: readonly string[], line: string) => void

/** The act that a line names, and its words; null for a comment. Throws for a line of another kind. */
export const actOf = <A>(
  acts: Readonly<Record<string, A>>,
  line: string,
): { readonly act: A; readonly words: readonly string[] } | null => {
  if (line.trim() === '' || line.startsWith('#')) return null
  const [name = '', ...words] = line.trim().split(/\s+/)
  const act = Object.hasOwn(acts, name) ? acts[name] : undefined
  if (act === undefined) throw new Error(`what is "${line}"?`)
  return { act, words }
}

/** `250ms`, `2s`, `1m`, in ms. */
export const durationOf = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text)
  if (match === null) throw new Error(`not a length of time: ${text}`)
  const unit = { ms: 1, s: 1_000, m: 60_000 }[match[2] as 'ms' | 's' | 'm']
  return Number(match[1]) * unit
}

/** What is between quotes. */
export const quotedIn = (line: string): string => /"(.*)"/.exec(line)?.[1] ?? ''

/** `[1] [2 3]`: only those in the same brackets hear each other. */
export const sidesOf = (line: string): readonly (readonly string[])[] =>
  [...line.matchAll(/\[([^\]]*)\]/g)].map((match) => (match[1] ?? '').split(' '))

/** `1>2`: 2 does not hear 1 any more; `1-2`: neither hears the other. */
export const linkOf = (
  text: string,
): { readonly from: string; readonly to: string; readonly isBoth: boolean } => {
  const [from = '', to = ''] = text.split(/[>-]/)
  return { from, to, isBoth: text.includes('-') }
}
