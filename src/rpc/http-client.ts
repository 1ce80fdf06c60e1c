/**
 * Calls methods over HTTP. Connections are kept and shared; every answer is bounded in size and
 * time.
 */
import { Agent, buildConnector, request, type Dispatcher } from 'undici'

import { decodeFrame, decodeText, encodeRequest } from './codec.ts'
import { ParleyError } from './errors.ts'
import { MAX_ANSWER_BYTES } from './limits.ts'
import { parseResult, type CallParamsOf, type MethodSpec, type ResultOf } from './method.ts'
import { networkError } from './network-error.ts'
import {
  expectAnybody,
  expectPin,
  plainSecurity,
  type Expectation,
  type PeerSecurity,
} from './security.ts'
import { wireToError } from './wire-error.ts'

export interface RpcClientOptions {
  readonly security?: PeerSecurity
  /**
   * Who should answer at an address (`https://host:port`) that names no key itself. Default:
   * anybody.
   */
  readonly expect?: (origin: string) => Expectation
  /** Time for a call unless it says otherwise. Default 10 s. */
  readonly timeoutMs?: number
  /** Connections to one address. Default 8. */
  readonly maxConnections?: number
  /** Bytes of one answer. Default 4 MiB. */
  readonly maxAnswerBytes?: number
}

export interface CallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Sent along, for the token of a local API. */
  readonly headers?: Readonly<Record<string, string>>
}

/** With TLS there is nothing else: `http:` is taken for a slip of the pen. */
const asParleyUrl = (text: string, isSecure: boolean): URL => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new ParleyError('USAGE', `Not an address: ${JSON.stringify(text.slice(0, 80))}`, {
      hint: 'Write https://host:port.',
    })
  }
  if (isSecure) url.protocol = 'https:'
  if (url.pathname === '/' || url.pathname === '') url.pathname = '/rpc'
  return url
}

const badAnswer = (url: URL, cause?: unknown): ParleyError =>
  new ParleyError('BAD_ANSWER', `${url.host} does not answer in JSON-RPC`, { cause })

/** What went wrong on the way, once the caller's own wishes are ruled out. */
const transportError = (thrown: unknown, url: URL): ParleyError => {
  if (thrown instanceof ParleyError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new ParleyError('TOO_LARGE', `The answer of ${url.host} is too large`, { cause: thrown })
  }
  if (thrown instanceof Error && thrown.name === 'HTTPParserError') return badAnswer(url, thrown)
  return networkError(thrown, url.host)
}

/** The result in an answer's text. Throws the remote's error, or BAD_ANSWER. */
const readAnswer = (text: string, id: number, url: URL): unknown => {
  const { batch, messages } = decodeFrame(text)
  const [answer] = messages
  if (batch || answer === undefined) throw badAnswer(url)
  if (answer.kind === 'result' && answer.id === id) return answer.result
  // An error without an id tells of a call that never came to be one.
  if (answer.kind === 'failure' && (answer.id === id || answer.id === null)) {
    throw wireToError(answer.error)
  }
  throw badAnswer(url)
}

export class RpcClient {
  readonly #options: RpcClientOptions
  readonly #security: PeerSecurity
  /** Connections by address and the key that is expected there, which they are proven to have. */
  readonly #agents = new Map<string, Agent>()
  #lastId = 0
  #isClosed = false

  constructor(options: RpcClientOptions = {}) {
    this.#options = options
    this.#security = options.security ?? plainSecurity
  }

  /**
   * Calls a method and resolves to its raw result. `url` is `https://host:port#pin`, with or
   * without `/rpc` and the pin, or `http:` where there is no security. Rejects with a ParleyError:
   * the remote's own, UNREACHABLE with `data.reason`, TIMEOUT, BAD_ANSWER (something else answers
   * there), WRONG_KEY, TOO_LARGE, INTERRUPTED (by the signal), USAGE (no such url).
   */
  async call(
    url: string,
    method: string,
    params: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<unknown> {
    const target = asParleyUrl(url, this.#security.isSecure)
    this.#lastId += 1
    const id = this.#lastId
    const text = await this.#post(target, encodeRequest(id, method, params), options)
    return readAnswer(text, id, target)
  }

  /** `call` with the types of a method; rejects with BAD_ANSWER if the result is not what it says. */
  async callMethod<M extends MethodSpec>(
    url: string,
    spec: M,
    params: CallParamsOf<M> & object,
    options: CallOptions = {},
  ): Promise<ResultOf<M>> {
    const result = await this.call(url, spec.name, params as Record<string, unknown>, options)
    return parseResult(spec, result)
  }

  /** Cuts what is under way and closes all connections. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()))
  }

  #agentFor({ origin, hash }: URL): Agent {
    if (this.#isClosed) throw new ParleyError('INTERRUPTED')
    const key = `${origin}${hash}`
    const known = this.#agents.get(key)
    if (known !== undefined) return known
    const { expect = () => expectAnybody } = this.#options
    const agent = new Agent({
      connections: this.#options.maxConnections ?? 8,
      pipelining: 1,
      keepAliveTimeout: 10_000,
      maxResponseSize: this.#options.maxAnswerBytes ?? MAX_ANSWER_BYTES,
      connect: this.#connector(hash === '' ? expect(origin) : expectPin(hash.slice(1))),
    })
    this.#agents.set(key, agent)
    return agent
  }

  /** Opens a connection, and hands it out only if it leads to whom it should. */
  #connector(expected: Expectation): buildConnector.connector {
    const tls = this.#security.clientTls({ withAuthorities: true })
    const connect = buildConnector({
      ...(tls as buildConnector.BuildOptions | null),
      allowH2: false,
      // A resumed session comes without a certificate.
      maxCachedSessions: 0,
      timeout: 5_000,
    })
    if (tls === null) return connect
    return (options, callback) =>
      connect(options, (...result) => {
        const [error, socket] = result
        if (error !== null) {
          callback(error, null)
          return
        }
        try {
          expected(this.#security.proof(socket))
        } catch (thrown) {
          socket.destroy()
          callback(thrown instanceof Error ? thrown : new Error(String(thrown)), null)
          return
        }
        callback(null, socket)
      })
  }

  async #post(url: URL, body: string, options: CallOptions): Promise<string> {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? 10_000
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal =
      options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
    try {
      const response: Dispatcher.ResponseData = await request(url, {
        dispatcher: this.#agentFor(url),
        method: 'POST',
        headers: { ...options.headers, 'content-type': 'application/json' },
        body,
        signal,
      })
      const bytes = new Uint8Array(await response.body.arrayBuffer())
      const text = decodeText(bytes, this.#options.maxAnswerBytes ?? MAX_ANSWER_BYTES)
      if (text instanceof ParleyError) throw badAnswer(url)
      return text
    } catch (thrown) {
      if (options.signal?.aborted === true) {
        throw new ParleyError('INTERRUPTED', undefined, { cause: thrown })
      }
      if (!timeout.aborted) throw transportError(thrown, url)
      const data = { address: url.host, reason: 'timeout', timeoutMs }
      throw new ParleyError('TIMEOUT', `${url.host} did not answer in time`, {
        data,
        cause: thrown,
      })
    }
  }
}
