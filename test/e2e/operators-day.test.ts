// What an operator does by hand or from a script, while the leader dies.
import { expect, test } from 'vitest'

import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()

interface Line {
  readonly text?: string
  readonly event?: string
  readonly position?: number
  readonly leader?: { readonly name: string } | null
}

test('echo … | parley send ops - --wait all, when the leader has just died', async () => {
  const [alice, bob, carol] = (await scene().group('ops', ['alice', 'bob', 'carol'])) as [
    Member,
    Member,
    Member,
  ]
  await alice.kill('SIGKILL')
  const args = ['send', 'ops', '-', '--wait', 'all', '--json', '--data-dir', bob.dataDir]
  const ran = await scene().run(args, 'deploy done\n')
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  const { message } = JSON.parse(ran.stdout) as { message: { storedBy: number; missing: string[] } }
  expect(message).toMatchObject({ storedBy: 2, missing: [] })
  const texts = (await carol.history('ops')).map(({ text }) => text)
  expect(texts).toEqual(['deploy done'])
})

test('parley tail -f ops --json goes on through the leader’s death, without a gap', async () => {
  const [alice, bob, carol] = (await scene().group('ops', ['alice', 'bob', 'carol'])) as [
    Member,
    Member,
    Member,
  ]
  const args = ['tail', '-f', 'ops', '--json', '--from', '1', '--data-dir', carol.dataDir]
  const tail = scene().start('tail', args)
  const lines = (): readonly Line[] => tail.lines.map((line) => JSON.parse(line) as Line)
  for (const count of [1, 2, 3]) await bob.json('send', 'ops', `before ${count}`)
  await until('the tail has begun', () => lines().some(({ text }) => text === 'before 3'))
  await alice.kill('SIGKILL')
  for (const count of [1, 2, 3]) await bob.json('send', 'ops', `after ${count}`, '--wait', 'all')
  await until('all is shown', () => lines().some(({ text }) => text === 'after 3'))
  const messages = lines().filter(({ event }) => event === undefined)
  expect(messages.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6])
  expect(messages.map(({ text }) => text)).toEqual(
    ['before', 'after'].flatMap((word) => [1, 2, 3].map((count) => `${word} ${count}`)),
  )
  const leaders = lines().flatMap(({ event, leader }) => (event === 'leader' ? [leader?.name] : []))
  expect(leaders).toContain('bob')
  await alice.restart()
  await allAgree([alice, bob, carol], 'ops', { count: 6 })
  expect(tail.hasExited()).toBe(false)
  expect(await tail.kill('SIGINT')).toEqual({ code: 130, signal: null })
})
