/** The cookie of a session (RFC 6265). */
import type { IncomingMessage } from 'node:http'

import type { WebSite } from '../access.ts'
import { SESSION_MS } from './sessions.ts'

/**
 * Browsers keep cookies by host and not by port: without the port in its name, two nodes of one
 * machine would sign each other's people out.
 */
const nameOf = ({ port }: WebSite): string => `parley_session_${port}`

/** What the cookie holds; null if there is none, or several of that name. */
export const cookieOf = (request: IncomingMessage, site: WebSite): string | null => {
  const start = `${nameOf(site)}=`
  const found = (request.headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(start))
  const [only] = found
  return only === undefined || found.length > 1 ? null : only.slice(start.length)
}

const withValue = (site: WebSite, value: string, maxAgeS: number): string => {
  const secure = site.scheme === 'https' ? '; Secure' : ''
  const rest = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure}`
  return `${nameOf(site)}=${value}; ${rest}`
}

export const sessionCookie = (site: WebSite, value: string): string =>
  withValue(site, value, SESSION_MS / 1_000)

export const endedCookie = (site: WebSite): string => withValue(site, '', 0)
