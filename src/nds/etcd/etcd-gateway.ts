/**
 * Calls etcd through its JSON gateway: one endpoint as long as it answers, else the next, until a
 * deadline. See https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway: bytes are base64, numbers are
 * strings, and what is zero, false or empty is left out.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { Agent, request, type Dispatcher } from 'undici'

import { ParleyError } from '../../rpc/errors.ts'
import type { EtcdConfig } from './etcd-config.ts'

/** A fault that etcd names, with its gRPC code. */
export class EtcdFault extends Error {
  readonly grpc: number

  constructor(grpc: number, message: string) {
    super(message)
    this.grpc = grpc
  }
}

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const GRPC = { notFound: 5, outOfRange: 11, unavailable: 14, unauthenticated: 16 } as const
/** Canceled, unknown, deadline, aborted, unavailable: another member, or a moment later, may do. */
const TRANSIENT: ReadonlySet<number> = new Set([1, 2, 4, 10, GRPC.unavailable])

/** One try; longer than a busy disk takes, shorter than anybody waits. */
const TRY_MS = 1_000
/** All tries of one call: less than clients wait, so that they hear what is the matter. */
const CALL_MS = 2_500
const PAUSE_MS = { first: 25, most: 200 }
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

export interface CallOptions {
  readonly deadlineMs?: number
  /** Only this endpoint, once. */
  readonly only?: string
}

const readBounded = async (body: Dispatcher.ResponseData['body']): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > MAX_ANSWER_BYTES) throw new Error('etcd says more than it should')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const faultOf = (status: number, text: string): EtcdFault => {
  try {
    const { code, message, error } = JSON.parse(text) as Record<string, unknown>
    if (typeof code === 'number') return new EtcdFault(code, String(message ?? error))
  } catch {
    // Not from etcd itself, but from something before it.
  }
  return new EtcdFault(GRPC.unavailable, `status ${status}`)
}

const isTransient = (thrown: unknown): boolean =>
  !(thrown instanceof EtcdFault) || TRANSIENT.has(thrown.grpc)

export class EtcdGateway {
  readonly #config: EtcdConfig
  readonly #agent: Agent
  readonly #closing = new AbortController()
  #at = 0
  #token: string | null = null

  constructor(config: EtcdConfig) {
    this.#config = config
    this.#agent = new Agent({
      connect: { ...config.tls, timeout: TRY_MS },
      connections: 64,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  }

  /** The endpoint in use. */
  get endpoint(): string {
    return this.#config.endpoints[this.#at % this.#config.endpoints.length] ?? ''
  }

  /** From now on the one after this, unless that has happened already. */
  rotate(from: string): void {
    if (from === this.endpoint) this.#at = (this.#at + 1) % this.#config.endpoints.length
  }

  /**
   * Posts to `/v3/…` and resolves to the answer. Rejects with UNAVAILABLE when the time is over,
   * with UNAUTHORIZED if etcd wants other credentials, and with an `EtcdFault` for what is no use
   * to repeat.
   */
  async call(path: string, body: object, options: CallOptions = {}): Promise<unknown> {
    const end = performance.now() + (options.deadlineMs ?? CALL_MS)
    let waitMs = PAUSE_MS.first
    for (;;) {
      const endpoint = options.only ?? this.endpoint
      const leftMs = end - performance.now()
      try {
        return await this.#tryAt(endpoint, path, body, Math.min(TRY_MS, leftMs))
      } catch (thrown) {
        if (!isTransient(thrown)) throw this.#refusal(thrown)
        this.rotate(endpoint)
        const isOver = options.only !== undefined || performance.now() + waitMs >= end
        if (isOver || this.#closing.signal.aborted) {
          const why = thrown instanceof Error ? thrown.message : String(thrown)
          throw new ParleyError('UNAVAILABLE', undefined, { cause: thrown, data: { why } })
        }
        await pause(waitMs * (0.5 + Math.random() / 2))
        waitMs = Math.min(waitMs * 2, PAUSE_MS.most)
      }
    }
  }

  /** Opens a stream of lines, each a JSON object; at the endpoint in use, once. */
  async stream(path: string, body: object, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const answer = await this.#post(this.endpoint, path, body, signal)
    if (answer.statusCode !== 200) throw faultOf(answer.statusCode, await readBounded(answer.body))
    return answer.body as AsyncIterable<Buffer>
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#agent.destroy()
  }

  async #tryAt(endpoint: string, path: string, body: object, ms: number): Promise<unknown> {
    const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(ms)))
    const signal = AbortSignal.any([timeout, this.#closing.signal])
    const answer = await this.#post(endpoint, path, body, signal)
    const text = await readBounded(answer.body)
    if (answer.statusCode === 200) return JSON.parse(text) as unknown
    const fault = faultOf(answer.statusCode, text)
    const isStale = fault.grpc === GRPC.unauthenticated || fault.message.includes('auth token')
    if (this.#token === null || !isStale) throw fault
    // A token lasts some minutes, and no longer than the member that gave it.
    this.#token = null
    throw new EtcdFault(GRPC.unavailable, fault.message)
  }

  async #post(
    endpoint: string,
    path: string,
    body: object,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const token = await this.#authenticate(endpoint, signal)
    return request(`${endpoint}/v3/${path}`, {
      method: 'POST',
      dispatcher: this.#agent,
      signal,
      headers: {
        'content-type': 'application/json',
        // A member that has lost the others says so instead of going on with what it has.
        'grpc-metadata-hasleader': 'true',
        ...(token === null ? {} : { authorization: token }),
      },
      body: JSON.stringify(body),
    })
  }

  async #authenticate(endpoint: string, signal: AbortSignal): Promise<string | null> {
    const { user } = this.#config
    if (user === null || this.#token !== null) return this.#token
    const answer = await request(`${endpoint}/v3/auth/authenticate`, {
      method: 'POST',
      dispatcher: this.#agent,
      signal,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(user),
    })
    const text = await readBounded(answer.body)
    if (answer.statusCode !== 200) throw faultOf(answer.statusCode, text)
    const { token } = JSON.parse(text) as { readonly token?: string }
    this.#token = token ?? null
    return this.#token
  }

  /** What people can do something about has a code of ours. */
  #refusal(thrown: unknown): unknown {
    if (!(thrown instanceof EtcdFault)) return thrown
    const isAboutUser =
      thrown.grpc === GRPC.unauthenticated ||
      /authentication failed|permission denied|user name is empty/.test(thrown.message)
    if (!isAboutUser) return thrown
    return new ParleyError('UNAUTHORIZED', `etcd: ${thrown.message}`, {
      hint: 'Set PARLEY_ETCD_USER and PARLEY_ETCD_PASSWORD_FILE, or the files of a certificate.',
      cause: thrown,
    })
  }
}
