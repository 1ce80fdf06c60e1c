import { expect, test } from 'vitest'

import { expectAuthorsInOrder, expectSameHistory, sendSteadily } from './harness/checks.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()

test('all are killed at once and start again: all that was acknowledged is there', async () => {
  const members = await scene().group('lobby', ['alice', 'bob', 'carol'])
  const [alice, bob, carol] = members as [Member, Member, Member]
  const options = { perSecond: 100, count: 1_000, timeoutMs: 2_000 }
  const sending = Promise.all([alice, bob, carol].map((one) => sendSteadily(one, 'lobby', options)))
  await until('traffic flows', async () => (await carol.network('lobby')).count >= 300)
  await Promise.all(members.map((member) => member.kill()))
  const results = await sending
  const acknowledged = results.flatMap((result) => result.acknowledged)
  expect(acknowledged.length).toBeGreaterThanOrEqual(290)
  expect(acknowledged.length).toBeLessThan(3_000)

  await Promise.all(members.map((member) => member.restart()))
  await allAgree(members, 'lobby', { withinMs: 30_000 })
  const history = await expectSameHistory(members, 'lobby')
  expectAuthorsInOrder(history)
  const textById = new Map(history.map(({ id, text }) => [id, text]))
  const lost = acknowledged.filter(({ answer, text }) => textById.get(answer.id) !== text)
  expect(lost).toEqual([])

  const sent = await bob.json<{ message: { position: number } }>('send', 'lobby', 'again 1')
  expect(sent.message.position).toBe(history.length + 1)
})
