/** What the browser asks for beside the socket: the page's files, the session, the download. */
import type { IncomingMessage, ServerResponse } from 'node:http'

import { z } from 'zod'

import { decodeText } from '../../../rpc/codec.ts'
import { BodyReader } from '../../../rpc/body-reader.ts'
import { ParleyError } from '../../../rpc/errors.ts'
import type { WebSite } from '../access.ts'
import { cookieOf, endedCookie, sessionCookie } from './cookies.ts'
import { httpStatusOf } from './http-status.ts'
import { noPage, noPageHeaders } from './no-page.ts'
import type { PageFiles } from './page-files.ts'
import type { PasswordDoor } from './password-door.ts'
import type { WebSessions } from './sessions.ts'

export interface WebFaceOptions {
  readonly nodeName: string
  readonly files: PageFiles
  readonly sessions: WebSessions
  readonly passwords: PasswordDoor
}

const MAX_BODY_BYTES = 4_096
const MAX_TOTAL_BODY_BYTES = 256 * 1024

const signInSchema = z.union([
  z.strictObject({ ticket: z.string().min(1).max(128) }),
  z.strictObject({ password: z.string().min(1).max(1_024) }),
])
type SignIn = z.output<typeof signInSchema>

/** Where there is a password, the page asks for it. */
const withWayIn = (error: ParleyError, site: WebSite): object =>
  error.code === 'UNAUTHORIZED' && site.scheme === 'https'
    ? { ...error.toJSON(), data: { password: true } }
    : error

const noStore = { 'cache-control': 'no-store' } as const

export class WebFace {
  readonly #options: WebFaceOptions
  readonly #bodies = new BodyReader({
    maxBytes: MAX_BODY_BYTES,
    maxTotalBytes: MAX_TOTAL_BODY_BYTES,
  })

  constructor(options: WebFaceOptions) {
    this.#options = options
  }

  /** False if this is not for the page to answer. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    site: WebSite,
    pathname: string,
  ): Promise<boolean> {
    if (pathname === '/session') {
      await this.#answerSession(request, response, site)
      return true
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    const { files, nodeName } = this.#options
    const file = files.find(pathname)
    const content = file === null ? null : files.read(file)
    if (file !== null && content !== null) {
      response.writeHead(200, { ...file.headers, 'content-length': content.length }).end(content)
      return true
    }
    if (pathname !== '/') return false
    response.writeHead(200, noPageHeaders).end(noPage(nodeName))
    return true
  }

  async #answerSession(
    request: IncomingMessage,
    response: ServerResponse,
    site: WebSite,
  ): Promise<void> {
    try {
      const cookie = await this.#session(request, site)
      response.writeHead(204, { ...noStore, 'set-cookie': cookie }).end()
    } catch (thrown) {
      if (!(thrown instanceof ParleyError)) throw thrown
      const body = JSON.stringify({ error: withWayIn(thrown, site) })
      const type = 'application/json; charset=utf-8'
      response.writeHead(httpStatusOf(thrown), { ...noStore, 'content-type': type }).end(body)
      request.resume()
    }
  }

  /** The cookie to set. */
  async #session(request: IncomingMessage, site: WebSite): Promise<string> {
    const { sessions } = this.#options
    if (request.method === 'POST') {
      return sessionCookie(site, await this.#signIn(request, site))
    }
    const value = cookieOf(request, site)
    const session = sessions.check(value)
    if (request.method === 'GET') return sessionCookie(site, value ?? '')
    if (request.method !== 'DELETE') throw new ParleyError('METHOD_NOT_FOUND', 'No such request')
    sessions.end(session)
    return endedCookie(site)
  }

  async #signIn(request: IncomingMessage, site: WebSite): Promise<string> {
    const { sessions, passwords } = this.#options
    const given = await this.#bodyOf(request)
    if ('ticket' in given) return sessions.redeem(given.ticket)
    // On this machine alone a link is as easy to get, and cannot be guessed.
    if (site.scheme !== 'https') throw new ParleyError('UNAUTHORIZED', 'Only links open this page')
    await passwords.check(given.password, request.socket.remoteAddress ?? '')
    return sessions.open()
  }

  async #bodyOf(request: IncomingMessage): Promise<SignIn> {
    const announced = Number(request.headers['content-length'] ?? Number.NaN)
    const body = await this.#bodies.read(request, announced)
    try {
      const text = decodeText(body.bytes)
      if (text instanceof ParleyError) throw text
      return signInSchema.parse(JSON.parse(text))
    } catch (cause) {
      if (cause instanceof ParleyError) throw cause
      throw new ParleyError('INVALID_PARAMS', undefined, { cause })
    } finally {
      body.release()
    }
  }
}
