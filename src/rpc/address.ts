/** Network addresses as people write them: `host:port`, IPv6 in brackets, port 0 for any free one. */
import { ParleyError } from './errors.ts'

export interface HostPort {
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

const pattern = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([\w.-]+)):(\d{1,5})$/i
const MAX_CHARS = 270

/** Null if the text is no address. */
export const readAddress = (text: string): HostPort | null => {
  if (text.length > MAX_CHARS) return null
  const [, six, other, digits] = pattern.exec(text) ?? []
  const host = six ?? other
  const port = Number(digits)
  return host === undefined || !(port <= 65_535) ? null : { host, port }
}

/** Throws USAGE if the text is no address. */
export const parseAddress = (text: string): HostPort => {
  const address = readAddress(text)
  if (address !== null) return address
  throw new ParleyError('USAGE', `Not an address: ${JSON.stringify(text.slice(0, 80))}`, {
    hint: 'Write host:port, for example 127.0.0.1:7777 or [::1]:7777; port 0 is any free one.',
  })
}

export const formatAddress = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** An address of a socket as cards show it: one of IPv4 may be dressed up as IPv6. */
export const plainHost = (host: string | undefined): string | undefined =>
  host?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')

/** The host by which a program on this machine reaches a listener that is bound to `host`. */
export const reachableHost = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
