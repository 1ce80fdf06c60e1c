import { expect, test } from 'vitest'

import {
  expectAuthorsInOrder,
  expectSameHistory,
  longestGap,
  report,
  sendSteadily,
} from './harness/checks.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'
import { until } from './harness/until.ts'

const scene = useScene()
const NAMES = ['alice', 'bob', 'carol', 'dave'] as const
type Four = [Member, Member, Member, Member]

/** Two followers write 50 messages a second each, and the leader is lost on the way. */
const loseLeader = async (members: Four, lose: (leader: Member) => void) => {
  const [alice, , carol, dave] = members
  const options = { perSecond: 50, count: 300 }
  const sending = Promise.all([carol, dave].map((one) => sendSteadily(one, 'lobby', options)))
  await until('traffic flows', async () => (await carol.network('lobby')).count >= 100)
  const waiting = dave.run('send', 'lobby', 'last-word 1', '--wait', 'sequenced', '--json')
  lose(alice)
  const lostAt = performance.now()
  const results = await sending
  const ran = await waiting
  expect(ran.stderr).toBe('')
  expect(ran.code).toBe(0)
  const acknowledged = results.flatMap((result) => result.acknowledged)
  expect(results.flatMap((result) => result.failed)).toEqual([])
  return { acknowledged, lostAt, gapMs: longestGap(acknowledged) }
}

test('kill -9 of the leader at 100 messages/s: the next one leads, nothing is lost', async () => {
  const members = (await scene().group('lobby', NAMES)) as unknown as Four
  const [alice, bob, carol, dave] = members
  const { acknowledged, gapMs } = await loseLeader(members, (leader) => void leader.kill())
  report(`longest gap after kill -9: ${Math.round(gapMs)} ms`)
  expect(gapMs).toBeLessThanOrEqual(2_000)

  const survivors = [bob, carol, dave]
  const [first] = await allAgree(survivors, 'lobby', { count: 601 })
  expect(first?.leader).toMatchObject({ name: 'bob', number: 1 })
  const history = await expectSameHistory(survivors, 'lobby')
  expectAuthorsInOrder(history)
  const byId = new Map(history.map((message) => [message.id, message]))
  for (const { text, answer } of acknowledged) expect(byId.get(answer.id)?.text).toBe(text)

  // The one that was killed comes back as the most junior member and has everything.
  await alice.restart()
  await allAgree(members, 'lobby', { count: 601 })
  const seen = await alice.call('members', { network: 'lobby' })
  expect(seen.leader).toBe(1)
  expect(seen.members.find(({ name }) => name === 'alice')?.number).toBeGreaterThan(3)
  await expectSameHistory(members, 'lobby')
})

test('SIGSTOP of the leader: the next one leads, and the stopped one follows later', async () => {
  const members = (await scene().group('lobby', NAMES)) as unknown as Four
  const [alice, bob, carol, dave] = members
  const { acknowledged, gapMs } = await loseLeader(members, (leader) => leader.signal('SIGSTOP'))
  report(`longest gap after SIGSTOP: ${Math.round(gapMs)} ms`)
  expect(gapMs).toBeLessThanOrEqual(3_500)
  const [first] = await allAgree([bob, carol, dave], 'lobby', { count: 601 })
  expect(first?.leader?.name).toBe('bob')

  alice.signal('SIGCONT')
  const [last] = await allAgree(members, 'lobby', { count: 601, withinMs: 30_000 })
  expect(last?.leader?.name).toBe('bob')
  const history = await expectSameHistory(members, 'lobby')
  expectAuthorsInOrder(history)
  const ids = new Set(history.map(({ id }) => id))
  expect(acknowledged.filter(({ answer }) => !ids.has(answer.id))).toEqual([])
})

test('a leader that leaves in order hands over at once', async () => {
  const members = (await scene().group('lobby', NAMES)) as unknown as Four
  const [alice, bob, carol, dave] = members
  const options = { perSecond: 50, count: 150 }
  const sending = sendSteadily(dave, 'lobby', options)
  await until('traffic flows', async () => (await carol.network('lobby')).count >= 30)
  const leaveAt = performance.now()
  const exit = await alice.kill('SIGTERM')
  report(`SIGTERM to the end of the process: ${Math.round(performance.now() - leaveAt)} ms`)
  expect(performance.now() - leaveAt).toBeLessThan(3_000)
  expect(exit).toEqual({ code: 0, signal: null })
  const { acknowledged, failed } = await sending
  expect(failed).toEqual([])
  report(`longest gap after SIGTERM: ${Math.round(longestGap(acknowledged))} ms`)
  expect(longestGap(acknowledged)).toBeLessThanOrEqual(1_000)
  const [first] = await allAgree([bob, carol, dave], 'lobby', { count: 150 })
  expect(first?.leader?.name).toBe('bob')
})
