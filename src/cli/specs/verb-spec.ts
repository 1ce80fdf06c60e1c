/** What the verbs are called, what they take, and how their help begins. */
import { Option } from 'commander'

import type { CommandContext } from '../command-context.ts'

/** Resolves when the verb is done. */
export type Verb = (context: CommandContext) => Promise<void>

export interface VerbSpec {
  /** With its arguments, as in the help. */
  readonly usage: string
  readonly summary: string
  readonly examples: readonly string[]
  /** What it prints with `--json`, for the reference. */
  readonly json: string
  readonly options?: readonly Option[]
  readonly load: () => Promise<Verb>
}

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
]

export const option = (flags: string, description: string): Option => new Option(flags, description)
export const repeatable = (flags: string, description: string): Option =>
  option(flags, `${description} (repeatable)`).argParser(collect)

export const dataOptions = [
  option('--data-dir <folder>', 'folder of the node (default: one per user and profile)'),
  option('--profile <name>', 'one of several nodes of this user (default: "default")'),
]
export const jsonOption = option('--json', 'results and errors as JSON')
export const timeoutOption = option('--timeout-ms <ms>', 'give up after this time')

export const nodeOptions = [
  option('--name <name>', 'what others see (default: your user name)'),
  option('--listen <host:port>', 'for other nodes (default: all cards, port 7411 or a free one)'),
  repeatable('--advertise <host:port>', 'where others reach this node, if not at --listen'),
  repeatable('--nds <url>', 'discovery service'),
  repeatable('--peer <host:port>', 'node to ask, without any discovery service'),
  option('--heartbeat-ms <ms>', 'how often a leader shows that it lives (default: 500)'),
  option('--web [host:port]', 'address of the page (default: 127.0.0.1, the port from last time)'),
  option('--web-public', 'let others reach the page: over TLS, with a password (parley web)'),
  repeatable('--web-host <name>', 'name under which others ask for the page'),
  option('--web-cert <file>', 'certificate for that, PEM (default: one of its own)'),
  option('--web-key <file>', 'key of the certificate, PEM'),
  option('--log-level <level>', 'debug, info (default), warn, error or off'),
  option('--metrics [host:port]', 'serve metrics for Prometheus (127.0.0.1:7412)'),
  option('--otlp <url>', 'send traces to an OpenTelemetry collector'),
  option('--no-mdns', 'neither announce this node on the local network nor look for others there'),
]

export const readOptions = [option('--from <position>', 'begin with this message, counted from 1')]
