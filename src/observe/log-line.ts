/** A line of a node's log, read back. */
import type { LogLevel } from '../node/context.ts'

export interface LogLine {
  /** Wall clock of the node that wrote it, ms since 1970. */
  readonly at: number
  readonly level: LogLevel
  /** Id of the node; '' for what was written before it was known. */
  readonly node: string
  readonly name: string
  readonly event: string
  readonly group: string | null
  readonly network: string | null
  readonly term: string | null
  readonly clock: number | null
  readonly messages: readonly string[]
  readonly trace: string | null
  /** What it did, and what must have been done before: see `core/decisions.ts`. */
  readonly act: string | null
  readonly cause: string | null
  readonly text: string
  readonly raw: Readonly<Record<string, unknown>>
}

const levels: readonly string[] = ['debug', 'info', 'warn', 'error']

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** Null for what is no line of a log: the last one of a process that was killed may be cut off. */
export const readLogLine = (text: string): LogLine | null => {
  let raw: Record<string, unknown>
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return null
    raw = value as Record<string, unknown>
  } catch {
    return null
  }
  const at = Date.parse(textOf(raw['time']) ?? '')
  const level = textOf(raw['level']) ?? ''
  if (Number.isNaN(at) || !levels.includes(level)) return null
  const { clock, messages } = raw
  return {
    at,
    level: level as LogLevel,
    node: textOf(raw['node']) ?? '',
    name: textOf(raw['name']) ?? '',
    event: textOf(raw['event']) ?? '',
    group: textOf(raw['group']),
    network: textOf(raw['network']),
    term: textOf(raw['term']),
    clock: typeof clock === 'number' ? clock : null,
    messages: Array.isArray(messages) ? messages.filter((one) => typeof one === 'string') : [],
    trace: textOf(raw['trace']),
    act: textOf(raw['act']),
    cause: textOf(raw['cause']),
    text: textOf(raw['msg']) ?? '',
    raw,
  }
}

export interface LogFilter {
  readonly group?: string | undefined
  readonly message?: string | undefined
  readonly node?: string | undefined
  readonly level?: LogLevel | undefined
}

/** Groups, nodes and messages by name, id or the beginning of the id. */
export const isWantedLine = (line: LogLine, { group, message, node, level }: LogFilter): boolean =>
  (level === undefined || levels.indexOf(line.level) >= levels.indexOf(level)) &&
  (group === undefined || line.network === group || line.group?.startsWith(group) === true) &&
  (node === undefined || line.name === node || (line.node !== '' && line.node.startsWith(node))) &&
  (message === undefined ||
    line.messages.some((id) => id.startsWith(message)) ||
    line.trace === message)
