/** Starts a node and its local API from settings. */
import { existsSync } from 'node:fs'

import { identityPath } from '../crypto/identity-file.ts'
import { makePrivateFolder } from '../crypto/private-folder.ts'
import type { ChatNodeApi } from '../node/api.ts'
import { startNode } from '../node/chat-node.ts'
import type { ChatNode } from '../node/running-node.ts'
import type { NodeLog } from '../node/context.ts'
import { startLocalApi, type LocalApi } from '../node/local-api/server.ts'
import { observe, type Observation } from '../observe/index.ts'
import { ParleyError, type ErrorCode } from '../rpc/errors.ts'
import { heldVersion, spokenVersions, type SpokenVersions } from '../rpc/protocol-version.ts'
import { plainText } from '../view-model/plain-text.ts'
import { weatherOfLab } from './lab-weather.ts'
import { passphraseFor } from './passphrase.ts'
import type { Service } from './service.ts'
import type { Settings } from './settings.ts'

export const USUAL_PORT = 7411
/** Ports that are tried before any free one. */
const PORTS = 10
/** All cards, by IPv6 and IPv4; where there is no IPv6, by IPv4. */
const EVERYWHERE = ['[::]', '0.0.0.0']

export interface RunningNode extends Service {
  readonly node: ChatNodeApi
  readonly api: LocalApi
  /** Where metrics are served, if they are. */
  readonly metrics: string | null
}

/**
 * Log lines for people as well: `parley: warn: fault {"what":…}`; more of them with PARLEY_LOG=info
 * or debug.
 */
const logTo =
  (note: (text: string) => void, file: NodeLog): NodeLog =>
  (level, event, facts) => {
    file(level, event, facts)
    const levels = ['debug', 'info', 'warn', 'error']
    const wanted = levels.indexOf(process.env['PARLEY_LOG'] ?? 'warn')
    if (levels.indexOf(level) < wanted) return
    note(plainText(`parley: ${level}: ${event} ${JSON.stringify(facts)}`))
  }

/** What a start takes besides the address. */
interface Start {
  readonly settings: Settings
  readonly passphrase: string | null
  readonly note: (text: string) => void
  readonly log: NodeLog
  readonly observation: Observation
  readonly protocol: SpokenVersions
}

const startAt = (
  { settings, passphrase, observation, protocol, log }: Start,
  listen: string | null,
): Promise<ChatNode> =>
  startNode({
    log,
    witnesses: observation.witnesses,
    protocol,
    weather: weatherOfLab(),
    passphrase,
    dataDir: settings.dataDir,
    ...(listen === null ? {} : { listen }),
    ...(settings.name === null ? {} : { name: settings.name }),
    advertise: settings.advertise,
    nds: settings.nds,
    peers: settings.peers,
    mdns: settings.mdns,
    ...(settings.heartbeatMs === null ? {} : { heartbeatMs: settings.heartbeatMs }),
  })

const isCoded = (thrown: unknown, code: ErrorCode): boolean =>
  thrown instanceof ParleyError && thrown.code === code

/** On all cards of this machine. */
const startEverywhere = async (start: Start, port: number): Promise<ChatNode> => {
  const [first = '', ...others] = EVERYWHERE
  try {
    return await startAt(start, `${first}:${port}`)
  } catch (error) {
    const [other] = others
    if (other === undefined || !isCoded(error, 'ADDRESS_UNAVAILABLE')) throw error
    return startAt(start, `${other}:${port}`)
  }
}

/**
 * Where nobody said where to listen: a node that ran before has its address from then, if it is
 * free; a new one has the usual port, or the next one that is free.
 */
const startSomewhere = async (start: Start): Promise<ChatNode> => {
  const { settings, note } = start
  if (settings.listen !== null) return startAt(start, settings.listen)
  if (existsSync(identityPath(settings.dataDir))) return startAt(start, null)
  for (const port of [...Array.from({ length: PORTS }, (_, at) => USUAL_PORT + at), 0]) {
    try {
      const node = await startEverywhere(start, port)
      if (port !== USUAL_PORT)
        note(`parley: port ${USUAL_PORT} is taken, listening on ${node.listen} instead`)
      return node
    } catch (error) {
      if (port === 0 || !isCoded(error, 'ADDRESS_IN_USE')) throw error
    }
  }
  throw new ParleyError('ADDRESS_IN_USE')
}

/** A node can be held at an older version of the protocol while its group is upgraded. */
const protocolOf = (text: string | undefined): SpokenVersions => {
  const held = text === undefined || text === '' ? spokenVersions() : heldVersion(text)
  if (held !== null) return held
  throw new ParleyError('USAGE', `This build does not speak version ${text} of the protocol`, {
    hint: 'Unset PARLEY_PROTOCOL, or set it to a version that docs/operations.md names.',
  })
}

/** What the disk refuses is told as that. */
const unwritable = (what: string, cause: unknown): ParleyError => {
  if (cause instanceof ParleyError) return cause
  const why = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return new ParleyError('STORAGE_UNWRITABLE', `${what}${why}`, { cause })
}

const makeFolder = (dataDir: string): void => {
  try {
    makePrivateFolder(dataDir)
  } catch (cause) {
    throw unwritable(`Cannot make the data folder ${dataDir}`, cause)
  }
}

const observing = async (settings: Settings): ReturnType<typeof observe> => {
  try {
    return await observe(settings)
  } catch (cause) {
    throw unwritable(`Cannot write a log in the data folder ${settings.dataDir}`, cause)
  }
}

/**
 * Resolves once the node listens and commands can reach it. Rejects with a ParleyError: USAGE,
 * ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, PASSPHRASE_NEEDED, STORAGE_BUSY and the like.
 */
export const startNodeWithApi = async (
  settings: Settings,
  note: (text: string) => void,
  options: { readonly isLogShown?: boolean } = {},
): Promise<RunningNode> => {
  makeFolder(settings.dataDir)
  const passphrase = await passphraseFor(settings.dataDir)
  const protocol = protocolOf(process.env['PARLEY_PROTOCOL'])
  const observation = await observing(settings)
  // A chat is no place for log lines: they are in the file.
  const log = options.isLogShown === true ? logTo(note, observation.log) : observation.log
  const start = { settings, passphrase, note, observation, protocol, log }
  const node = await startSomewhere(start)
  try {
    await observation.begin(node)
    const api = await startLocalApi({
      node,
      dataDir: settings.dataDir,
      ...(settings.web === null ? {} : { web: settings.web }),
      exposure: settings.exposure,
      onFault: (what, thrown) => note(`parley: fault in ${what}: ${String(thrown)}`),
    })
    const stop = async (): Promise<void> => {
      // New calls are turned away at once; those under way end while the node leaves its groups.
      await Promise.all([api.close(), node.stop(), observation.close()])
    }
    return { node, api, metrics: observation.metricsAt(), stop }
  } catch (error) {
    await Promise.all([node.stop(), observation.close()])
    throw error
  }
}

export interface ReadyLine {
  readonly event: 'ready'
  readonly kind: 'node'
  readonly id: string
  readonly name: string
  readonly listen: string
  /** Signs one browser in. */
  readonly web: string
  /** Of the certificate that the node has made for the page; only where others can reach it. */
  readonly webFingerprint?: string
  readonly pid: number
  /** Where metrics are served, if they are. */
  readonly metrics?: string
}

/** The line that programs wait for. */
export const readyLine = ({ node, api, metrics }: RunningNode): ReadyLine => {
  const { link, fingerprint } = api.webLink()
  return {
    event: 'ready',
    kind: 'node',
    id: node.id,
    name: node.name,
    listen: node.listen,
    web: link,
    ...(fingerprint === null ? {} : { webFingerprint: fingerprint }),
    pid: process.pid,
    ...(metrics === null ? {} : { metrics }),
  }
}
