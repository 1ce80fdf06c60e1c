/** What every verb is given: its arguments, where results go, and the way to the running node. */
import type { LocalClient } from '../node/local-api/client.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { Output } from './output.ts'
import { loadSettings, type Flags, type Settings } from './settings.ts'

/** Flags of all verbs; each has some of them. */
export interface VerbFlags extends Flags {
  readonly json?: boolean
  readonly wait?: string
  readonly timeoutMs?: string
  readonly lines?: boolean | string
  readonly follow?: boolean
  readonly from?: string
  readonly limit?: string
  readonly policy?: string
  readonly unlisted?: boolean
  readonly leaseMs?: string
  readonly store?: string
  readonly force?: boolean
  readonly metrics?: string
  readonly rate?: string
  readonly plain?: boolean
  readonly before?: string
  readonly uses?: string
  readonly expires?: string
  readonly list?: boolean
  readonly revoke?: string
  readonly qr?: boolean
  readonly format?: string
  readonly verifyOnly?: boolean
  readonly upto?: string
  readonly offline?: boolean
  readonly network?: string
  readonly open?: boolean
  readonly setPassword?: boolean
  readonly group?: string
  readonly message?: string
  readonly node?: string
  readonly level?: string
  readonly script?: string | true
  readonly reply?: string
  readonly edit?: string
  readonly delete?: string
  readonly react?: string
}

export interface CommandContext {
  readonly flags: VerbFlags
  /** Arguments after the verb. */
  readonly operands: readonly string[]
  readonly out: Output
  settings(): Promise<Settings>
  /** Throws NO_NODE if none runs. */
  client(): Promise<LocalClient>
}

export const commandContext = (
  flags: VerbFlags,
  operands: readonly string[],
  out: Output,
): CommandContext => {
  const settings = (): Promise<Settings> => loadSettings(flags)
  return {
    flags,
    operands,
    out,
    settings,
    async client() {
      const { LocalClient } = await import('../node/local-api/client.ts')
      return new LocalClient((await settings()).dataDir)
    },
  }
}

/** The argument at a place; commander has seen to it that it is there. */
export const operand = ({ operands }: CommandContext, index: number): string =>
  operands[index] ?? ''

/** A whole number from a flag. Throws USAGE. */
export const wholeNumber = (flag: string, text: string, min: number, max: number): number => {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new ParleyError('USAGE', `${flag} takes a whole number from ${min} to ${max}`)
}

const MAX_TIMEOUT_MS = 3_600_000

/** The time that `--timeout-ms` allows, or `otherwise`. Throws USAGE. */
export const timeoutMs = ({ flags }: CommandContext, otherwise: number): number =>
  flags.timeoutMs === undefined
    ? otherwise
    : wholeNumber('--timeout-ms', flags.timeoutMs, 1, MAX_TIMEOUT_MS)
