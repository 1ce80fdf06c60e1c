/** What was typed before: ↑ and ↓ go through it, Ctrl-R searches in it. Pure. */
export interface InputHistory {
  /** Oldest first. */
  readonly entries: readonly string[]
  /** Where ↑ has got to; null at the line that is being written. */
  readonly index: number | null
  /** The line that was being written when ↑ was pressed first. */
  readonly stash: string
}

export const MAX_ENTRIES = 500

export const historyOf = (entries: readonly string[]): InputHistory => ({
  entries: entries.slice(-MAX_ENTRIES),
  index: null,
  stash: '',
})

/** Notes a line; one that was written just before is there already. */
export const remember = ({ entries }: InputHistory, line: string): InputHistory =>
  historyOf(line.trim() === '' || entries.at(-1) === line ? entries : [...entries, line])

/** One step back, and the line that is there; null at the oldest. */
export const older = (
  { entries, index, stash }: InputHistory,
  writing: string,
): readonly [InputHistory, string] | null => {
  const next = (index ?? entries.length) - 1
  const line = entries[next]
  if (line === undefined) return null
  return [{ entries, index: next, stash: index === null ? writing : stash }, line]
}

/** One step forth, at last to the line that was being written; null if one is there. */
export const newer = (history: InputHistory): readonly [InputHistory, string] | null => {
  const { entries, index, stash } = history
  if (index === null) return null
  const line = entries[index + 1]
  if (line === undefined) return [{ entries, index: null, stash: '' }, stash]
  return [{ ...history, index: index + 1 }, line]
}

/** The newest line before a place that contains the words; null if there is none. */
export const findBefore = (
  { entries }: InputHistory,
  query: string,
  before: number,
): number | null => {
  if (query === '') return null
  const wanted = query.toLowerCase()
  for (let index = Math.min(before, entries.length) - 1; index >= 0; index -= 1)
    if (entries[index]?.toLowerCase().includes(wanted) === true) return index
  return null
}
