/** As much of a browser as the node can tell: a cookie, the headers it sets itself, one socket. */
import { request, type IncomingHttpHeaders } from 'node:http'

import { WebSocket } from 'ws'

import type { MessageView } from '../../api.ts'
import type { LocalApi } from '../server.ts'
import type { StreamLine } from '../types.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: IncomingHttpHeaders
}

export interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export const ask = (url: string, asked: Asked): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const { method = 'GET', path, headers = {}, body = '' } = asked
    const to = { hostname, port, method, path, headers, agent: false }
    const sent = request(to, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })

export const ticketOf = (link: string): string =>
  new URLSearchParams(new URL(link).hash.slice(1)).get('ticket') ?? ''

export const signIn = async (url: string, ticket: string): Promise<Answer> =>
  ask(url, { method: 'POST', path: '/session', body: JSON.stringify({ ticket }) })

/** `name=value`, as it goes back to the node. */
export const cookieIn = ({ headers }: Answer): string =>
  (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''

export const newCookie = async (api: LocalApi): Promise<string> =>
  cookieIn(await signIn(api.info.web, ticketOf(api.webLink().link)))

export interface Frame {
  readonly id?: string | null
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: unknown
  readonly error?: { readonly data: { readonly code: string } }
}

/** The page's end of `/live`. */
export class Page {
  readonly frames: Frame[] = []
  readonly socket: WebSocket
  readonly closed: Promise<number>
  onFrame: (frame: Frame) => void = () => {}
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame
      this.frames.push(frame)
      this.onFrame(frame)
    })
  }

  /** Rejects with the HTTP status if it is not let in. */
  static open(url: string, headers: Record<string, string>): Promise<Page> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url.replace(/^http/, 'ws')}live`, { headers })
      const page = new Page(socket)
      socket.once('open', () => resolve(page))
      socket.on('error', reject)
      socket.once('unexpected-response', (_, response) => {
        reject(new Error(`HTTP ${response.statusCode}`))
        socket.terminate()
      })
    })
  }

  async call(method: string, params: object = {}, id = `c${(this.#lastId += 1)}`): Promise<Frame> {
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return this.next((frame) => frame.id === id)
  }

  /** The first frame from now on that fits. */
  next(fits: (frame: Frame) => boolean): Promise<Frame> {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>()
    const before = this.onFrame
    this.onFrame = (frame) => {
      before(frame)
      if (!fits(frame)) return
      this.onFrame = before
      resolve(frame)
    }
    this.socket.once('close', () => reject(new Error('closed')))
    return promise
  }

  close(): void {
    this.socket.terminate()
  }
}

/** What a page keeps of one network: the messages that it was sent, as it would show them. */
export class Kept {
  messages: MessageView[] = []
  begins: boolean[] = []
  events: string[] = []

  take({ method, params }: Frame): void {
    if (method === 'begin') {
      this.begins.push(params?.['resumed'] === true)
      if (params?.['resumed'] !== true) this.messages = []
    }
    if (method !== 'lines') return
    const { lines = [] } = params as { readonly lines?: readonly StreamLine[] }
    for (const line of lines) this.#line(line)
  }

  /** Where to go on. */
  get place(): { position: number; id: string } | undefined {
    const last = this.messages.at(-1)
    return last === undefined ? undefined : { position: last.position, id: last.id }
  }

  #line(line: StreamLine): void {
    if (!('event' in line)) {
      this.messages.push(line)
      return
    }
    this.events.push(line.event)
    if (line.event === 'merge' && line.moved) {
      this.messages = this.messages.filter(({ position }) => position < line.fromPosition)
    }
  }
}
