import { createServer, type Socket } from 'node:net'

import { expect, onTestFinished, test } from 'vitest'

import { startRpcServer } from './http-server.ts'
import { client, echo, hang, outcomeOf, serve, testTable } from './test-server.suite.ts'

const post = async (url: string, body: string, type = 'application/json'): Promise<Response> =>
  fetch(`${url}/rpc`, { method: 'POST', headers: { 'content-type': type }, body })

/** A listener that does to each connection as told. */
const listen = async (onSocket: (socket: Socket) => void): Promise<string> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    sockets.forEach((socket) => socket.destroy())
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

test('a call goes there and its result comes back', async () => {
  const { url } = await serve()
  expect(await client().callMethod(url, echo, { text: 'héllo 👋' })).toEqual({ text: 'héllo 👋' })
})

test('a coded error comes back with its name, words and facts', async () => {
  const { url } = await serve()
  await expect(client().call(url, 'fail', { coded: true })).rejects.toMatchObject({
    code: 'NOT_LEADER',
    message: 'bob leads',
    data: { leader: 'bob' },
  })
})

test('a fault of the server comes back as INTERNAL and goes to its log', async () => {
  const faults: unknown[] = []
  const { url } = await serve({ onFault: (method, thrown) => faults.push([method, thrown]) })
  await expect(client().call(url, 'fail', { coded: false })).rejects.toMatchObject({
    code: 'INTERNAL',
    message: 'Internal error',
  })
  expect(faults).toEqual([['fail', new Error('internals')]])
})

test('errors of calls are HTTP 200, notifications 204, whatever the content type', async () => {
  const { url } = await serve()
  const bad = await post(url, '{', 'text/plain')
  expect([bad.status, await bad.json()]).toMatchObject([200, { error: { code: -32700 } }])
  const none = await post(url, '{"jsonrpc":"2.0","method":"nope"}', 'x/y')
  expect([none.status, await none.text()]).toEqual([204, ''])
  const empty = await fetch(`${url}/rpc`, { method: 'POST' })
  expect(await empty.json()).toMatchObject({ error: { code: -32700 } })
})

test('a person who opens the address reads what this is; elsewhere is nothing', async () => {
  const { url } = await serve({ about: 'Parley node alice' })
  expect(await (await fetch(url)).text()).toBe('Parley node alice\n')
  const other = await fetch(`${url}/other`)
  expect([other.status, await other.json()]).toMatchObject([404, { error: { code: -32600 } }])
})

test('a body over one mebibyte is refused with a code, announced or not', async () => {
  const { url } = await serve()
  const large = 'x'.repeat(1024 * 1024 + 1)
  const announced = await post(url, large)
  const expected = { error: { data: { code: 'TOO_LARGE' } } }
  expect([announced.status, await announced.json()]).toMatchObject([413, expected])
  const chunked = await fetch(`${url}/rpc`, {
    method: 'POST',
    body: new Blob([large]).stream(),
    duplex: 'half',
  })
  expect([chunked.status, await chunked.json()]).toMatchObject([413, expected])
})

test('a body of just under one mebibyte passes', async () => {
  const { url } = await serve()
  const text = 'x'.repeat(1024 * 1024 - 200)
  expect(await client().callMethod(url, echo, { text })).toEqual({ text })
})

test('nobody listens: refused, at once', async () => {
  const server = await serve()
  await server.close()
  expect(await outcomeOf(client().call(server.url, 'echo'))).toBe('refused')
})

test('the other end hangs up: reset', async () => {
  const url = await listen((socket) => socket.once('data', () => socket.destroy()))
  expect(await outcomeOf(client().call(url, 'echo'))).toBe('reset')
})

test('the other end says nothing: timeout', async () => {
  const url = await listen(() => {})
  expect(await outcomeOf(client().call(url, 'echo', {}, { timeoutMs: 30 }))).toBe('timeout')
})

test.each([
  ['another web server', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>', 'BAD_ANSWER'],
  ['no web server at all', 'SSH-2.0-OpenSSH\r\n', 'BAD_ANSWER'],
  [
    'an answer to another call',
    'HTTP/1.1 200 OK\r\nContent-Length: 39\r\n\r\n{"jsonrpc":"2.0","result":1,"id":99999}',
    'BAD_ANSWER',
  ],
  [
    'an answer without end',
    `HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n${'x'.repeat(2_000)}`,
    'TOO_LARGE',
  ],
])('%s is not taken for an answer', async (_, answer, code) => {
  const url = await listen((socket) => socket.once('data', () => socket.write(answer)))
  expect(await outcomeOf(client({ maxAnswerBytes: 1_000 }).call(url, 'echo'))).toBe(code)
})

test('a caller that gives up is interrupted, and a wrong address is named', async () => {
  const { url } = await serve()
  const wish = new AbortController()
  const call = client().callMethod(url, hang, {}, { signal: wish.signal })
  wish.abort()
  expect(await outcomeOf(call)).toBe('INTERRUPTED')
  expect(await outcomeOf(client().call('not a url', 'echo'))).toBe('USAGE')
})

test('a call that hangs is answered by the server in time', async () => {
  const { url } = await serve({ callTimeoutMs: 10 })
  expect(await outcomeOf(client().call(url, 'hang'))).toBe('TIMEOUT')
})

test('two servers cannot have one port, and the second is told so', async () => {
  const { listen: taken } = await serve()
  const second = startRpcServer({ listen: taken, table: testTable(), about: '' })
  await expect(second).rejects.toMatchObject({ code: 'ADDRESS_IN_USE', data: { address: taken } })
})

test('an address of another machine cannot be listened on', async () => {
  const elsewhere = startRpcServer({ listen: '192.0.2.1:0', table: testTable(), about: '' })
  await expect(elsewhere).rejects.toMatchObject({ code: 'ADDRESS_UNAVAILABLE' })
})

test('a server listens on IPv6, written in brackets', async () => {
  const { listen: address, url } = await serve({ listen: '[::1]:0' })
  expect(address).toMatch(/^\[::1\]:\d+$/)
  expect(await client().callMethod(url, echo, { text: 'six' })).toEqual({ text: 'six' })
})

test('closing takes less than a second while calls hang and connections idle', async () => {
  const server = await serve()
  const hanging = outcomeOf(client().call(server.url, 'hang'))
  await client().call(server.url, 'echo', { text: '' })
  const started = performance.now()
  await server.close()
  expect(performance.now() - started).toBeLessThan(1_000)
  expect(await hanging).toBe('reset')
})
