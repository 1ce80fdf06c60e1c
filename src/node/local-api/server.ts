/**
 * The local API of a running node: JSON-RPC and a stream of messages, for the command line over a
 * Unix socket in the data folder, and for the page in the browser over a loopback port.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

import type { ChatNodeApi } from '../api.ts'
import { newToken, originOf } from './access.ts'
import { localHandler } from './http-handler.ts'
import { listen, makeServer, shut } from './http-listener.ts'
import { isRunning, readInfo, removeInfo, writeInfo } from './info-file.ts'
import type { StreamLimits } from './message-stream.ts'
import { localTable } from './serve.ts'
import type { NodeInfo } from './types.ts'
import type { WebExposure } from './web/exposure.ts'
import type { LiveLimits } from './web/live-connection.ts'
import { LiveServer } from './web/live-server.ts'
import { builtPage, PageFiles } from './web/page-files.ts'
import { PasswordDoor } from './web/password-door.ts'
import { WebSessions } from './web/sessions.ts'
import { WebFace } from './web/web-face.ts'
import { addWebLink, type WebLink } from './web/web-link.ts'
import { WebListener } from './web/web-listener.ts'

export interface LocalApiOptions {
  readonly node: ChatNodeApi
  /** Of this node alone; exists already. */
  readonly dataDir: string
  /** `host:port` for the browser. Default: 127.0.0.1, the port from last time or any. */
  readonly web?: string
  /** What it takes for that to be more than this machine. */
  readonly exposure?: WebExposure
  /** Folder of the built page. Default: beside the compiled program. */
  readonly pageFolder?: string
  readonly stream?: StreamLimits
  readonly live?: Partial<LiveLimits>
  /** Told of faults of ours. */
  readonly onFault?: (what: string, thrown: unknown) => void
}

export interface LocalApi {
  /** What commands find in the data folder. */
  readonly info: NodeInfo
  /** A link that signs one browser in, once, within ten minutes. */
  webLink(): WebLink
  /** Takes no more calls; those under way have a moment to end. Idempotent. */
  close(): Promise<void>
}

/** An address of a Unix socket holds 107 bytes; some systems have less. */
const MAX_SOCKET_PATH_BYTES = 100
const SOCKET_FOLDER = 'parley-socket-'

/** In the data folder, or in a private folder of its own where that path is too long. */
const socketPath = (dataDir: string): string => {
  const path = join(dataDir, 'local.sock')
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path
  // `mkdtemp` makes folders that only their owner can enter.
  return join(mkdtempSync(join(tmpdir(), SOCKET_FOLDER)), 'local.sock')
}

const removeSocket = (path: string): void => {
  const folder = dirname(path)
  const isOurs = basename(folder).startsWith(SOCKET_FOLDER) && dirname(folder) === tmpdir()
  rmSync(isOurs ? folder : path, { recursive: isOurs, force: true })
}

/** What a node that was killed left behind. */
const clearRemains = (dataDir: string): void => {
  const old = readInfo(dataDir)
  if (old === null) return
  if (old.pid !== process.pid && isRunning(old.pid) && existsSync(old.socket)) return
  removeSocket(old.socket)
}

/**
 * Starts the local API of `node` and writes `node.json`. Rejects with ADDRESS_IN_USE,
 * ADDRESS_UNAVAILABLE, and for an address that others could reach USAGE or UNAUTHORIZED, unless all
 * is there that this needs.
 */
export const startLocalApi = async (options: LocalApiOptions): Promise<LocalApi> => {
  const { node, dataDir, onFault, live: limits, stream } = options
  clearRemains(dataDir)
  const token = newToken()
  const sessions = new WebSessions({
    path: join(dataDir, 'web.json'),
    ...(onFault === undefined ? {} : { onFault }),
  })
  const page = new WebListener({ dataDir, web: options.web, exposure: options.exposure, sessions })
  const live = new LiveServer({ node, table: localTable(node), sessions, limits, stream, onFault })
  const { handle, endStreams } = localHandler({
    node,
    table: addWebLink(localTable(node), () => page.link()),
    token,
    sessions,
    face: new WebFace({
      nodeName: node.name,
      files: new PageFiles(options.pageFolder ?? builtPage()),
      sessions,
      passwords: new PasswordDoor(dataDir),
    }),
    ...(stream === undefined ? {} : { stream }),
    ...(onFault === undefined ? {} : { onFault }),
  })
  const socket = socketPath(dataDir)
  rmSync(socket, { force: true })
  const local = makeServer((request, response) => handle(request, response, null))
  const closeServers = async (): Promise<void> => {
    endStreams()
    live.closeAll()
    await Promise.all([page.close(), shut(local)])
    removeSocket(socket)
  }
  try {
    await page.open(
      (request, response) => handle(request, response, page.site),
      (request, duplex, head) => live.onUpgrade(request, duplex, head, page.site),
    )
    await listen(local, socket)
    chmodSync(socket, 0o600)
    const info: NodeInfo = { pid: process.pid, socket, web: `${originOf(page.site)}/`, token }
    writeInfo(dataDir, info)
    const close = async (): Promise<void> => {
      removeInfo(dataDir, info)
      await closeServers()
    }
    let closing: Promise<void> | null = null
    return { info, webLink: () => page.link(), close: () => (closing ??= close()) }
  } catch (error) {
    await closeServers()
    throw error
  }
}
