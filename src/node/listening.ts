/** On which address a node listens, and how it remembers that. */
import { formatAddress, parseAddress } from '../rpc/address.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { RpcServer } from '../rpc/http-server.ts'
import type { Store } from '../store/store.ts'
import type { NodeOptions } from './options.ts'

/**
 * Listens where asked; where nobody asked, on the cards that it listened on before, loopback at
 * first. Port 0 means any free one, rather the one used last: others know that.
 */
export const listenAt = async (
  { listen, log = () => {} }: NodeOptions,
  store: Store,
  start: (address: string) => Promise<RpcServer>,
): Promise<RpcServer> => {
  const last = { host: store.getNodeMeta('host'), port: store.getNodeMeta('port') }
  const usual = { host: typeof last.host === 'string' ? last.host : '127.0.0.1', port: 0 }
  const { host, port } = listen === undefined ? usual : parseAddress(listen)
  let server: RpcServer | null = null
  const again = port === 0 && typeof last.port === 'number' ? last.port : null
  if (again !== null) {
    try {
      server = await start(formatAddress({ host, port: again }))
    } catch (thrown) {
      if (!(thrown instanceof ParleyError) || thrown.code !== 'ADDRESS_IN_USE') throw thrown
    }
  }
  const isMoved = again !== null && server === null
  server ??= await start(formatAddress({ host, port }))
  if (isMoved) log('warn', 'port taken, using another', { taken: again, listen: server.listen })
  const { port: actual } = parseAddress(server.listen)
  if (actual !== last.port) store.setNodeMeta('port', actual)
  if (host !== last.host) store.setNodeMeta('host', host)
  return server
}
