/** What nobody should send, and what came back. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent as PlainAgent, request as requestPlainly } from 'node:http'
import { Agent, request } from 'node:https'
import { connect } from 'node:net'

import { Identity } from '../../../src/crypto/identity.ts'

export interface Reply {
  readonly status: number
  readonly body: string
}

/** Sends bytes as they are; resolves to what came back until the other end closed, or time is up. */
export const sendBytes = (address: string, bytes: Uint8Array, waitMs = 3_000): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(`http://${address}`)
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    const end = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    const timer = setTimeout(end, waitMs)
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      // An answer is enough; whether the connection is kept is not the question.
      if (chunks.length === 1) setTimeout(end, 50)
    })
    socket.on('error', end)
    socket.on('close', end)
  })

/** Somebody with a key, as every node is, and like every new node known to nobody. */
const somebody = Identity.generate().tlsPair()

export interface PostOptions {
  readonly headers?: Record<string, string>
  /** Key and certificate to show: somebody's unless told; null to show none, like `curl -k`. */
  readonly pair?: { readonly key: string; readonly cert: string } | null
}

export const post = (
  url: string,
  body: string,
  { headers = {}, pair = somebody }: PostOptions = {},
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const target = new URL(url)
    const isSecure = target.protocol === 'https:'
    // A connection that is to be closed after the answer is closed on whoever still sends.
    const agent = new (isSecure ? Agent : PlainAgent)({ keepAlive: true })
    const settings = {
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...headers,
      },
    } as const
    const tls = { ...pair, rejectUnauthorized: false }
    const asked = isSecure
      ? request(target, { ...settings, ...tls })
      : requestPlainly(target, settings)
    asked.on('error', reject)
    asked.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: text })
        agent.destroy()
      })
    })
    asked.end(body)
  })

/** A call as the text of a body. */
export const callText = (method: string, params: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })

/** The code of a coded error; of a batch, of its first. */
export const codeIn = ({ body }: Reply): string => {
  const answer: unknown = JSON.parse(body)
  const [first = answer] = Array.isArray(answer) ? (answer as unknown[]) : [answer]
  const { error } = first as { error?: { data?: { code?: string } } }
  return error?.data?.code ?? 'none'
}

const goodCalls = (count: number): string =>
  Array.from({ length: count }, () => callText('rpc.discover', {})).join(',')

/** Bodies, and the code that each must be answered with, whoever is asked. */
export const badBodies = (): readonly (readonly [string, string, string])[] => [
  ['random bytes', randomBytes(5_000).toString('latin1'), 'PARSE_ERROR'],
  ['half a text', '{"jsonrpc":"2.0","id":1,"meth', 'PARSE_ERROR'],
  ['deep JSON', '['.repeat(200_000), 'TOO_LARGE'],
  ['deep and whole JSON', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 'TOO_LARGE'],
  ['a huge body', `"${'x'.repeat(8_000_000)}"`, 'TOO_LARGE'],
  ['a number', '5', 'INVALID_REQUEST'],
  ['no method', '{"jsonrpc":"2.0","id":1}', 'INVALID_REQUEST'],
  ['a method that is a list', '{"jsonrpc":"2.0","id":1,"method":[]}', 'INVALID_REQUEST'],
  ['an unknown method', callText('no_such_method', {}), 'METHOD_NOT_FOUND'],
  ['a method of objects', callText('__proto__', {}), 'METHOD_NOT_FOUND'],
  ['params of the wrong type', callText('rpc.discover', { x: 1 }), 'INVALID_PARAMS'],
  ['10,000 calls in a batch', `[${'1,'.repeat(9_999)}1]`, 'TOO_LARGE'],
  ['10,000 good calls in a batch', `[${goodCalls(10_000)}]`, 'TOO_LARGE'],
]

/** Memory that a process has in RAM, in MiB. */
export const residentMib = (pid: number): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024
}
