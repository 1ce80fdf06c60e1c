/**
 * Several nodes' logs as one story. What a node wrote stays in its order; within a group the
 * Lamport clock goes first, for clocks on walls differ; and nothing is told before what it follows
 * from. Where nothing else decides, it is the clocks on the walls.
 */
import type { LogLine } from './log-line.ts'

class Teller {
  readonly #lines: readonly LogLine[]
  #next = 0

  constructor(lines: readonly LogLine[]) {
    this.#lines = lines
  }

  get head(): LogLine | undefined {
    return this.#lines[this.#next]
  }

  take(): void {
    this.#next += 1
  }
}

/** Things that are done by some line that is still to be told. */
const actsOf = (nodes: readonly (readonly LogLine[])[]): Map<string, number> => {
  const acts = new Map<string, number>()
  for (const lines of nodes)
    for (const { act } of lines) if (act !== null) acts.set(act, (acts.get(act) ?? 0) + 1)
  return acts
}

const goesBefore = (a: LogLine, b: LogLine): boolean => {
  const isOneGroup = a.group !== null && a.group === b.group
  if (isOneGroup && a.clock !== null && b.clock !== null && a.clock !== b.clock)
    return a.clock < b.clock
  return a.at < b.at
}

/** Each list is what one node wrote, oldest first. */
export const mergeLogs = (nodes: readonly (readonly LogLine[])[]): readonly LogLine[] => {
  const tellers = nodes.map((lines) => new Teller(lines))
  const acts = actsOf(nodes)
  const story: LogLine[] = []
  for (;;) {
    const open = tellers.filter(({ head }) => head !== undefined)
    if (open.length === 0) return story
    // A line whose cause is still to come waits for it; if all wait, a log is not as it should be.
    const free = open.filter(({ head }) => {
      const cause = head?.cause ?? null
      return cause === null || head?.act === cause || !acts.has(cause)
    })
    const chosen = (free.length > 0 ? free : open).reduce((best, one) =>
      one.head !== undefined && best.head !== undefined && goesBefore(one.head, best.head)
        ? one
        : best,
    )
    const { head } = chosen
    if (head === undefined) return story
    chosen.take()
    story.push(head)
    if (head.act === null) continue
    // The first time that something is done is what others wait for.
    acts.delete(head.act)
  }
}
