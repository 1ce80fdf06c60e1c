/** Short texts that a server gives to whoever asks with GET, such as whether it is well. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { formatAddress, parseAddress } from './address.ts'
import { listenError } from './network-error.ts'

export interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** By their paths. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>

export const textPage = (status: number, body: string): Page => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
})

export interface PageServer {
  readonly listen: string
  close(): Promise<void>
}

const answer = async (
  pages: Pages,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined
  const isAsked = request.method === 'GET' && page !== undefined
  const { status, type, body } = isAsked ? await page() : textPage(404, 'Nothing is served here')
  response.writeHead(status, { 'content-type': type, connection: 'close' }).end(body)
}

/**
 * Serves pages over plain HTTP, for programs that watch over this one: on an address that only they
 * reach. Rejects with ADDRESS_IN_USE, ADDRESS_UNAVAILABLE or USAGE.
 */
export const servePages = async (listen: string, pages: Pages): Promise<PageServer> => {
  const { host, port } = parseAddress(listen)
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (...call) => {
    answer(pages, ...call).catch(() => call[1].destroy())
  })
  server.maxConnections = 64
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, listen)))
    server.listen({ host, port }, resolve)
  })
  const bound = server.address()
  const actual = typeof bound === 'object' && bound !== null ? bound.port : port
  return {
    listen: formatAddress({ host, port: actual }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
