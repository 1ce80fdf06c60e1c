/**
 * The other end of the local API, for commands: finds the running node by its data folder and asks
 * it. Loads nothing but `node:http`, so that a command answers at once.
 */
import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'

import { isErrorCode, ParleyError } from '../../rpc/errors.ts'
import { wireToError, isWireError } from '../../rpc/wire-error.ts'
import { isRunning, readInfo } from './info-file.ts'
import type { LocalMethod, LocalMethods, NodeInfo, StreamLine, StreamQuery } from './types.ts'

export interface LocalCallOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

const noNode = (dataDir: string): ParleyError =>
  new ParleyError('NO_NODE', `No node is running for ${dataDir}`)

/** What an error of the connection means: whoever wrote the file is gone, or went just now. */
const goneError = (error: Error & { code?: string }, dataDir: string): ParleyError => {
  if (error.name === 'AbortError') return new ParleyError('INTERRUPTED')
  if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') return noNode(dataDir)
  if (error.code === 'EACCES') return new ParleyError('UNAUTHORIZED')
  return new ParleyError('NO_NODE', 'The node stopped before it answered', { cause: error })
}

const badAnswer = (): ParleyError =>
  new ParleyError('BAD_ANSWER', 'What runs there does not answer like a node')

const bodyOf = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** The result in an answer. Its shape is trusted: a node of this user, found by a file of theirs. */
const resultOf = (text: string): unknown => {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    throw badAnswer()
  }
  if (typeof answer !== 'object' || answer === null) throw badAnswer()
  if ('error' in answer && isWireError(answer.error)) throw wireToError(answer.error)
  if (!('result' in answer)) throw badAnswer()
  return answer.result
}

/** A connection to the node of one data folder. */
export class LocalClient {
  readonly info: NodeInfo
  readonly #dataDir: string
  #lastId = 0

  /** Throws NO_NODE if none runs for this folder. */
  constructor(dataDir: string) {
    const info = readInfo(dataDir)
    if (info === null || !isRunning(info.pid)) throw noNode(dataDir)
    this.info = info
    this.#dataDir = dataDir
  }

  /**
   * Calls a method. Rejects with the node's own error, NO_NODE, TIMEOUT, UNAUTHORIZED, INTERRUPTED,
   * BAD_ANSWER.
   */
  async call<M extends LocalMethod>(
    method: M,
    params: LocalMethods[M]['params'],
    options: LocalCallOptions = {},
  ): Promise<LocalMethods[M]['result']> {
    this.#lastId += 1
    const body = JSON.stringify({ jsonrpc: '2.0', id: this.#lastId, method, params })
    const timeoutMs = options.timeoutMs ?? 10_000
    const timeout = AbortSignal.timeout(timeoutMs)
    const signals = options.signal === undefined ? [timeout] : [timeout, options.signal]
    try {
      const response = await this.#request('POST', '/rpc', AbortSignal.any(signals), body)
      return resultOf(await bodyOf(response)) as LocalMethods[M]['result']
    } catch (thrown) {
      if (timeout.aborted && options.signal?.aborted !== true) {
        throw new ParleyError('TIMEOUT', `The node did not answer within ${timeoutMs} ms`)
      }
      if (thrown instanceof ParleyError || !(thrown instanceof Error)) throw thrown
      throw goneError(thrown, this.#dataDir)
    }
  }

  /**
   * Reads messages, and events if `follow` is set, until the end. Throws the error that the stream
   * ended with, NO_NODE if the node went away.
   */
  async *messages(query: StreamQuery, signal?: AbortSignal): AsyncGenerator<StreamLine, void> {
    const given = Object.entries(query).map(([key, value]) => [key, String(value)])
    const path = `/messages?${new URLSearchParams(Object.fromEntries(given)).toString()}`
    let response: IncomingMessage | null = null
    try {
      response = await this.#request('GET', path, signal)
      if (response.statusCode !== 200) throw asError(resultOfSafely(await bodyOf(response)))
      response.on('error', () => {})
      for await (const text of createInterface({ input: response, crlfDelay: Infinity })) {
        const line = JSON.parse(text) as StreamLine
        if ('event' in line && line.event === 'end') throw endError(line)
        yield line
      }
      // A line reader takes a connection that broke for the end of the text.
      if (!response.complete) throw new Error('cut')
    } catch (thrown) {
      if (thrown instanceof ParleyError || !(thrown instanceof Error)) throw thrown
      throw goneError(thrown, this.#dataDir)
    } finally {
      // Also for readers that have seen enough.
      response?.destroy()
    }
  }

  /** Reads a network's whole history, as `parley export` prints it, in pieces of any size. */
  async *export(network: string, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
    try {
      const path = `/export?${new URLSearchParams({ network }).toString()}`
      const response = await this.#request('GET', path, signal)
      if (response.statusCode !== 200) throw asError(resultOfSafely(await bodyOf(response)))
      response.on('error', () => response.destroy())
      for await (const chunk of response) yield chunk as Buffer
      if (!response.complete) throw new Error('cut')
    } catch (thrown) {
      if (thrown instanceof ParleyError || !(thrown instanceof Error)) throw thrown
      throw goneError(thrown, this.#dataDir)
    }
  }

  #request(
    method: 'GET' | 'POST',
    path: string,
    signal: AbortSignal | undefined,
    body = '',
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const headers = {
      authorization: `Bearer ${this.info.token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    const target = { socketPath: this.info.socket, method, path, headers, agent: false } as const
    // An import statement would load all that the module can give, a WebSocket client included, and
    // that takes longer than everything else a command does.
    const http = process.getBuiltinModule('node:http')
    const request = http.request(signal === undefined ? target : { ...target, signal })
    request.once('response', resolve)
    request.on('error', reject)
    request.end(body)
    return promise
  }
}

const resultOfSafely = (text: string): unknown => {
  try {
    return resultOf(text)
  } catch (thrown) {
    return thrown
  }
}

const asError = (thrown: unknown): ParleyError =>
  thrown instanceof ParleyError ? thrown : badAnswer()

const endError = ({ code, message, hint }: { code: string; message: string; hint: string }) =>
  code === 'UNREACHABLE'
    ? new ParleyError('NO_NODE', message)
    : new ParleyError(isErrorCode(code) ? code : 'INTERNAL', message, { hint })
