/** Answers HTTP requests to the local API: the same on the Unix socket and on the loopback port. */
import type { IncomingMessage, ServerResponse } from 'node:http'

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { answerText } from '../../rpc/answer.ts'
import { BodyReader } from '../../rpc/body-reader.ts'
import { decodeText, encodeError } from '../../rpc/codec.ts'
import { ParleyError } from '../../rpc/errors.ts'
import { MAX_FRAME_BYTES } from '../../rpc/limits.ts'
import type { MethodTable } from '../../rpc/method-table.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import type { ChatNodeApi } from '../api.ts'
import { checkBrowser, checkToken, type WebSite } from './access.ts'
import { streamMessages, type MessageStream, type StreamLimits } from './message-stream.ts'
import { streamQuerySchema } from './methods.ts'
import type { StreamQuery } from './types.ts'
import { cookieOf } from './web/cookies.ts'
import { httpStatusOf } from './web/http-status.ts'
import type { WebSessions } from './web/sessions.ts'
import type { WebFace } from './web/web-face.ts'

export interface HandlerOptions {
  readonly node: ChatNodeApi
  readonly table: MethodTable
  readonly token: string
  readonly sessions: WebSessions
  readonly face: WebFace
  readonly stream?: StreamLimits
  readonly onFault?: (what: string, thrown: unknown) => void
}

/** The page's site for requests that came over TCP, null for those from the Unix socket. */
export type LocalHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  site: WebSite | null,
) => void

const JSON_TYPE = 'application/json; charset=utf-8'
const MAX_TOTAL_BODY_BYTES = 32 * 1024 * 1024
/** How long a caller that was turned away may go on sending before it is cut off. */
const LINGER_MS = 2_000

const sendError = (response: ServerResponse, error: ParleyError): void => {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response
    .writeHead(httpStatusOf(error), { 'content-type': JSON_TYPE })
    .end(encodeError(null, error))
  // What the caller still sends is dropped, so that it gets to read why. "Connection: close" would
  // cut it off while it sends.
  const { req } = response
  req.resume()
  const timer = setTimeout(() => req.destroy(), LINGER_MS)
  for (const end of ['end', 'close']) req.once(end, () => clearTimeout(timer))
}

const queryOf = (url: URL): StreamQuery => {
  const parsed = streamQuerySchema.safeParse(Object.fromEntries(url.searchParams))
  if (!parsed.success) throw new ParleyError('INVALID_PARAMS')
  const given = Object.entries(parsed.data).filter(([, value]) => value !== undefined)
  return { network: parsed.data.network, ...Object.fromEntries(given) }
}

const answerRpc = async (
  request: IncomingMessage,
  response: ServerResponse,
  bodies: BodyReader,
  { table, onFault }: HandlerOptions,
): Promise<void> => {
  const announced = Number(request.headers['content-length'] ?? Number.NaN)
  const body = await bodies.read(request, announced)
  try {
    const text = decodeText(body.bytes)
    if (text instanceof ParleyError) throw text
    const remoteAddress = request.socket.remoteAddress ?? ''
    const invoke = table.invokeFor({ remoteAddress, peerId: null, link: null })
    const answer = await answerText(text, invoke, { onFault })
    if (answer === null) response.writeHead(204).end()
    else response.writeHead(200, { 'content-type': JSON_TYPE }).end(answer)
  } finally {
    body.release()
  }
}

/** A name that every system takes for a file. */
const fileNameOf = (network: string): string => {
  const plain = network.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^[.-]+|[.-]+$/g, '')
  return `parley-${plain === '' ? 'history' : plain.slice(0, 64)}.jsonl`
}

/** A whole history. It breaks off where something goes wrong on the way: its end is missing then. */
const answerExport = async (
  node: ChatNodeApi,
  url: URL,
  response: ServerResponse,
): Promise<void> => {
  const { id, name } = node.find(url.searchParams.get('network') ?? '')
  response.setHeader('content-type', 'application/x-ndjson; charset=utf-8')
  response.setHeader('content-disposition', `attachment; filename="${fileNameOf(name)}"`)
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  await pipeline(Readable.from(node.operator.export(id)), response)
}

const nothingThere = (): ParleyError =>
  new ParleyError('METHOD_NOT_FOUND', 'Nothing is served there')

/** Makes the handler, and a function that ends all streams. */
export const localHandler = (
  options: HandlerOptions,
): { readonly handle: LocalHandler; readonly endStreams: () => void } => {
  const { node, token, onFault } = options
  const bodies = new BodyReader({
    maxBytes: MAX_FRAME_BYTES,
    maxTotalBytes: MAX_TOTAL_BODY_BYTES,
  })
  const streams = new Set<MessageStream>()

  const answerStream = (url: URL, response: ServerResponse): void => {
    const query = queryOf(url)
    response.setHeader('content-type', 'application/x-ndjson; charset=utf-8')
    const stream = streamMessages(node, query, response, options.stream)
    // Whoever follows waits for the first line; the headers tell it that it is being served.
    if (!response.headersSent) response.flushHeaders()
    streams.add(stream)
    response.once('close', () => streams.delete(stream))
  }

  /** The page may download what it may read. */
  const checkReader = (request: IncomingMessage, site: WebSite | null): void => {
    const isPage = site !== null && request.headers.authorization === undefined
    if (isPage) options.sessions.check(cookieOf(request, site))
    else checkToken(request, token)
  }

  const route = async (
    request: IncomingMessage,
    response: ServerResponse,
    site: WebSite | null,
  ): Promise<void> => {
    if (site !== null) checkBrowser(request, site)
    // Put together, so that `//host/path` is no other host.
    const url = URL.parse(`http://local${request.url ?? '/'}`)
    const what = `${request.method} ${url?.pathname ?? ''}`
    if (what === 'GET /export' && url !== null) {
      checkReader(request, site)
      await answerExport(node, url, response)
      return
    }
    if (site !== null && url !== null) {
      if (await options.face.answer(request, response, site, url.pathname)) return
    }
    // What commands use is for this machine alone.
    if (site?.scheme === 'https') throw nothingThere()
    checkToken(request, token)
    if (what === 'POST /rpc') await answerRpc(request, response, bodies, options)
    else if (what === 'GET /messages' && url !== null) answerStream(url, response)
    else throw nothingThere()
  }

  const handle: LocalHandler = (request, response, site) => {
    request.on('error', () => request.destroy())
    route(request, response, site).catch((thrown: unknown) => {
      const error = toParleyError(thrown)
      if (error.code === 'INTERNAL') onFault?.('local API', thrown)
      sendError(response, error)
    })
  }
  const endStreams = (): void => {
    for (const stream of streams) stream.end(new ParleyError('UNREACHABLE', 'The node has stopped'))
  }
  return { handle, endStreams }
}
