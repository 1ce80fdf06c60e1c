import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { FakeNode } from '../fake-node.suite.ts'
import { startLocalApi, type LocalApi } from '../server.ts'
import { ask, cookieIn, newCookie, signIn, ticketOf } from './browser.suite.ts'

let folder: string
let pageFolder: string
let api: LocalApi

const start = (): Promise<LocalApi> =>
  startLocalApi({ node: new FakeNode(), dataDir: folder, pageFolder })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-web-'))
  pageFolder = join(folder, 'page')
  mkdirSync(join(pageFolder, 'assets'), { recursive: true })
  writeFileSync(join(pageFolder, 'index.html'), '<!doctype html><title>Parley</title>')
  writeFileSync(join(pageFolder, 'favicon.svg'), '<svg/>')
  writeFileSync(join(pageFolder, 'assets', 'index-abc.js'), 'export {}')
  writeFileSync(join(folder, 'secret.txt'), 'not for pages')
  api = await start()
})

afterEach(async () => {
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the files of the page', () => {
  test('are served with what browsers must know of them', async () => {
    const page = await ask(api.info.web, { path: '/' })
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('<title>Parley')])
    expect(page.headers['cache-control']).toBe('no-cache')
    expect(page.headers['content-security-policy']).toContain("require-trusted-types-for 'script'")
    expect(page.headers['content-security-policy']).not.toContain('unsafe')
    const script = await ask(api.info.web, { path: '/assets/index-abc.js' })
    expect(script.headers['content-type']).toMatch(/^text\/javascript/)
    expect(script.headers['cache-control']).toContain('immutable')
    const icon = await ask(api.info.web, { path: '/favicon.svg' })
    expect(icon.headers['content-type']).toBe('image/svg+xml')
  })

  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '//secret.txt',
    '/secret.txt',
    '/assets/',
    '/assets',
    '/index.html%00.js',
  ])('nothing outside of the folder answers to %s', async (path) => {
    const { status, text } = await ask(api.info.web, { path })
    expect(status).toBe(401)
    expect(text).not.toContain('not for pages')
  })

  test('a page that is missing is told of, and one that was built since is there', async () => {
    rmSync(pageFolder, { recursive: true })
    const missing = await ask(api.info.web, { path: '/' })
    expect(missing.status).toBe(200)
    expect(missing.text).toContain('npm run build')
    mkdirSync(pageFolder)
    writeFileSync(join(pageFolder, 'index.html'), 'built')
    expect((await ask(api.info.web, { path: '/' })).text).toBe('built')
  })
})

describe('signing in', () => {
  test('a ticket works once and gives a cookie that scripts do not see', async () => {
    const ticket = ticketOf(api.webLink().link)
    expect(ticket).toMatch(/^[\w-]{43}$/)
    const first = await signIn(api.info.web, ticket)
    expect(first.status).toBe(204)
    const port = new URL(api.info.web).port
    expect(first.headers['set-cookie']?.[0]).toMatch(
      new RegExp(`^parley_session_${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=`),
    )
    const second = await signIn(api.info.web, ticket)
    expect(second.status).toBe(401)
    expect(JSON.parse(second.text)).toMatchObject({
      error: { code: 'UNAUTHORIZED', hint: expect.stringContaining('parley web') },
    })
    expect(second.headers['set-cookie']).toBeUndefined()
  })

  test.each([
    ['{"ticket":"wrong"}', 401],
    ['{"ticket":5}', 400],
    ['{', 400],
    ['', 400],
    [`{"ticket":"${'x'.repeat(5_000)}"}`, 413],
  ])('%.20s is answered with %d', async (body, status) => {
    const answer = await ask(api.info.web, { method: 'POST', path: '/session', body })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: expect.any(String) } })
  })

  test('a session is known until it is ended, over a restart as well', async () => {
    const cookie = await newCookie(api)
    const known = async (): Promise<number> =>
      (await ask(api.info.web, { path: '/session', headers: { cookie } })).status
    expect(await known()).toBe(204)
    const before = api.info.web
    await api.close()
    api = await start()
    expect(api.info.web).toBe(before)
    expect(await known()).toBe(204)
    const ended = await ask(api.info.web, {
      method: 'DELETE',
      path: '/session',
      headers: { cookie },
    })
    expect([ended.status, cookieIn(ended).split('=')[1]]).toEqual([204, ''])
    expect(await known()).toBe(401)
  })

  test('what lies on the disk is for the owner alone and opens nothing', async () => {
    const cookie = await newCookie(api)
    const path = join(folder, 'web.json')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).not.toContain(cookie.split('=')[1])
    const { sessions } = JSON.parse(readFileSync(path, 'utf8')) as { sessions: [string, number][] }
    const forged = `${cookie.split('=')[0]}=${sessions[0]?.[0]}`
    const answer = await ask(api.info.web, { path: '/session', headers: { cookie: forged } })
    expect(answer.status).toBe(401)
  })

  test('the cookie is for the page, not for the local API of commands', async () => {
    const cookie = await newCookie(api)
    for (const [method, path] of [
      ['POST', '/rpc'],
      ['GET', '/messages?network=lobby'],
    ] as const) {
      expect((await ask(api.info.web, { method, path, headers: { cookie } })).status).toBe(401)
    }
    const other = cookie.replace(/_\d+=/, '_1=')
    expect((await ask(api.info.web, { path: '/session', headers: { cookie: other } })).status).toBe(
      401,
    )
  })
})

test('a link from elsewhere leads to the page, and to nothing else', async () => {
  const visit = {
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  }
  const cookie = await newCookie(api)
  const status = async (path: string, headers: Record<string, string>): Promise<number> =>
    (await ask(api.info.web, { path, headers })).status
  expect(await status('/', visit)).toBe(200)
  expect(await status('/', { ...visit, 'sec-fetch-dest': 'iframe' })).toBe(403)
  expect(await status('/', { ...visit, host: 'evil.example' })).toBe(403)
  expect(await status('/export?network=lobby', { ...visit, cookie })).toBe(403)
  expect(await status('/session', { ...visit, cookie })).toBe(403)
})
