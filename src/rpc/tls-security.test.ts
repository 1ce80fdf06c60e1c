/** Who is at the other end of a connection, and what becomes of those who cannot show it. */
import { once } from 'node:events'
import { connect as connectPlain, createServer, type AddressInfo, type Socket } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'

import { expect, onTestFinished, test } from 'vitest'

import { Identity } from '../crypto/identity.ts'
import { dialLink } from './dial-link.ts'
import type { FrameLink } from './frame-link.ts'
import type { RpcServer } from './http-server.ts'
import { expectNode, type PeerSecurity } from './security.ts'
import { authority, vouchedElsewhere, vouchedHere } from './test-authority.suite.ts'
import { client, echo, outcomeOf, serve } from './test-server.suite.ts'
import { tlsSecurity } from './tls-security.ts'

interface Party {
  readonly id: string
  readonly security: PeerSecurity
}

const party = (): Party => {
  const identity = Identity.generate()
  return { id: identity.id, security: tlsSecurity(identity.tlsPair()) }
}

/** What comes back over a raw connection until it ends. */
const heardOn = async (socket: Socket): Promise<string> => {
  let heard = ''
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
  socket.on('error', () => {})
  if (!socket.closed) await once(socket, 'close')
  return heard
}

const portOf = ({ listen }: RpcServer): number => Number(listen.split(':').at(-1))

/** A TLS connection of somebody who has any options. */
const tlsTo = (server: RpcServer, options: ConnectionOptions = {}): TLSSocket => {
  const socket = connect({ port: portOf(server), rejectUnauthorized: false, ...options })
  onTestFinished(() => void socket.destroy())
  return socket
}

const codeOf = async (calling: Promise<unknown>): Promise<unknown> => outcomeOf(calling)

/** A request in plain HTTP over any connection; what comes back. */
const post = (socket: Socket, method: string): Promise<string> => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method })
  const head = `POST /rpc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`
  socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)
  return heardOn(socket)
}

/** A certificate with a key of another kind (P-256) than nodes have. */
const otherKind = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+Iqi+wkfM/8Wy6Mg
Agpst7FRq90cDJ9iaNR6e6XrmdehRANCAAS6JDw44trjscDAtcIXD3o1KaJKwXBe
4qQJMt2aFxblvwGQm6GzeiOdU/v+fyHYgSKxzlW3HR9D6YoZ/65dhP2R
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUXni9PEuTVaCSS95ValaGrnDXpvswCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAgFw0yNjExMjIxODA3MjZaGA8yMTI2MTAyOTE4MDcyNlow
DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABLokPDji2uOx
wMC1whcPejUpokrBcF7ipAky3ZoXFuW/AZCbobN6I51T+/5/IdiBIrHOVbcdH0Pp
ihn/rl2E/ZGjUzBRMB0GA1UdDgQWBBQhC1ldkUDPtABHezsxjlGTsbaXLTAfBgNV
HSMEGDAWgBQhC1ldkUDPtABHezsxjlGTsbaXLTAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIGCukA+pFZl3nRebr6o3rqaRdLsvXjdG5fAE+UnM+0Oc
AiEAo0Pj4w3lmbDS0xmWQy9/UUSJTYqUH+IUMNCbA1cE4Hk=
-----END CERTIFICATE-----
`,
}

test('both ends of a link know who is at the other', async () => {
  const [alice, bob] = [party(), party()]
  const accepted = Promise.withResolvers<FrameLink>()
  const onLink = (link: FrameLink): void => accepted.resolve(link)
  const server = await serve({ security: bob.security, onLink })
  const near = await dialLink(server.listen, {
    security: alice.security,
    expected: expectNode(bob.id),
  })
  onTestFinished(() => near.destroy())
  const far = await accepted.promise
  expect([near.peer.id, far.peer.id]).toEqual([bob.id, alice.id])
  expect(server.url).toMatch(/^https:/)
})

test('another node at a known address: nothing is said to it', async () => {
  const [alice, bob, mallory] = [party(), party(), party()]
  let links = 0
  const server = await serve({ security: mallory.security, onLink: () => (links += 1) })
  const dialling = dialLink(server.listen, {
    security: alice.security,
    expected: expectNode(bob.id),
  })
  await expect(dialling).rejects.toMatchObject({
    code: 'WRONG_KEY',
    data: { expected: bob.id, found: mallory.id },
  })
  expect(links).toBe(0)
})

test('a call goes to the key that its address names, and to no other', async () => {
  const [alice, bob] = [party(), party()]
  const server = await serve({ security: bob.security })
  let pin = ''
  const caller = client({
    security: alice.security,
    expect: () => (proof) => {
      pin = proof?.pin ?? ''
    },
  })
  expect(await caller.callMethod(server.url, echo, { text: 'x' })).toEqual({ text: 'x' })
  expect(pin).toMatch(/^[\w-]{43}$/)
  const pinned = `${server.url}#${pin}`
  expect(await caller.callMethod(pinned, echo, { text: 'y' })).toEqual({ text: 'y' })
  // Plain http is never spoken, whatever the address says.
  const careless = pinned.replace('https:', 'http:')
  expect(await caller.callMethod(careless, echo, { text: 'z' })).toEqual({ text: 'z' })
  expect(await codeOf(caller.call(`${server.url}#${'x'.repeat(43)}`, 'echo'))).toBe('WRONG_KEY')
})

test('an authority vouches for a key at its own host, and at no other', async () => {
  const seen: unknown[] = []
  const callAs = (authorities?: readonly string[]) =>
    client({
      security: tlsSecurity(Identity.generate().tlsPair(), authorities),
      expect: () => (proof) => seen.push(proof?.isVouched),
    })
  const here = await serve({ security: tlsSecurity(vouchedHere) })
  const elsewhere = await serve({ security: tlsSecurity(vouchedElsewhere) })
  const own = await serve({ security: party().security })
  for (const { url } of [here, elsewhere, own])
    await callAs([authority]).callMethod(url, echo, { text: 'x' })
  expect(seen).toEqual([true, false, false])
  // An authority that this machine does not know vouches for nobody.
  await callAs().callMethod(here.url, echo, { text: 'x' })
  expect(seen.at(-1)).toBe(false)
})

test('without a key of a node: what is served is told, all else is refused', async () => {
  const server = await serve({ security: party().security })
  const strangers: ConnectionOptions[] = [{}, otherKind]
  for (const options of strangers) {
    expect(await post(tlsTo(server, options), 'rpc.discover')).toContain('"openrpc"')
    expect(await post(tlsTo(server, options), 'echo')).toContain('"code":"UNAUTHORIZED"')
    expect(await post(tlsTo(server, options), 'nothing')).toContain('"code":"METHOD_NOT_FOUND"')
    const socket = tlsTo(server, options)
    const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13'
    const upgrade = `Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}`
    socket.write(`GET /rpc HTTP/1.1\r\n${upgrade}\r\n\r\n`)
    expect(await heardOn(socket)).toMatch(/^HTTP\/1\.1 401 .*"code":"UNAUTHORIZED"/s)
  }
})

test('older versions of TLS are turned away', async () => {
  const server = await serve({ security: party().security })
  for (const maxVersion of ['TLSv1.2', 'TLSv1.1'] as const) {
    const minVersion = 'TLSv1.1'
    const socket = tlsTo(server, { maxVersion, minVersion, ciphers: 'DEFAULT@SECLEVEL=0' })
    const [error] = (await once(socket, 'error')) as [Error & { code?: string }]
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  }
  expect(server.counters.handshake).toBe(2)
})

test('plain HTTP is told that this port speaks TLS', async () => {
  const server = await serve({ security: party().security })
  const heard = await post(connectPlain(portOf(server)), 'rpc.discover')
  expect(heard).toMatch(/^HTTP\/1\.1 400 .*"code":"TLS_REQUIRED"/s)
  expect(server.counters.plain).toBe(1)
})

test('no session is taken up again, so none comes without a certificate', async () => {
  const bob = party()
  const server = await serve({ security: bob.security })
  const pair = Identity.generate().tlsPair()
  const first = tlsTo(server, pair)
  const sessions: Buffer[] = []
  first.on('session', (session: Buffer) => sessions.push(session))
  await post(first, 'echo')
  const session = sessions.at(-1) ?? first.getSession()
  const again = tlsTo(server, { ...pair, ...(session === undefined ? {} : { session }) })
  await once(again, 'secureConnect')
  expect(again.isSessionReused()).toBe(false)
})

/** Passes everything on, and keeps what the dialling side sent. */
const recorder = async (port: number): Promise<{ address: string; sent: () => Buffer }> => {
  const chunks: Buffer[] = []
  const proxy = createServer((near) => {
    const far = connectPlain(port)
    near.on('data', (chunk: Buffer) => chunks.push(chunk))
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void proxy.close())
  await once(proxy, 'listening')
  const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  return { address, sent: () => Buffer.concat(chunks) }
}

test('a recorded connection that is played again reaches nobody', async () => {
  const [alice, bob] = [party(), party()]
  const server = await serve({ security: bob.security })
  const tape = await recorder(portOf(server))
  const caller = client({ security: alice.security })
  await caller.callMethod(`https://${tape.address}`, echo, { text: 'once' })
  const before = server.counters.handshake
  const replay = connectPlain(portOf(server))
  replay.write(tape.sent())
  const heard = await heardOn(replay)
  expect(heard).not.toContain('HTTP/1.1')
  expect(server.counters.handshake).toBe(before + 1)
})
