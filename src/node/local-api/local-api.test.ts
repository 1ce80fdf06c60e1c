import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { ParleyError } from '../../rpc/errors.ts'
import { LocalClient } from './client.ts'
import { FakeNode } from './fake-node.suite.ts'
import { infoPath, readInfo, writeInfo } from './info-file.ts'
import { startLocalApi, type LocalApi } from './server.ts'

let folder: string
let node: FakeNode
let api: LocalApi

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-local-'))
  node = new FakeNode()
  api = await startLocalApi({ node, dataDir: folder })
})

afterEach(async () => {
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'none'
  } catch (error) {
    return error instanceof ParleyError ? error.code : String(error)
  }
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** A request to the loopback port with exactly these headers. */
const ask = (
  path: string,
  headers: Record<string, string>,
  body = '',
  method = 'POST',
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.info.web)
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })

const statusCall = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status' })

describe('finding the node', () => {
  test('the info file is for its owner only and goes away with the node', async () => {
    expect(statSync(infoPath(folder)).mode & 0o777).toBe(0o600)
    expect(statSync(api.info.socket).mode & 0o777).toBe(0o600)
    expect(api.info.token).toMatch(/^[\w-]{43}$/)
    await api.close()
    expect(readInfo(folder)).toBeNull()
  })

  test('no file, a dead process and a dead socket all mean that no node runs', async () => {
    const client = new LocalClient(folder)
    await api.close()
    expect(await codeOf(client.call('status', {}))).toBe('NO_NODE')
    expect(() => new LocalClient(folder)).toThrow(/No node is running/)
    writeInfo(folder, { ...api.info, pid: 2 ** 22 + 1 })
    expect(() => new LocalClient(folder)).toThrow(/No node is running/)
    writeFileSync(infoPath(folder), '{"pid": "x"')
    expect(() => new LocalClient(folder)).toThrow(/No node is running/)
  })

  test('a data folder with a long path has its socket elsewhere, in a private folder', async () => {
    const deep = join(folder, 'd'.repeat(100))
    mkdirSync(deep)
    const other = await startLocalApi({ node, dataDir: deep })
    expect(Buffer.byteLength(other.info.socket)).toBeLessThan(100)
    expect(statSync(join(other.info.socket, '..')).mode & 0o777).toBe(0o700)
    expect((await new LocalClient(deep).call('status', {})).node.name).toBe(node.name)
    await other.close()
    expect(() => statSync(join(other.info.socket, '..'))).toThrow(/ENOENT/)
  })

  test('what a killed node left behind does not stop the next one', async () => {
    const leftBehind = readFileSync(infoPath(folder), 'utf8')
    await api.close()
    writeFileSync(infoPath(folder), leftBehind)
    writeFileSync(api.info.socket, '')
    api = await startLocalApi({ node, dataDir: folder })
    expect((await new LocalClient(folder).call('status', {})).node.name).toBe(node.name)
  })
})

describe('calling', () => {
  test('methods give what the node gives', async () => {
    const client = new LocalClient(folder)
    const sent = await client.call('send', { network: 'lobby', text: 'hello', wait: 'all' })
    expect(sent.message).toMatchObject({ position: 1, storedBy: 1, of: 1 })
    const { messages } = await client.call('history', { network: 'lobby' })
    expect(messages.map(({ text }) => text)).toEqual(['hello'])
    expect(await client.call('members', { network: 'lobby' })).toMatchObject({ leader: 0 })
    expect(await client.call('kick', { network: 'lobby', member: 'x' })).toEqual({ ok: true })
  })

  test('messages are found page by page, and what was read is noted', async () => {
    const client = new LocalClient(folder)
    for (const text of ['tea 1', 'coffee', 'tea 2', 'tea 3']) node.deliver(text)
    const search = async (before?: number): Promise<readonly number[]> => {
      const page = { network: 'lobby', query: 'tea', limit: 2, ...(before ? { before } : {}) }
      return (await client.call('search', page)).messages.map(({ position }) => position)
    }
    expect(await search()).toEqual([3, 4])
    expect(await search(3)).toEqual([1])
    await client.call('mark_read', { network: 'lobby', position: 3 })
    expect(node.readUpTo).toBe(3)
    await client.call('mark_read', { network: 'lobby' })
    expect(node.readUpTo).toBe(4)
  })

  test('many messages keep their order, and each fails by itself', async () => {
    const client = new LocalClient(folder)
    const texts = ['one', 'x'.repeat(65_537), 'three']
    const { results } = await client.call('send_many', { network: 'lobby', texts })
    expect(results).toMatchObject([
      { message: { position: 1 } },
      { error: { code: 'TOO_LARGE' } },
      { message: { position: 2 } },
    ])
    expect(node.messages.map(({ text }) => text)).toEqual(['one', 'three'])
  })

  test('errors arrive with their code, and faults of ours without their details', async () => {
    const client = new LocalClient(folder)
    expect(await codeOf(client.call('create', { name: 'taken' }))).toBe('NAME_TAKEN')
    expect(await codeOf(client.call('members', { network: 'nowhere' }))).toBe('NETWORK_NOT_FOUND')
    expect(await codeOf(client.call('members', { network: '' }))).toBe('INVALID_PARAMS')
    const fault = client.call('create', { name: 'broken' })
    await expect(fault).rejects.toMatchObject({ code: 'INTERNAL', message: 'Internal error' })
  })

  test('a caller that gives up is told so', async () => {
    const client = new LocalClient(folder)
    const signal = AbortSignal.abort()
    expect(await codeOf(client.call('status', {}, { signal }))).toBe('INTERRUPTED')
  })
})

describe('who may ask', () => {
  const bearer = (): Record<string, string> => ({ authorization: `Bearer ${api.info.token}` })

  test('the loopback port wants the token', async () => {
    expect((await ask('/rpc', {}, statusCall)).status).toBe(401)
    expect((await ask('/rpc', { authorization: 'Bearer wrong' }, statusCall)).status).toBe(401)
    const good = await ask('/rpc', bearer(), statusCall)
    expect(good.status).toBe(200)
    expect(JSON.parse(good.text)).toMatchObject({ result: { node: { listen: node.listen } } })
  })

  test('so does the socket', async () => {
    const stranger = new LocalClient(folder)
    Object.assign(stranger.info, { token: 'x'.repeat(43) })
    expect(await codeOf(stranger.call('status', {}))).toBe('UNAUTHORIZED')
  })

  test.each([
    { host: 'evil.example' },
    { host: '127.0.0.1:1' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ])('a browser that came with %j is turned away, token or not', async (headers) => {
    const answer = await ask('/rpc', { ...bearer(), ...headers }, statusCall)
    expect(answer.status).toBe(403)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { data: { code: 'REFUSED' } } })
  })

  test('without a built page, what is served needs no token, and a name is text', async () => {
    await api.close()
    api = await startLocalApi({ node, dataDir: folder, pageFolder: join(folder, 'none') })
    const page = await ask('/', {}, '', 'GET')
    expect(page.status).toBe(200)
    expect(page.text).toContain('alice &lt;b&gt;')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(page.text).not.toContain(api.info.token)
  })

  test('an address that others could reach is refused', async () => {
    const open = startLocalApi({ node, dataDir: folder, web: '0.0.0.0:0' })
    await expect(open).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('garbage', () => {
  const bearer = (): Record<string, string> => ({ authorization: `Bearer ${api.info.token}` })

  test('bytes that are no HTTP get an answer and are cut off', async () => {
    const port = Number(new URL(api.info.web).port)
    const text = await new Promise<string>((resolve) => {
      let got = ''
      const socket = connect(port, '127.0.0.1', () => socket.write('\x00\x01garbage\r\n\r\n'))
      socket.on('data', (chunk: Buffer) => (got += chunk.toString()))
      socket.on('close', () => resolve(got))
    })
    expect(text).toContain('400')
    expect(text).toContain('-32600')
  })

  test.each([
    ['{', 'PARSE_ERROR'],
    ['[]', 'INVALID_REQUEST'],
    ['['.repeat(10_000), 'TOO_LARGE'],
    [`[${Array.from({ length: 10_000 }, () => '1').join(',')}]`, 'TOO_LARGE'],
    ['{"jsonrpc":"2.0","id":1,"method":"nothing"}', 'METHOD_NOT_FOUND'],
    ['{"jsonrpc":"2.0","id":1,"method":"members","params":{"network":5}}', 'INVALID_PARAMS'],
    ['{"jsonrpc":"2.0","id":1,"method":"status","params":{"more":1}}', 'INVALID_PARAMS'],
    ['x'.repeat(2_000_000), 'TOO_LARGE'],
  ])('%.40s is answered with %s', async (body, code) => {
    const answer = await ask('/rpc', bearer(), body)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { data: { code } } })
  })

  test('paths that are not there, and streams of networks that are not', async () => {
    expect((await ask('/other', bearer())).status).toBe(404)
    expect((await ask('/messages?network=nowhere', bearer(), '', 'GET')).status).toBe(404)
    expect((await ask('/messages?network=lobby&from=x', bearer(), '', 'GET')).status).toBe(400)
  })
})
