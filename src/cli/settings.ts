/**
 * What a command is told besides its arguments. Each setting comes from the first of these that has
 * it: flags, environment (`PARLEY_…`), `config.toml`, defaults.
 */
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'

import envPaths from 'env-paths'

import type { WebExposure } from '../node/local-api/web/exposure.ts'
import { LOG_LEVELS, type WantedLevel } from '../observe/levels.ts'
import { ParleyError } from '../rpc/errors.ts'

export interface Settings {
  /** Folder of this node: its key, its history, and how commands find it. */
  readonly dataDir: string
  /** Null where nobody said: then the node goes by the name it had, or by the user's. */
  readonly name: string | null
  /**
   * Null where nobody said: then the address it had, or the usual port, or a free one if that is
   * taken.
   */
  readonly listen: string | null
  /** `host:port` that others should use, if it is not `listen`. */
  readonly advertise: readonly string[]
  /** URLs of discovery services, `https://host:port#pin`. */
  readonly nds: readonly string[]
  /** `host:port` of nodes to try, without any discovery. */
  readonly peers: readonly string[]
  readonly heartbeatMs: number | null
  /** `host:port` of the page. */
  readonly web: string | null
  /** False to keep off the local network's multicast. */
  readonly mdns: boolean
  /** What it takes for that to be more than this machine. */
  readonly exposure: WebExposure
  /** How much goes into the log of the data folder. */
  readonly logLevel: WantedLevel
  /** `host:port` at which Prometheus reads metrics; null for none. */
  readonly metrics: string | null
  /** Base URL of an OpenTelemetry collector; null for no traces. */
  readonly otlp: string | null
}

export type Environment = Readonly<Record<string, string | undefined>>

/** As given on the command line; the names are those of commander. */
export interface Flags {
  readonly dataDir?: string
  readonly profile?: string
  readonly name?: string
  readonly listen?: string
  readonly advertise?: readonly string[]
  readonly nds?: readonly string[]
  readonly peer?: readonly string[]
  readonly heartbeatMs?: string
  readonly web?: string | true
  readonly mdns?: boolean
  readonly webPublic?: boolean
  readonly webHost?: readonly string[]
  readonly webCert?: string
  readonly webKey?: string
  readonly logLevel?: string
  readonly metrics?: string | true
  readonly otlp?: string
}

/** Values of `config.toml`; a name here is the name there. */
interface FileValues {
  readonly data_dir?: string
  readonly profile?: string
  readonly name?: string
  readonly listen?: string
  readonly advertise?: readonly string[]
  readonly nds?: readonly string[]
  readonly peers?: readonly string[]
  readonly heartbeat_ms?: number
  readonly web?: string
  readonly mdns?: boolean
  readonly web_public?: boolean
  readonly web_hosts?: readonly string[]
  readonly web_cert?: string
  readonly web_key?: string
  readonly log_level?: string
  readonly metrics?: string
  readonly otlp?: string
}

type Kind = 'text' | 'texts' | 'number' | 'switch'

const KINDS: Readonly<Record<keyof FileValues, Kind>> = {
  data_dir: 'text',
  profile: 'text',
  name: 'text',
  listen: 'text',
  advertise: 'texts',
  nds: 'texts',
  peers: 'texts',
  heartbeat_ms: 'number',
  web: 'text',
  mdns: 'switch',
  web_public: 'switch',
  web_hosts: 'texts',
  web_cert: 'text',
  web_key: 'text',
  log_level: 'text',
  metrics: 'text',
  otlp: 'text',
}

const WANTED: Readonly<Record<Kind, string>> = {
  text: 'a string',
  texts: 'a list of strings',
  number: 'a number',
  switch: 'true or false',
}

const HEARTBEAT_MIN_MS = 50
const HEARTBEAT_MAX_MS = 60_000

const usage = (message: string, hint?: string): ParleyError =>
  new ParleyError('USAGE', message, { hint })

const isOfKind = (value: unknown, kind: Kind): boolean => {
  if (kind === 'switch') return typeof value === 'boolean'
  if (kind === 'number') return typeof value === 'number'
  if (kind === 'text') return typeof value === 'string'
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** Checks what a settings file held. Throws USAGE with the name of what is wrong. */
const checkFile = (values: Readonly<Record<string, unknown>>, path: string): FileValues => {
  for (const [key, value] of Object.entries(values)) {
    const kind = Object.hasOwn(KINDS, key) ? KINDS[key as keyof FileValues] : undefined
    if (kind === undefined) {
      throw usage(`${path}: unknown setting ${key}`, `Known: ${Object.keys(KINDS).join(', ')}.`)
    }
    if (!isOfKind(value, kind)) {
      const wanted = WANTED[kind]
      throw usage(`${path}: ${key} must be ${wanted}`)
    }
  }
  return values
}

const readFile = async (path: string): Promise<FileValues> => {
  if (!existsSync(path)) return {}
  const { parse } = await import('smol-toml')
  try {
    return checkFile(parse(readFileSync(path, 'utf8')), path)
  } catch (error) {
    if (error instanceof ParleyError) throw error
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''
    throw new ParleyError('USAGE', `Cannot read ${path}: ${why}`, { cause: error })
  }
}

const list = (text: string | undefined): readonly string[] | undefined =>
  text
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** A list that was not given, and one that is empty, mean the same. */
const some = <T>(items: readonly T[] | undefined): readonly T[] | undefined =>
  items === undefined || items.length === 0 ? undefined : items

const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['on', true],
  ['0', false],
  ['false', false],
  ['off', false],
])

const mdnsOf = (text: string | undefined): boolean | undefined => {
  if (text === undefined || text === '') return undefined
  const value = SWITCH.get(text.toLowerCase())
  if (value === undefined) throw usage(`PARLEY_MDNS is on or off, not ${text}`)
  return value
}

/** Folders of this user, by the rules of the system (on Linux: XDG base directories). */
export const folders = (): { readonly data: string; readonly config: string } => {
  const { data, config } = envPaths('parley', { suffix: '' })
  return { data, config }
}

export const USUAL_METRICS = '127.0.0.1:7412'
const DEFAULT_PROFILE = 'default'

const dataDirOf = (flags: Flags, env: Environment, file: FileValues): string => {
  // A flag decides before any environment, even if the other one of the two is set there.
  const given = flags.dataDir ?? (flags.profile === undefined ? env['PARLEY_DATA_DIR'] : undefined)
  const profile = flags.profile ?? env['PARLEY_PROFILE'] ?? file.profile
  if (given !== undefined && given !== '') return resolve(given)
  if (profile === undefined && file.data_dir !== undefined) {
    if (isAbsolute(file.data_dir)) return file.data_dir
    throw usage('data_dir must be an absolute path')
  }
  const name = profile ?? DEFAULT_PROFILE
  if (/^[\w-][\w.-]{0,63}$/.test(name)) return join(folders().data, name)
  throw usage(`Not a profile: ${name}`, 'Use letters, digits, dots, dashes and underscores.')
}

const heartbeatOf = (text: string | number | undefined): number | null => {
  if (text === undefined) return null
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= HEARTBEAT_MIN_MS && value <= HEARTBEAT_MAX_MS) {
    return value
  }
  throw usage(
    `Not a heartbeat: ${text}`,
    `Use whole milliseconds from ${HEARTBEAT_MIN_MS} to ${HEARTBEAT_MAX_MS}.`,
  )
}

/**
 * `https://host:port#pin`, as a discovery service prints it; or less: without the pin its key is
 * trusted on first use. What says `http:` is taken for `https:`, the only thing that is spoken.
 */
export const ndsUrl = (text: string): string => {
  const [, scheme = 'https'] = /^([a-z][a-z\d+.-]*):\/\//i.exec(text) ?? []
  const isSpoken = /^https?$/i.test(scheme)
  const whole = text.replace(/^(https?:\/\/)?/i, 'https://')
  const url = URL.canParse(whole) ? new URL(whole) : null
  if (!isSpoken || url === null || url.hostname === '' || !/^(#[\w-]{43})?$/.test(url.hash)) {
    throw usage(
      `Not the address of a discovery service: ${text}`,
      'Copy the whole address that it prints: https://host:port#key.',
    )
  }
  const path = url.pathname.replace(/\/$/, '')
  return `https://${url.host}${path}${url.hash}`
}

const exposureOf = (flags: Flags, env: Environment, file: FileValues): WebExposure => ({
  isPublic: flags.webPublic ?? (env['PARLEY_WEB_PUBLIC'] === '1' || file.web_public === true),
  hosts: some(flags.webHost) ?? list(env['PARLEY_WEB_HOSTS']) ?? file.web_hosts ?? [],
  certFile: flags.webCert ?? env['PARLEY_WEB_CERT'] ?? file.web_cert ?? null,
  keyFile: flags.webKey ?? env['PARLEY_WEB_KEY'] ?? file.web_key ?? null,
})

const logLevelOf = (text: string | undefined): WantedLevel => {
  if (text === undefined) return 'info'
  const level = LOG_LEVELS.find((one) => one === text)
  if (level !== undefined) return level
  throw usage(`Not a log level: ${text}`, `Use one of ${LOG_LEVELS.join(', ')}.`)
}

/** Without an address: on this machine only, at the usual port. */
const metricsOf = (text: string | true | undefined): string | null =>
  text === undefined || text === '' ? null : text === true ? USUAL_METRICS : text

/** The base URL of a collector. Credentials have no place in it: settings are shown. */
const otlpOf = (text: string | undefined): string | null => {
  if (text === undefined || text === '') return null
  const url = URL.canParse(text) ? new URL(text) : null
  const isFit = url !== null && /^https?:$/.test(url.protocol) && url.username === ''
  if (isFit) return text
  throw usage(`Not the address of a collector: ${text}`, 'Use http://host:4318 or https://….')
}

/** Where the settings of this user are, if there are any. */
export const settingsFile = (env: Environment = process.env): string =>
  env['PARLEY_CONFIG'] ?? join(folders().config, 'config.toml')

/** Puts the settings of one command together. Throws USAGE if one of them makes no sense. */
export const loadSettings = async (
  flags: Flags,
  env: Environment = process.env,
): Promise<Settings> => {
  const file = await readFile(settingsFile(env))
  const web = typeof flags.web === 'string' ? flags.web : (env['PARLEY_WEB'] ?? file.web)
  return {
    dataDir: dataDirOf(flags, env, file),
    name: flags.name ?? env['PARLEY_NAME'] ?? file.name ?? null,
    listen: flags.listen ?? env['PARLEY_LISTEN'] ?? file.listen ?? null,
    advertise: some(flags.advertise) ?? list(env['PARLEY_ADVERTISE']) ?? file.advertise ?? [],
    nds: (some(flags.nds) ?? list(env['PARLEY_NDS']) ?? file.nds ?? []).map(ndsUrl),
    peers: some(flags.peer) ?? list(env['PARLEY_PEERS']) ?? file.peers ?? [],
    heartbeatMs: heartbeatOf(flags.heartbeatMs ?? env['PARLEY_HEARTBEAT_MS'] ?? file.heartbeat_ms),
    web: web ?? null,
    mdns: flags.mdns !== false && (mdnsOf(env['PARLEY_MDNS']) ?? file.mdns ?? true),
    exposure: exposureOf(flags, env, file),
    logLevel: logLevelOf(flags.logLevel ?? env['PARLEY_LOG_LEVEL'] ?? file.log_level),
    metrics: metricsOf(flags.metrics ?? env['PARLEY_METRICS'] ?? file.metrics),
    otlp: otlpOf(flags.otlp ?? env['PARLEY_OTLP'] ?? file.otlp),
  }
}
