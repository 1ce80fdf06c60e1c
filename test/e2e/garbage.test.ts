import { randomBytes } from 'node:crypto'

import { expect, test } from 'vitest'

import { report } from './harness/checks.ts'
import { badBodies, codeIn, post, residentMib, sendBytes } from './harness/garbage.ts'
import { allAgree, useScene } from './harness/scene.ts'

const scene = useScene()
/** What all of this may leave behind in memory. */
const MAX_GROWTH_MIB = 150
const ROUNDS = 3
/** RFC 8446, section 6. */
const TLS_ALERT = '\u0015\u0003'

/** Everything, several times over, at one address. `url` takes JSON-RPC. */
const abuse = async (
  listen: string,
  url: string,
  headers: Record<string, string> = {},
): Promise<void> => {
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [what, body, code] of badBodies()) {
      const reply = await post(url, body, { headers })
      expect(codeIn(reply), `${what} at ${url}`).toBe(code)
    }
    const raw = [
      randomBytes(10_000),
      Buffer.from(`${'A'.repeat(100_000)}\r\n\r\n`),
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n'),
      Buffer.from(
        `POST /rpc HTTP/1.1\r\nHost: ${listen}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      ),
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
    ]
    const answers = await Promise.all(raw.map((bytes) => sendBytes(listen, bytes)))
    for (const answer of answers)
      if (!answer.startsWith(TLS_ALERT)) expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/)
  }
}

test('garbage on every port: coded errors, the processes stay up, memory is bounded', async () => {
  const nds = await scene().nds()
  const members = await scene().group('lobby', ['alice', 'bob'], { nds: [nds.ready.url] })
  const [alice] = members
  if (alice === undefined) throw new Error('nobody is there')
  const { info } = alice.client()
  const web = new URL(info.web).host
  const pids = [alice.ready.pid, nds.ready.pid]
  const before = pids.map(residentMib)

  await abuse(alice.ready.listen, `https://${alice.ready.listen}/rpc`)
  await abuse(nds.ready.listen, `https://${nds.ready.listen}/rpc`)
  await abuse(web, `http://${web}/rpc`, { authorization: `Bearer ${info.token}` })

  const after = pids.map(residentMib)
  const growth = after.map((mib, index) => Math.round(mib - (before[index] ?? 0)))
  report(`memory grew by ${growth.join(' and ')} MiB (node, discovery service)`)
  for (const mib of growth) expect(mib).toBeLessThan(MAX_GROWTH_MIB)
  expect(alice.started.hasExited() || nds.started.hasExited()).toBe(false)

  // And they still do what they are for.
  await alice.json('send', 'lobby', 'still here', '--wait', 'all')
  await allAgree(members, 'lobby', { count: 1 })
  const { networks } = await alice.call('networks', {})
  expect(networks.map(({ name }) => name)).toEqual(['lobby'])
})

test('params of the wrong type for every method of every port', async () => {
  const nds = await scene().nds()
  const alice = await scene().member('alice', { nds: [nds.ready.url] })
  const { info } = alice.client()
  const bearer = { authorization: `Bearer ${info.token}` }
  const ports: readonly (readonly [string, Record<string, string>])[] = [
    [`https://${alice.ready.listen}/rpc`, {}],
    [`https://${nds.ready.listen}/rpc`, {}],
    [`${info.web}rpc`, bearer],
  ]
  for (const [url, headers] of ports) {
    const discover = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'rpc.discover' })
    const document = JSON.parse((await post(url, discover, { headers })).body) as {
      result: { methods: { name: string }[] }
    }
    expect(document.result.methods.length).toBeGreaterThan(1)
    // A greeting may have fields of a newer version, so `hello` takes any.
    const strict = document.result.methods.filter(({ name }) => name !== 'hello')
    for (const { name } of strict) {
      for (const params of [[1, 2], { network: 5 }, { group: null, lease: [] }, { x: 'y' }]) {
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: name, params })
        const reply = await post(url, body, { headers })
        expect(codeIn(reply), `${name} at ${url}`).toBe('INVALID_PARAMS')
      }
    }
  }
  expect((await alice.call('status', {})).node.name).toBe('alice')
})
