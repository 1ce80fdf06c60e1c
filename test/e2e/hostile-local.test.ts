// What pages in a browser, and other users of the same machine, reach of a running node.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import {
  ask as askPage,
  cookieIn,
  Page,
  signIn,
  ticketOf,
} from '../../src/node/local-api/web/browser.suite.ts'
import { root } from '../tidy/source.ts'
import { report } from './harness/checks.ts'
import { useScene, type Member } from './harness/scene.ts'

const scene = useScene()

const STATUS = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status' })

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: NodeJS.Dict<string | string[]>
}

/** As a browser would ask the loopback port: it sets these headers itself, no page can. */
const ask = (
  member: Member,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(member.ready.web)
    const asked = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
      )
    })
    asked.on('error', reject)
    asked.end(method === 'POST' ? STATUS : '')
  })

test('a page of another origin, and a name that was bent to point here, get nothing', async () => {
  const alice = await scene().member('alice')
  const { token } = alice.client().info
  const bearer = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const { host, port } = new URL(alice.ready.web)
  const own = await ask(alice, 'POST', '/rpc', { ...bearer, host, origin: `http://${host}` })
  expect(own.status).toBe(200)
  // Even with the token, which no page has.
  const attempts: Record<string, string>[] = [
    { host, origin: 'http://evil.example' },
    { host, origin: `http://evil.example:${port}` },
    { host, origin: `https://${host}` },
    { host, origin: 'null' },
    { host, 'sec-fetch-site': 'cross-site' },
    { host: `evil.example:${port}` },
    { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
    { host: `127.0.0.1.evil.example:${port}` },
    { host: '127.0.0.1' },
    { host: `0.0.0.0:${port}` },
  ]
  for (const headers of attempts) {
    for (const [method, path] of [
      ['POST', '/rpc'],
      ['GET', '/messages?network=lobby'],
      ['GET', '/'],
      ['GET', '/session'],
      ['POST', '/session'],
      ['DELETE', '/session'],
      ['GET', '/export?network=lobby'],
      ['OPTIONS', '/rpc'],
    ] as const) {
      const {
        status,
        body,
        headers: got,
      } = await ask(alice, method, path, {
        ...bearer,
        ...headers,
      })
      expect([status, body], `${method} ${path} ${JSON.stringify(headers)}`).toEqual([
        403,
        expect.stringContaining('"code":"REFUSED"'),
      ])
      expect(got['access-control-allow-origin']).toBeUndefined()
    }
  }
  const without = await ask(alice, 'POST', '/rpc', { host, 'content-type': 'application/json' })
  expect([without.status, without.body.includes('UNAUTHORIZED')]).toEqual([401, true])
})

test('nor do they get a session or a socket, with a ticket or the cookie', async () => {
  const alice = await scene().member('alice')
  const { origin, host, port } = new URL(alice.ready.web)
  const ticket = ticketOf(alice.ready.web)
  const foreign: Record<string, string>[] = [
    { host, origin: 'http://evil.example' },
    { host, origin: 'http://127.0.0.1:1' },
    { host, origin: 'null' },
    { host, origin, 'sec-fetch-site': 'same-site' },
    { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
  ]
  for (const headers of foreign) {
    const body = JSON.stringify({ ticket })
    const got = await askPage(origin, { method: 'POST', path: '/session', headers, body })
    expect([got.status, got.headers['set-cookie']], JSON.stringify(headers)).toEqual([
      403,
      undefined,
    ])
  }
  // Nobody has used it up.
  const cookie = cookieIn(await signIn(origin, ticket))
  for (const headers of foreign) {
    const opening = Page.open(`${origin}/`, { ...headers, cookie })
    await expect(opening, JSON.stringify(headers)).rejects.toThrow('HTTP 403')
  }
  await expect(Page.open(`${origin}/`, { cookie })).rejects.toThrow('HTTP 403')
  await expect(Page.open(`${origin}/`, { origin })).rejects.toThrow('HTTP 401')
  const page = await Page.open(`${origin}/`, { origin, cookie })
  expect((await page.call('status')).result).toMatchObject({ node: { name: 'alice' } })
  page.close()
})

test('the page runs nothing foreign, is framed by nobody, and leaves no cookie', async () => {
  const alice = await scene().member('alice')
  const { host } = new URL(alice.ready.web)
  const page = await ask(alice, 'GET', '/', { host })
  expect(page.status).toBe(200)
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(page.headers['set-cookie']).toBeUndefined()
  expect(page.headers['x-content-type-options']).toBe('nosniff')
})

const NOBODY = 65_534

/** Runs something as another user of this machine; what it said and how it ended. */
const asNobody = (command: string, args: readonly string[]) =>
  spawnSync(command, args, { uid: NOBODY, gid: NOBODY, encoding: 'utf8', cwd: '/' })

test('another user of the machine reads nothing and is answered nothing', async ({ skip }) => {
  if (process.getuid?.() !== 0) {
    if (process.env['CI'] === 'true') throw new Error('only root can become another user')
    report('skipped: only root can become another user')
    skip()
  }
  const alice = await scene().member('alice')
  await alice.call('create', { name: 'lobby' })
  await alice.json('send', 'lobby', 'nobody reads this')
  // The way there is open, so that it is the folder itself that keeps others out.
  execFileSync('chmod', ['755', scene().folder])
  expect(statSync(alice.dataDir).mode & 0o777).toBe(0o700)
  const files = readdirSync(alice.dataDir)
  expect(files).toEqual(expect.arrayContaining(['local.sock', 'node-key.pem', 'node.json']))
  for (const file of files) expect(statSync(join(alice.dataDir, file)).mode & 0o077, file).toBe(0)
  expect(asNobody('ls', [alice.dataDir]).status).not.toBe(0)
  // And if somebody opens the folder, the files still keep others out.
  execFileSync('chmod', ['755', alice.dataDir])
  for (const file of files) {
    const read = asNobody('cat', [join(alice.dataDir, file)])
    expect([read.status !== 0, read.stdout], file).toEqual([true, ''])
  }
  const program = join(root, 'bin', 'parley.js')
  // Where the clone lies in a private folder, another user has no program to run.
  if (asNobody('cat', [program]).status === 0) {
    const args = [program, 'status', '--json', '--data-dir', alice.dataDir]
    const status = asNobody(nodeForAll(), args)
    expect(status.status).not.toBe(0)
    expect(status.stdout).toBe('')
    expect(JSON.parse(status.stderr)).toMatchObject({ error: { code: 'NO_NODE' } })
  }
  const knock = `require('net').connect(${JSON.stringify(join(alice.dataDir, 'local.sock'))})
    .on('error', (error) => { console.log(error.code) })
    .on('connect', () => { console.log('in'); process.exit() })`
  expect(asNobody(nodeForAll(), ['-e', knock]).stdout.trim()).toBe('EACCES')
  expect((await alice.call('status', {})).node.name).toBe('alice')
})

/** A Node that every user may run, wherever that of these tests lies. */
const nodeForAll = (): string => {
  const copy = join(scene().folder, 'node')
  copyFileSync(process.execPath, copy)
  execFileSync('chmod', ['755', copy])
  return copy
}
