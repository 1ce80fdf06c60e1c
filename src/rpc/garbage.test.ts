/** Everything that has no business on the port, against a real server that must outlive it. */
import { connect } from 'node:net'

import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { RpcClient } from './http-client.ts'
import { startRpcServer, type RpcServer } from './http-server.ts'
import { echo, serve, testTable } from './test-server.suite.ts'

let server: RpcServer
const caller = new RpcClient()
const faults: unknown[] = []

beforeAll(async () => {
  server = await startRpcServer({
    listen: '127.0.0.1:0',
    table: testTable(),
    about: 'a test',
    onFault: (...fault) => faults.push(fault),
  })
})
afterAll(async () => {
  await caller.close()
  await server.close()
})

const isWell = async (): Promise<void> => {
  expect(await caller.callMethod(server.url, echo, { text: 'well' })).toEqual({ text: 'well' })
  expect(faults).toEqual([])
}

/** Sends bytes as they are and resolves to all that comes back until the connection ends. */
const sendRaw = (address: string, bytes: Uint8Array | string, isHalf = false): Promise<string> =>
  new Promise((resolve) => {
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host)
    let heard = ''
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(heard))
    if (isHalf) socket.write(bytes)
    else socket.end(bytes)
  })

const postRaw = async (body: string | Uint8Array): Promise<{ status: number; code: unknown }> => {
  const response = await fetch(`${server.url}/rpc`, { method: 'POST', body: Buffer.from(body) })
  const answer = (await response.json()) as { error?: { data?: { code?: unknown } } }
  return { status: response.status, code: answer.error?.data?.code }
}

test('random bytes on the port', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
      const heard = await sendRaw(server.listen, bytes)
      expect(heard === '' || heard.startsWith('HTTP/1.1 4')).toBe(true)
    }),
    { numRuns: 50 },
  )
  await isWell()
})

test('a TLS hello, a foreign protocol, a broken request line get a coded 400', async () => {
  for (const text of ['\u0016\u0003\u0001\u0002', 'SSH-2.0-x\r\n', 'GET\r\n\r\n']) {
    const heard = await sendRaw(server.listen, text)
    expect(heard).toMatch(/^HTTP\/1\.1 400 .*"code":"INVALID_REQUEST"/s)
  }
  await isWell()
})

test('random bytes as a body', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
      const { status, code } = await postRaw(Uint8Array.of(0x80, ...bytes))
      expect([status, code]).toEqual([200, 'PARSE_ERROR'])
    }),
    { numRuns: 50 },
  )
  await isWell()
})

test.each([
  ['JSON 100,000 deep', '['.repeat(100_000), 200, 'TOO_LARGE'],
  ['objects 100,000 deep', '{"a":'.repeat(100_000), 200, 'TOO_LARGE'],
  ['a batch of 10,000', `[${'1,'.repeat(9_999)}1]`, 200, 'TOO_LARGE'],
  ['twenty megabytes', 'x'.repeat(20_000_000), 413, 'TOO_LARGE'],
  ['a text, not a call', '"hello"', 200, 'INVALID_REQUEST'],
  ['an unknown method', '{"jsonrpc":"2.0","method":"x","id":1}', 200, 'METHOD_NOT_FOUND'],
  [
    'a type that is wrong',
    '{"jsonrpc":"2.0","method":"echo","params":{"text":1},"id":1}',
    200,
    'INVALID_PARAMS',
  ],
  [
    'a name too many',
    '{"jsonrpc":"2.0","method":"echo","params":{"text":"","x":1},"id":1}',
    200,
    'INVALID_PARAMS',
  ],
  [
    'parameters by position',
    '{"jsonrpc":"2.0","method":"echo","params":["x"],"id":1}',
    200,
    'INVALID_PARAMS',
  ],
])('%s gets a code', async (_, body, status, code) => {
  expect(await postRaw(body)).toEqual({ status, code })
  await isWell()
})

test('headers without end, a strange path, a strange method', async () => {
  const long = await sendRaw(server.listen, `GET / HTTP/1.1\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`)
  expect(long).toMatch(/^HTTP\/1\.1 4/)
  const path = await sendRaw(server.listen, 'GET /%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(path).toMatch(/^HTTP\/1\.1 400 .*INVALID_REQUEST/s)
  const verb = await sendRaw(server.listen, 'DELETE /rpc HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(verb).toMatch(/^HTTP\/1\.1 404 .*INVALID_REQUEST/s)
  await isWell()
})

test('an upgrade that is none, or elsewhere', async () => {
  const upgrade = 'HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  expect(await sendRaw(server.listen, `GET /rpc ${upgrade}`)).toMatch(/^HTTP\/1\.1 400/)
  expect(await sendRaw(server.listen, `GET /other ${upgrade}`)).toMatch(/^HTTP\/1\.1 404/)
  await isWell()
})

test('a request that arrives too slowly is cut off', async () => {
  const slow = await serve({ headersTimeoutMs: 50, requestTimeoutMs: 100 })
  expect(await sendRaw(slow.listen, 'POST /rpc HTTP/1.1\r\nHost', true)).toMatch(/^HTTP\/1\.1 408/)
  const head = 'POST /rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'
  expect(await sendRaw(slow.listen, head, true)).toMatch(/^HTTP\/1\.1 408 .*TIMEOUT/s)
})

test('more connections than allowed are not taken', async () => {
  const small = await serve({ door: { maxConnections: 1 }, headersTimeoutMs: 100 })
  const first = sendRaw(small.listen, 'GET', true)
  expect(await sendRaw(small.listen, 'GET', true)).toBe('')
  expect(await first).toMatch(/^HTTP\/1\.1 408/)
})

test('bodies that together hold too much memory are put off', async () => {
  const small = await serve({ maxTotalBodyBytes: 1_000 })
  const post = (bytes: number): Promise<Response> =>
    fetch(`${small.url}/rpc`, { method: 'POST', body: 'x'.repeat(bytes) })
  const refused = await post(2_000)
  expect(refused.status).toBe(503)
  expect(await refused.json()).toMatchObject({ error: { data: { code: 'BUSY' } } })
  for (let i = 0; i < 5; i += 1) expect((await post(900)).status).toBe(200)
})
