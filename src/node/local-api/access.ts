/**
 * Who may use the local API. The token shows that the caller can read a file of this user's. The
 * other two checks are about browsers, which send requests for any page that is open in them: Host
 * against names that were made to point here (DNS rebinding), Origin against other sites.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

import { ParleyError } from '../../rpc/errors.ts'

export const newToken = (): string => randomBytes(32).toString('base64url')

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares in a time that tells nothing about where the two differ. */
export const isToken = (given: string, token: string): boolean =>
  timingSafeEqual(digest(given), digest(token))

const LOCAL_NAMES = ['127.0.0.1', 'localhost', '[::1]']

/** Throws UNAUTHORIZED unless the request carries the token. */
export const checkToken = (request: IncomingMessage, token: string): void => {
  const [, given = ''] = /^Bearer ([\w-]{1,128})$/i.exec(request.headers.authorization ?? '') ?? []
  if (!isToken(given, token)) throw new ParleyError('UNAUTHORIZED')
}

/** Throws REFUSED if a browser sent this for a page that is not of this node. */
export const checkBrowser = (request: IncomingMessage, port: number): void => {
  const { host = '', origin } = request.headers
  const names = LOCAL_NAMES.map((name) => `${name}:${port}`)
  if (!names.includes(host.toLowerCase())) {
    throw new ParleyError('REFUSED', 'This port answers to its own address only', {
      hint: `Ask 127.0.0.1:${port} by that name.`,
    })
  }
  const site = request.headers['sec-fetch-site']
  const isForeign = origin !== undefined && !names.some((name) => origin === `http://${name}`)
  if (isForeign || site === 'cross-site' || site === 'same-site') {
    throw new ParleyError('REFUSED', 'Pages of other sites may not ask this node', {
      hint: 'Open the page at the address that the node printed.',
    })
  }
}
