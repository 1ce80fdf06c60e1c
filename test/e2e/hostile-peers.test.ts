// What somebody reaches who is on the network and not in the group.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'

import { expect, onTestFinished, test } from 'vitest'

import { Identity, newInstanceId } from '../../src/crypto/identity.ts'
import { callText, codeIn, post, sendBytes } from './harness/garbage.ts'
import { readyOf } from './harness/process.ts'
import { allAgree, useScene, type Member, type NdsReady } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()

const methodsAt = async (url: string): Promise<readonly string[]> => {
  const { body } = await post(url, callText('rpc.discover', {}), { pair: null })
  const { result } = JSON.parse(body) as { result: { methods: { name: string }[] } }
  return result.methods.map(({ name }) => name)
}

const idIn = (ready = '{}'): string => (JSON.parse(ready) as { id: string }).id

test('without a key, as with curl -k: what is served is told, the rest is refused', async () => {
  const nds = await scene().nds()
  const alice = await scene().member('alice', { nds: [nds.ready.url] })
  await alice.call('create', { name: 'lobby' })
  for (const url of [`https://${alice.ready.listen}/rpc`, nds.ready.url]) {
    const names = await methodsAt(url)
    expect(names).toContain('heartbeat')
    for (const name of names.filter((one) => one !== 'rpc.discover')) {
      const reply = await post(url, callText(name, {}), { pair: null })
      expect(codeIn(reply), `${name} at ${url}`).toBe('UNAUTHORIZED')
    }
    expect(codeIn(await post(url, callText('no_such', {}), { pair: null }))).toBe(
      'METHOD_NOT_FOUND',
    )
  }
})

test('plain HTTP, old TLS and a recording of a good connection get nowhere', async () => {
  const nds = await scene().nds()
  const alice = await scene().member('alice', { nds: [nds.ready.url] })
  for (const listen of [alice.ready.listen, nds.ready.listen]) {
    const probe = Buffer.from(
      `POST /rpc HTTP/1.1\r\nHost: ${listen}\r\nContent-Length: 2\r\n\r\n{}`,
    )
    expect(await sendBytes(listen, probe)).toMatch(/^HTTP\/1\.1 400 .*"code":"TLS_REQUIRED"/s)

    const port = Number(listen.split(':').at(-1))
    const options = { port, rejectUnauthorized: false, ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const old = connectTls({ ...options, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.2' })
    const [error] = (await once(old, 'error')) as [Error & { code?: string }]
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')

    const tape = await recorder(port)
    const discover = callText('rpc.discover', {})
    expect((await post(`https://${tape.address}/rpc`, discover)).status).toBe(200)
    const heard = await sendBytes(listen, tape.sent())
    expect(heard).not.toContain('HTTP')
  }
  expect((await alice.call('status', {})).node.name).toBe('alice')
})

/** Passes everything on, and keeps what the dialling side sent. */
const recorder = async (port: number): Promise<{ address: string; sent: () => Buffer }> => {
  const chunks: Buffer[] = []
  const proxy = createServer((near: Socket) => {
    const far = connect(port)
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

test('a key of its own speaks for itself only', async () => {
  const members = await scene().group('lobby', ['alice', 'bob'])
  const [alice, bob] = members as [Member, Member]
  const { id: group, head } = await alice.network('lobby')
  const url = `https://${alice.ready.listen}/rpc`
  const eve = Identity.generate()
  const pair = eve.tlsPair()
  const instance = newInstanceId()
  for (const from of [alice.ready.id, bob.ready.id]) {
    const leave = callText('leave_network', { group, from, instance })
    expect(codeIn(await post(url, leave, { pair }))).toBe('UNAUTHORIZED')
  }
  // In its own name it may say so, and it means nothing.
  const own = callText('leave_network', { group, from: eve.id, instance })
  expect(codeIn(await post(url, own, { pair }))).toBe('none')
  const status = await alice.network('lobby')
  expect([status.active, status.roster, status.head]).toEqual([2, 2, head])
})

test('another key at the address of a member is not that member', async () => {
  const members = await scene().group('lobby', ['alice', 'bob', 'carol'])
  const [alice, bob, carol] = members as [Member, Member, Member]
  const { listen } = bob.ready
  await bob.kill()
  const args = ['run', '--json', '--name', 'bob', '--listen', listen]
  const mallory = scene().start('mallory', [...args, '--data-dir', join(scene().folder, 'm')], {})
  await until('mallory listens', () => mallory.lines.length > 0)
  await allAgree([alice, carol], 'lobby')
  await alice.json('send', 'lobby', 'for members only', '--wait', 'all')
  const { members: seen } = await alice.call('members', { network: 'lobby' })
  expect(seen.find(({ id }) => id === bob.ready.id)).toMatchObject({ active: false })
  expect(seen.map(({ id }) => id)).not.toContain(idIn(mallory.lines[0]))
  const status = await scene().run(['status', '--json', '--data-dir', join(scene().folder, 'm')])
  expect(JSON.parse(status.stdout)).toMatchObject({ networks: [] })
  await mallory.kill()
  await bob.restart()
  await allAgree([alice, bob, carol], 'lobby', { count: 1 })
})

test('another key at the address of a discovery service is told nothing', async () => {
  const nds = await scene().nds()
  const { url, listen } = nds.ready
  const pinned = await scene().member('pinned', { nds: [url] })
  // Without the key in the address, whoever answers first is remembered.
  const trusting = await scene().member('trusting', { nds: [`https://${listen}`] })
  const [first] = (await trusting.call('networks', {})).networks
  expect(first).toBeUndefined()
  await nds.started.kill()
  // Somebody else's, who has none of the first one's files.
  const elsewhere = join(scene().folder, 'elsewhere')
  const args = ['nds', '--json', '--listen', listen, '--data-dir', elsewhere]
  const another = scene().start('another', args, { env: { XDG_DATA_HOME: elsewhere } })
  expect((await readyOf<NdsReady>(another)).url).not.toBe(url)
  for (const member of [pinned, trusting]) {
    await member.call('create', { name: `of ${member.name}` })
    const ran = await member.run('join', randomBytes(4).toString('hex'), '--json')
    expect(ran.code).toBe(5)
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'WRONG_KEY' } })
  }
  const { body } = await post(`https://${listen}/rpc`, callText('list_networks', {}))
  expect(JSON.parse(body)).toMatchObject({ result: { networks: [] } })
})
