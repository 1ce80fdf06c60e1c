import { createServer } from 'node:net'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { report } from './harness/checks.ts'
import { readyOf } from './harness/process.ts'
import { useScene, type NdsReady, type NodeReady } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()
const servers: ReturnType<typeof createServer>[] = []

afterEach(() => servers.splice(0).forEach((server) => server.close()))

test('what runs says one line when it is ready, and can be reached by then', async () => {
  const nds = await scene().nds()
  expect(nds.ready).toEqual({
    event: 'ready',
    kind: 'nds',
    listen: nds.ready.listen,
    url: nds.ready.url,
    pid: nds.started.pid,
  } satisfies NdsReady)
  expect(nds.ready.url).toMatch(/^https:\/\/127\.0\.0\.1:[1-9]\d+#[\w-]{43}$/)
  expect(new URL(nds.ready.url).host).toBe(nds.ready.listen)
  const startedAt = performance.now()
  const alice = await scene().member('alice', { nds: [nds.ready.url] })
  report(`a node is ready after ${Math.round(performance.now() - startedAt)} ms`)
  expect(alice.ready).toEqual({
    event: 'ready',
    kind: 'node',
    id: alice.ready.id,
    name: 'alice',
    listen: alice.ready.listen,
    web: alice.ready.web,
    pid: alice.started.pid,
  } satisfies NodeReady)
  expect(alice.ready.listen).toMatch(/^127\.0\.0\.1:[1-9]\d+$/)
  const page = await fetch(alice.ready.web)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('Parley')
  expect(alice.started.lines).toHaveLength(1)
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: it leaves in order and is gone in time',
  async (signal) => {
    const nds = await scene().nds()
    const [alice, bob] = await scene().group('lobby', ['alice', 'bob'], { nds: [nds.ready.url] })
    if (alice === undefined || bob === undefined) throw new Error('nobody is there')
    for (const started of [alice.started, nds.started]) {
      const at = performance.now()
      expect(await started.kill(signal)).toEqual({ code: 0, signal: null })
      expect(performance.now() - at).toBeLessThan(3_000)
    }
    // Left, not lost: nobody had to notice a silence.
    await until('bob leads', async () => (await bob.network('lobby')).role === 'leader', 2_000)
    const { members } = await bob.call('members', { network: 'lobby' })
    expect(members.filter(({ active }) => active).map(({ name }) => name)).toEqual(['bob'])
    const gone = await alice.run('status', '--json')
    expect(gone.code).toBe(3)
  },
)

test('a second Ctrl-C ends it at once', async () => {
  const alice = await scene().member('alice')
  await alice.call('create', { name: 'lobby' })
  alice.signal('SIGINT')
  alice.signal('SIGINT')
  const exit = await alice.started.exit
  // Where the first one was quick enough there was nothing left for the second.
  expect([0, 130]).toContain(exit.code)
})

test('an address that is taken: exit 1 where it was asked for', async () => {
  const alice = await scene().member('alice')
  const args = ['run', '--json', '--listen', alice.ready.listen]
  const ran = await scene().run([...args, '--data-dir', join(scene().folder, 'other')])
  expect(ran.code).toBe(1)
  expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'ADDRESS_IN_USE' } })
})

test('the usual address that is taken: a free one instead, and it says so', async () => {
  const server = createServer()
  servers.push(server)
  // If something else has that port already, that will do as well.
  await new Promise((resolve) => {
    server.once('error', resolve)
    server.listen(7411, '127.0.0.1', () => resolve(null))
  })
  const args = ['run', '--json', '--name', 'bob', '--data-dir', join(scene().folder, 'bob')]
  const started = scene().start('bob', args)
  const ready = await readyOf<NodeReady>(started)
  expect(ready.listen).toMatch(/^\[::\]:74\d\d$|^0\.0\.0\.0:/)
  expect(ready.listen).not.toMatch(/:7411$/)
  expect(started.stderr()).toContain('port 7411 is taken')
})

test('a node that comes back without being told has its name and its address again', async () => {
  const alice = await scene().member('alice')
  await alice.kill()
  const started = scene().start('alice', ['run', '--json', '--data-dir', alice.dataDir])
  const ready = await readyOf<NodeReady>(started)
  expect(ready).toMatchObject({ id: alice.ready.id, name: 'alice', listen: alice.ready.listen })
})

test('a reader that has seen enough closes the pipe, and nothing is wrong', async () => {
  const alice = await scene().member('alice')
  await alice.call('create', { name: 'lobby' })
  for (let index = 0; index < 20; index += 1) {
    const texts = Array.from({ length: 50 }, (_, at) => `${index} ${at} ${'x'.repeat(1_000)}`)
    await alice.call('send_many', { network: 'lobby', texts })
  }
  const args = ['history', 'lobby', '--data-dir', alice.dataDir]
  const started = scene().start('history', args)
  started.child.stdout?.once('data', () => started.child.stdout?.destroy())
  expect(await started.exit).toEqual({ code: 0, signal: null })
  expect(started.stderr()).toBe('')
})
