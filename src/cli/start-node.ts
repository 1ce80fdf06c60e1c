/** Starts a node and its local API from settings. */
import { existsSync } from 'node:fs'

import { identityPath } from '../crypto/identity-file.ts'
import { makePrivateFolder } from '../crypto/private-folder.ts'
import type { ChatNodeApi } from '../node/api.ts'
import { startNode } from '../node/chat-node.ts'
import type { NodeLog } from '../node/context.ts'
import { startLocalApi, type LocalApi } from '../node/local-api/server.ts'
import { ParleyError } from '../rpc/errors.ts'
import { plainText } from '../view-model/plain-text.ts'
import { passphraseFor } from './passphrase.ts'
import type { Service } from './service.ts'
import type { Settings } from './settings.ts'

export const USUAL_LISTEN = '127.0.0.1:7411'
const FREE_LISTEN = '127.0.0.1:0'

export interface RunningNode extends Service {
  readonly node: ChatNodeApi
  readonly api: LocalApi
}

/**
 * Log lines for people: `parley: warn: fault {"what":…}`; more of them with PARLEY_LOG=info or
 * debug.
 */
const logTo =
  (note: (text: string) => void): NodeLog =>
  (level, event, facts) => {
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
}

const startAt = ({ settings, passphrase, note }: Start, listen: string): Promise<ChatNodeApi> =>
  startNode({
    log: logTo(note),
    passphrase,
    dataDir: settings.dataDir,
    listen,
    ...(settings.name === null ? {} : { name: settings.name }),
    advertise: settings.advertise,
    nds: settings.nds,
    peers: settings.peers,
    ...(settings.heartbeatMs === null ? {} : { heartbeatMs: settings.heartbeatMs }),
  })

/**
 * Where nobody said where to listen: a node that ran before has its port from then, if it is free;
 * a new one has the usual port, or any if that is taken.
 */
const startSomewhere = async (start: Start): Promise<ChatNodeApi> => {
  const { settings, note } = start
  if (settings.listen !== null) return startAt(start, settings.listen)
  if (existsSync(identityPath(settings.dataDir))) return startAt(start, FREE_LISTEN)
  try {
    return await startAt(start, USUAL_LISTEN)
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== 'ADDRESS_IN_USE') throw error
    const node = await startAt(start, FREE_LISTEN)
    note(`parley: ${USUAL_LISTEN} is taken, listening on ${node.listen} instead`)
    return node
  }
}

const makeFolder = (dataDir: string): void => {
  try {
    makePrivateFolder(dataDir)
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new ParleyError('STORAGE_UNWRITABLE', `Cannot make the data folder ${dataDir}${why}`, {
      cause,
    })
  }
}

/**
 * Resolves once the node listens and commands can reach it. Rejects with a ParleyError: USAGE,
 * ADDRESS_IN_USE, ADDRESS_UNAVAILABLE, PASSPHRASE_NEEDED, STORAGE_BUSY and the like.
 */
export const startNodeWithApi = async (
  settings: Settings,
  note: (text: string) => void,
): Promise<RunningNode> => {
  makeFolder(settings.dataDir)
  const passphrase = await passphraseFor(settings.dataDir)
  const node = await startSomewhere({ settings, passphrase, note })
  try {
    const api = await startLocalApi({
      node,
      dataDir: settings.dataDir,
      ...(settings.web === null ? {} : { web: settings.web }),
      onFault: (what, thrown) => note(`parley: fault in ${what}: ${String(thrown)}`),
    })
    const stop = async (): Promise<void> => {
      // New calls are turned away at once; those under way end while the node leaves its groups.
      await Promise.all([api.close(), node.stop()])
    }
    return { node, api, stop }
  } catch (error) {
    await node.stop()
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
  readonly pid: number
}

/** The line that programs wait for. */
export const readyLine = ({ node, api }: RunningNode): ReadyLine => ({
  event: 'ready',
  kind: 'node',
  id: node.id,
  name: node.name,
  listen: node.listen,
  web: api.webLink(),
  pid: process.pid,
})
