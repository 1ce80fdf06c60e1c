import { expect, test } from 'vitest'

import { expectAuthorsInOrder, expectSameHistory, numbered, report } from './harness/checks.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()

const typeAll = async (member: Member, texts: readonly string[]): Promise<number> => {
  const ran = await scene().run(
    ['send', 'lobby', '--lines', '--json', '--data-dir', member.dataDir],
    texts.map((text) => `${text}\n`).join(''),
  )
  expect(ran.stderr).toBe('')
  expect(ran.code).toBe(0)
  return ran.stdout.trimEnd().split('\n').length
}

test('two type 500 messages each at once, a third listens: one order, one head', async () => {
  const members = await scene().group('lobby', ['alice', 'bob', 'carol'])
  const [alice, bob, carol] = members as [Member, Member, Member]
  const tail = ['tail', '-f', 'lobby', '--from', '1', '--json']
  const listening = scene().start('tail', [...tail, '--data-dir', carol.dataDir])
  const startedAt = performance.now()
  const counts = await Promise.all([
    typeAll(alice, numbered('alice', 500)),
    typeAll(bob, numbered('bob', 500)),
  ])
  expect(counts).toEqual([500, 500])
  report(`1,000 messages of two members in ${Math.round(performance.now() - startedAt)} ms`)

  const [first] = await allAgree(members, 'lobby', { count: 1_000 })
  expect(first?.head).toMatch(/^[\w-]{43}$/)
  const history = await expectSameHistory(members, 'lobby')
  expectAuthorsInOrder(history)
  const texts = history.map(({ text }) => text)
  expect(texts.toSorted()).toEqual([...numbered('alice', 500), ...numbered('bob', 500)].toSorted())

  // Whoever listened heard the same in the same order.
  const heard = (): readonly string[] =>
    listening.lines
      .map((line) => JSON.parse(line) as { event?: string; text: string })
      .filter(({ event }) => event === undefined)
      .map(({ text }) => text)
  await until('the listener has heard the last one', () => heard().length >= 1_000)
  expect(heard()).toEqual(texts)
})
