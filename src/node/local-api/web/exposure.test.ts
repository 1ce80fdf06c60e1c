import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'

import { hashPassword } from '../../../crypto/password.ts'
import { newWebCertificate } from '../../../crypto/web-certificate.ts'
import { FakeNode } from '../fake-node.suite.ts'
import { startLocalApi, type LocalApi } from '../server.ts'
import { cookieIn, ticketOf, type Answer } from './browser.suite.ts'
import { onlyHere, type WebExposure } from './exposure.ts'
import { PasswordDoor, setWebPassword } from './password-door.ts'

/** Every address of 127.0.0.0/8 is this machine's; for the node only 127.0.0.1 is. */
const ELSEWHERE = '127.0.0.2:0'
const PASSWORD = 'correct horse battery'

let folder: string
const started: LocalApi[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-public-'))
})

afterEach(async () => {
  await Promise.all(started.splice(0).map((api) => api.close()))
  rmSync(folder, { recursive: true, force: true })
})

/** A hash that costs next to nothing. */
const writePassword = async (): Promise<void> =>
  writeFileSync(join(folder, 'web-password'), await hashPassword(PASSWORD, 4))

const start = async (exposure: Partial<WebExposure> = {}): Promise<LocalApi> => {
  const api = await startLocalApi({
    node: new FakeNode(),
    dataDir: folder,
    pageFolder: join(folder, 'none'),
    web: ELSEWHERE,
    exposure: { ...onlyHere, isPublic: true, ...exposure },
  })
  started.push(api)
  return api
}

interface Told extends Answer {
  readonly fingerprint: string
}

const ask = (
  api: LocalApi,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Told> =>
  new Promise((resolve, reject) => {
    const { port, host } = new URL(api.info.web)
    const sent = request(
      {
        host: '127.0.0.2',
        port,
        method,
        path,
        headers: { host, ...headers },
        agent: false,
        rejectUnauthorized: false,
      },
      (response) => {
        const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate()
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text,
            headers: response.headers,
            fingerprint: fingerprint256,
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })

const login = (api: LocalApi, password: string): Promise<Told> =>
  ask(api, 'POST', '/session', {}, JSON.stringify({ password }))

describe('a page that others can reach', () => {
  test('has to be asked for, and needs a password', async () => {
    await expect(start({ isPublic: false })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(start()).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      hint: expect.stringContaining('--set-password'),
    })
    writeFileSync(join(folder, 'web-password'), 'correct horse battery')
    await expect(start()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await writePassword()
    await expect(start({ certFile: 'x' })).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('speaks TLS with a certificate that stays the same, and nothing else', async () => {
    await writePassword()
    const first = await start()
    const { link, fingerprint } = first.webLink()
    expect(link).toMatch(/^https:\/\/127\.0\.0\.2:\d+\/#ticket=/)
    const page = await ask(first, 'GET', '/')
    expect([page.status, page.fingerprint]).toEqual([200, fingerprint])
    expect(statSync(join(folder, 'web-tls.json')).mode & 0o777).toBe(0o600)
    const { port } = new URL(first.info.web)
    const plain = await new Promise<string>((resolve) => {
      let got = ''
      const socket = connect(Number(port), '127.0.0.2', () =>
        socket.write('GET / HTTP/1.1\r\n\r\n'),
      )
      socket.on('data', (chunk: Buffer) => (got += chunk.toString()))
      socket.on('close', () => resolve(got))
    })
    expect(plain).toContain('TLS_REQUIRED')
    await first.close()
    expect((await start()).webLink().fingerprint).toBe(fingerprint)
  })

  test('takes a certificate with its key, and names it is told', async () => {
    await writePassword()
    const { cert, key } = newWebCertificate(['chat.example'], Date.now())
    const [certFile, keyFile] = [join(folder, 'c.pem'), join(folder, 'k.pem')]
    writeFileSync(certFile, cert)
    writeFileSync(keyFile, key)
    const api = await start({ certFile, keyFile, hosts: ['Chat.Example'] })
    expect(api.webLink()).toMatchObject({
      link: expect.stringContaining('https://chat.example:'),
      fingerprint: null,
    })
    expect((await ask(api, 'GET', '/')).status).toBe(200)
    expect((await ask(api, 'GET', '/', { host: 'other.example' })).status).toBe(403)
    await api.close()
    writeFileSync(keyFile, newWebCertificate(['chat.example'], Date.now()).key)
    await expect(start({ certFile, keyFile })).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('is opened by the password or by a link, and the cookie travels over TLS only', async () => {
    await writePassword()
    const api = await start()
    const locked = await ask(api, 'GET', '/session')
    expect(JSON.parse(locked.text)).toMatchObject({
      error: { code: 'UNAUTHORIZED', data: { password: true } },
    })
    expect((await login(api, 'wrong horse')).status).toBe(401)
    const opened = await login(api, PASSWORD)
    expect([opened.status, opened.headers['set-cookie']?.[0]]).toEqual([
      204,
      expect.stringMatching(/; Secure$/),
    ])
    const body = JSON.stringify({ ticket: ticketOf(api.webLink().link) })
    expect((await ask(api, 'POST', '/session', {}, body)).status).toBe(204)
    const { origin } = new URL(api.info.web)
    const headers = { cookie: cookieIn(opened), origin }
    const socket = new WebSocket(`${api.info.web.replace(/^http/, 'ws')}live`, {
      headers,
      rejectUnauthorized: false,
    })
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    socket.terminate()
  })

  test('does not serve what commands use, not even with the token', async () => {
    await writePassword()
    const api = await start()
    const headers = { authorization: `Bearer ${api.info.token}` }
    const call = '{"jsonrpc":"2.0","id":1,"method":"status"}'
    expect((await ask(api, 'POST', '/rpc', headers, call)).status).toBe(404)
    expect((await ask(api, 'GET', '/messages?network=lobby', headers)).status).toBe(404)
  })
})

test('on this machine alone a password opens nothing', async () => {
  await writePassword()
  const api = await startLocalApi({ node: new FakeNode(), dataDir: folder })
  started.push(api)
  const answer = await fetch(`${api.info.web}session`, {
    method: 'POST',
    body: JSON.stringify({ password: PASSWORD }),
  })
  expect(answer.status).toBe(401)
})

test('passwords are guessed slowly, from one address and from all together', async () => {
  await writePassword()
  let now = 0
  const door = new PasswordDoor(folder, () => now)
  const codeFrom = async (address: string, password = 'wrong'): Promise<unknown> => {
    try {
      await door.check(password, address)
      return null
    } catch (thrown) {
      return (thrown as { code: string }).code
    }
  }
  for (let count = 0; count < 5; count += 1) expect(await codeFrom('10.0.0.1')).toBe('UNAUTHORIZED')
  expect(await codeFrom('10.0.0.1', PASSWORD)).toBe('RATE_LIMITED')
  expect(await codeFrom('10.0.0.2', PASSWORD)).toBeNull()
  now += 10_000
  expect(await codeFrom('10.0.0.1', PASSWORD)).toBeNull()
  const many = Array.from({ length: 100 }, (_, index) => `10.0.1.${index}`)
  const codes: unknown[] = []
  for (const address of many) codes.push(await codeFrom(address))
  expect(codes.filter((code) => code === 'RATE_LIMITED').length).toBeGreaterThan(60)
})

test('a password that is set lies on the disk as a hash, and a short one is refused', async () => {
  await expect(setWebPassword(folder, 'short')).rejects.toMatchObject({ code: 'USAGE' })
  await setWebPassword(folder, PASSWORD)
  const path = join(folder, 'web-password')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await new PasswordDoor(folder).check(PASSWORD, '10.0.0.1')
})
