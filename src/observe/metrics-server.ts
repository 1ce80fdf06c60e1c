/** Serves metrics over HTTP, on this machine unless told otherwise; nothing else is served there. */
import { createServer } from 'node:http'

import { formatAddress, parseAddress } from '../rpc/address.ts'
import { listenError } from '../rpc/network-error.ts'

export interface MetricsSource {
  readonly contentType: string
  text(): Promise<string>
}

export interface MetricsServer {
  /** `host:port` as it listens. */
  readonly listen: string
  close(): Promise<void>
}

/** Rejects with ADDRESS_IN_USE or ADDRESS_UNAVAILABLE. */
export const serveMetrics = (listen: string, source: MetricsSource): Promise<MetricsServer> => {
  const { host, port } = parseAddress(listen)
  const server = createServer((request, response) => {
    const isAsked = request.method === 'GET' && request.url === '/metrics'
    if (!isAsked) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Metrics are at /metrics.\n')
      return
    }
    source.text().then(
      (text) => response.writeHead(200, { 'content-type': source.contentType }).end(text),
      (thrown: unknown) => response.writeHead(500).end(`${String(thrown)}\n`),
    )
  })
  server.maxConnections = 32
  server.headersTimeout = 5_000
  server.requestTimeout = 10_000
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, listen)))
    server.listen(port, host, () => {
      const address = server.address()
      const actual = typeof address === 'object' && address !== null ? address.port : port
      resolve({
        listen: formatAddress({ host, port: actual }),
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            server.closeAllConnections()
          }),
      })
    })
  })
}
