/**
 * A node's log: one line of JSON for each decision that matters, in files of bounded size in the
 * data folder. It holds ids and names, and never a key, a token or what anybody said.
 */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { pino, type DestinationStream, type Logger } from 'pino'
import roll from 'pino-roll'

import { decisionsOf, type Decision } from '../core/decisions.ts'
import type { Effect } from '../core/effect.ts'
import type { GroupId, NodeId } from '../core/ids.ts'
import type { Replica } from '../core/replica.ts'
import type { LogLevel, NodeLog } from '../node/context.ts'
import type { Witness } from '../node/witness.ts'
import { LOG_FOLDER } from './log-folder.ts'
import type { WantedLevel } from './levels.ts'
import { traceIdOf } from './trace-ids.ts'

/** At most five files of ten megabytes. */
const ROLL = { size: '10m', limit: { count: 4, removeOtherLogFiles: true } }

interface Sink extends DestinationStream {
  flushSync?(): void
  end?(): void
}

export interface LogOptions {
  readonly dataDir: string
  readonly level: WantedLevel
}

export interface OpenLog {
  readonly log: NodeLog
  readonly witness: Witness
}

const silent: OpenLog = { log: () => {}, witness: {} }

/** What others sent that was false is told the first, second, fourth, … time. */
const isWorthTelling = (count: number): boolean => (count & (count - 1)) === 0

/** Turns what replicas do into lines. */
export class LogWitness implements Witness {
  readonly #logger: Logger
  readonly #sink: Sink
  #identity: { readonly node: NodeId; readonly name: string } | null = null
  /** Faults that were told, per group and kind. */
  readonly #told = new Map<string, number>()

  constructor(sink: Sink, level: LogLevel) {
    this.#sink = sink
    this.#logger = pino(
      {
        level,
        base: null,
        formatters: { level: (label) => ({ level: label }) },
        timestamp: pino.stdTimeFunctions.isoTime,
      },
      sink,
    )
  }

  introduce(id: NodeId, name: string): void {
    this.#identity = { node: id, name }
  }

  write(level: LogLevel, event: string, facts: Readonly<Record<string, unknown>>): void {
    this.#logger[level]({ ...this.#identity, event, ...facts }, event)
  }

  onEffect(replica: Replica, effect: Effect): void {
    const { state } = replica.history
    const nameOf = (id: NodeId): string => state.roster.members.get(id)?.card.name ?? id.slice(0, 6)
    for (const one of decisionsOf(replica, effect, nameOf))
      if (this.#logger.isLevelEnabled(one.level)) this.#tell(replica, one)
    this.#tellFaults(replica)
  }

  #tell(replica: Replica, decision: Decision): void {
    const { level, event, text, entry, messages, ...facts } = decision
    const { role, history, group } = replica
    const term = 'term' in role ? role.term : null
    this.#logger[level](
      {
        ...this.#identity,
        event,
        group,
        network: history.state.name,
        term: entry?.term ?? term,
        clock: history.head === null ? 0 : history.clock(),
        ...(entry === undefined ? {} : { entry: entry.seq }),
        ...(messages === undefined ? {} : { messages }),
        ...(messages?.[0] === undefined ? {} : { trace: traceIdOf(messages[0]) }),
        ...facts,
      },
      text,
    )
  }

  #tellFaults({ group, counters, history }: Replica): void {
    if (counters.faults.size === 0) return
    for (const [fault, count] of counters.faults) {
      const key = `${group} ${fault}`
      if (count <= (this.#told.get(key) ?? 0)) continue
      this.#told.set(key, count)
      if (isWorthTelling(count)) this.#tellFault(group, history.state.name, fault, count)
    }
  }

  #tellFault(group: GroupId, network: string, fault: string, count: number): void {
    const facts = { ...this.#identity, event: 'false-packet', group, network, fault, count }
    this.#logger.warn(facts, `was sent something false: ${fault} (${count} so far)`)
  }

  close(): Promise<void> {
    this.#sink.flushSync?.()
    this.#sink.end?.()
    return Promise.resolve()
  }
}

/** Opens the log in the data folder. What cannot be written there is given up, not the node. */
export const openLog = async ({ dataDir, level }: LogOptions): Promise<OpenLog> => {
  if (level === 'off') return silent
  const folder = join(dataDir, LOG_FOLDER)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  const sink = await roll({ ...ROLL, file: join(folder, 'node'), extension: '.log', mode: 0o600 })
  // A full disk shows itself where it matters: in the groups.
  sink.on('error', () => {})
  const witness = new LogWitness(sink, level)
  return {
    log: (severity, event, facts) => witness.write(severity, event, facts),
    witness,
  }
}
