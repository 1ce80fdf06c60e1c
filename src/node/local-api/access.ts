/**
 * Who may use the local API. The token shows that the caller can read a file of this user's, the
 * cookie that the browser was let in with a ticket. The other two checks are about browsers, which
 * send requests for any page that is open in them: Host against names that were made to point here
 * (DNS rebinding), Origin against other sites.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

import { ParleyError } from '../../rpc/errors.ts'

/** Where the page is: nothing is answered that was asked by another name. */
export interface WebSite {
  readonly scheme: 'http' | 'https'
  /** `host:port` in lower case, the first of them as it is told to people. */
  readonly hosts: readonly [string, ...string[]]
  readonly port: number
}

export const newToken = (): string => randomBytes(32).toString('base64url')

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares in a time that tells nothing about where the two differ. */
export const isToken = (given: string, token: string): boolean =>
  timingSafeEqual(digest(given), digest(token))

/** The site of a loopback port; `address` is how it is told to people. */
export const loopbackSite = (address: string, port: number): WebSite => ({
  scheme: 'http',
  hosts: [address, `127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`],
  port,
})

export const originOf = ({ scheme, hosts: [host] }: WebSite): string => `${scheme}://${host}`

/** Throws UNAUTHORIZED unless the request carries the token. */
export const checkToken = (request: IncomingMessage, token: string): void => {
  const [, given = ''] = /^Bearer ([\w-]{1,128})$/i.exec(request.headers.authorization ?? '') ?? []
  if (!isToken(given, token)) throw new ParleyError('UNAUTHORIZED')
}

/**
 * Somebody followed a link to the page itself, from wherever. The page says nothing before it is
 * asked by itself, nothing can be framed, and the cookie does not come along.
 */
const isVisit = ({ method, url, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  url === '/' &&
  headers.origin === undefined &&
  headers['sec-fetch-mode'] === 'navigate' &&
  headers['sec-fetch-dest'] === 'document'

/** Throws REFUSED if a browser sent this for a page that is not of this node. */
export const checkBrowser = (request: IncomingMessage, site: WebSite): void => {
  const { host = '', origin } = request.headers
  if (!site.hosts.includes(host.toLowerCase())) {
    throw new ParleyError('REFUSED', 'This port answers to its own address only', {
      hint: `Ask ${site.hosts[0]} by that name.`,
    })
  }
  if (isVisit(request)) return
  const from = request.headers['sec-fetch-site']
  // Asked by one of its names, pages of another of its names are as foreign as any.
  const isForeign = origin !== undefined && origin !== `${site.scheme}://${host.toLowerCase()}`
  if (isForeign || from === 'cross-site' || from === 'same-site') {
    throw new ParleyError('REFUSED', 'Pages of other sites may not ask this node', {
      hint: 'Open the page at the address that the node printed.',
    })
  }
}

/** As `checkBrowser`; and browsers always say for which page they open a WebSocket. */
export const checkSocketOrigin = (request: IncomingMessage, site: WebSite): void => {
  checkBrowser(request, site)
  if (request.headers.origin !== undefined) return
  throw new ParleyError('REFUSED', 'Only the page of this node may open a socket here')
}
