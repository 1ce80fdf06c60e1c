// `parley` without a verb, line by line, as `npm start` opens it.
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { report } from './harness/checks.ts'
import type { Started } from './harness/process.ts'
import { useScene } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()

const chat = (name: string, nds: string): Started =>
  scene().start(name, [
    '--plain',
    '--name',
    name,
    '--listen',
    '127.0.0.1:0',
    '--nds',
    nds,
    '--data-dir',
    join(scene().folder, name),
  ])

const type = (chat: Started, line: string): void => void chat.child.stdin?.write(`${line}\n`)

const says = (chat: Started, text: RegExp): Promise<string> =>
  until(
    `${chat.name} says ${String(text)}`,
    () => chat.lines.find((line) => text.test(line)),
    15_000,
  )

test('two people chat: create, join, talk, names, a leader that goes, the way out', async () => {
  const { ready } = await scene().nds()
  const alice = chat('alice', ready.url)
  await says(alice, /^Chat in the browser: http:\/\/127\.0\.0\.1:\d+\//)
  await says(alice, /No networks yet/)
  type(alice, 'nobody hears this')
  await says(alice, /You are in no network/)
  type(alice, '/create lobby')
  await says(alice, /lobby: ★ alice leads, 1 active/)

  const bob = chat('bob', ready.url)
  await says(bob, /No networks yet/)
  type(bob, '/join lobby')
  await says(bob, /lobby: ★ alice leads, 2 active/)
  await says(alice, /→ bob came/)
  type(bob, 'hello alice')
  await says(alice, /#1 \d\d:\d\d bob: hello alice/)
  await says(bob, /✓ #1 2\/2/)
  type(alice, '/me waves')
  await says(bob, /#2 \d\d:\d\d \* alice waves/)
  type(bob, '/naems')
  await says(bob, /did you mean \/names\?/)
  type(bob, '/names')
  await says(bob, /★ {2}0 {2}alice/)

  const leftAt = performance.now()
  type(alice, '/quit')
  expect(await alice.exit).toEqual({ code: 0, signal: null })
  report(`/quit to the end of the process: ${Math.round(performance.now() - leftAt)} ms`)
  await says(bob, /★ bob leads/)
  await says(bob, /← alice went/)
  type(bob, 'alone now')
  await says(bob, /✓ #3 1\/1/)
  bob.child.stdin?.end()
  expect(await bob.exit).toEqual({ code: 0, signal: null })
})

test('a second chat of the same user uses the node that runs already', async () => {
  const alice = await scene().member('alice')
  await alice.call('create', { name: 'lobby' })
  const args = ['--plain', '--data-dir', alice.dataDir]
  const second = await scene().run(args, 'from the second\n')
  expect(second.code).toBe(0)
  expect(second.stdout).toMatch(/alice: from the second/)
  expect((await alice.network('lobby')).count).toBe(1)
})

test('without a terminal it just runs, with a discovery service if there is none', async () => {
  const started = scene().start('start', ['--listen', '127.0.0.1:0'])
  await says(started, /^Chat in the browser: /)
  const ran = await scene().run(['status', '--json'])
  expect(ran.code).toBe(0)
  const created = await scene().run(['create', 'lobby', '--json'])
  expect(created.code).toBe(0)
  const invite = await scene().run(['invite', 'lobby'])
  // Its own, or one that somebody else runs at the usual address.
  expect(invite.stdout).toContain('nds=https%3A%2F%2F127.0.0.1%3A7400%23')
  expect(await started.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  const again = scene().start('start', ['--listen', '127.0.0.1:0'])
  await says(again, /^Invite to lobby: parley:\/\/join\//)
})
