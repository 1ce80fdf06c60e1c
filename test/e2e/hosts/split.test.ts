/** Five hosts are split in two, both sides go on writing, and the network heals; or one flaps. */
import { setTimeout as pause } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { expectAuthorsInOrder, report, sendSteadily } from '../harness/checks.ts'
import type { Started } from '../harness/process.ts'
import { allAgree, type Member } from '../harness/scene.ts'
import { until } from '../harness/until.ts'
import * as h from './hosts.ts'

const hosts = h.useHosts('file')
const group = h.useGroup(hosts)
const HEAL_MS = 12_000
/** By then every dead link has been noticed, closed and dialled anew, in vain. */
const LONG_MS = 20_000

interface Split {
  readonly three: readonly Member[]
  readonly two: readonly Member[]
  readonly part: () => void
  /** How long they are parted, at least. */
  readonly lastMs: number
  readonly heal: () => void
}

/** 200 messages from a position on. */
const places = (from: number) => ({ fromPosition: from, toPosition: from + 199 })

const expectTold = (three: Started, two: Started, split: Split, base: number): void => {
  const names = (some: readonly { readonly name: string }[]) =>
    some.map(({ name }) => name).toSorted()
  const active = (reader: Started) =>
    h.eventsOf(reader, 'split').map((event) => ({
      of: event.of,
      active: names(event.active),
    }))
  expect(active(three)).toContainEqual({ of: 5, active: names(split.three) })
  expect(active(two)).toContainEqual({ of: 5, active: names(split.two) })
  const merges = (reader: Started) =>
    h.eventsOf(reader, 'merge').map(({ authors, fromPosition, toPosition, moved }) => {
      return { from: names(authors), fromPosition, toPosition, moved }
    })
  const came = { from: names(split.two), ...places(base + 201), moved: false }
  expect(merges(three)).toEqual([came])
  const moved = { from: names(split.three), ...places(base + 1), moved: true }
  expect(merges(two)).toEqual([moved])
}

/** Both sides write, 200 messages each, and the network heals; how long that took. */
const splitAndHeal = async (split: Split) => {
  const { three, two } = split
  const [ofThree, ofTwo] = [three[2], two[1]] as [Member, Member]
  const { scene } = hosts()
  await h.sayAndStore([...three, ...two], 'before')
  const common = h.idsOf(await ofThree.history(h.LOBBY))
  const base = common.length
  const readers = await Promise.all([h.tail(scene, ofThree), h.tail(scene, ofTwo)])

  split.part()
  const partedAt = performance.now()
  await Promise.all([h.whole(three), h.whole(two)])
  report(`both sides have a leader after ${Math.round(performance.now() - partedAt)} ms`)
  await Promise.all([h.sendFromAll(three, [67, 67, 66]), h.sendFromAll(two, [100, 100])])
  await Promise.all([
    allAgree(three, h.LOBBY, { count: base + 200 }),
    allAgree(two, h.LOBBY, { count: base + 200 }),
  ])
  const before = await Promise.all([ofThree.history(h.LOBBY), ofTwo.history(h.LOBBY)])

  await pause(Math.max(0, partedAt + split.lastMs - performance.now()))
  split.heal()
  const healedAt = performance.now()
  await allAgree([...three, ...two], h.LOBBY, { count: base + 400, withinMs: 30_000 })
  const healMs = performance.now() - healedAt
  report(`one head, ${Math.round(healMs)} ms after healing`)
  const after = await h.expectOneHistory([...three, ...two])
  expectAuthorsInOrder(after.slice(base))
  const ids = h.idsOf(after)
  const [threes, twos] = before.map(h.idsOf) as [readonly string[], readonly string[]]
  expect(ids.slice(0, threes.length)).toEqual(threes)
  expect(twos.slice(0, common.length)).toEqual(common)
  expect(ids.slice(threes.length)).toEqual(twos.slice(common.length))

  for (const reader of readers) {
    await until('the reader has all', () => h.readBy(reader).join() === ids.join(), 5_000)
  }
  expectTold(...readers, split, base)
  return { healMs }
}

test('packets between the sides vanish without a word', async () => {
  const { lan, hosts: all } = hosts()
  const members = await group()
  const pairs = all.slice(0, 3).flatMap((one) => all.slice(3).map((other) => [one, other] as const))
  const { healMs } = await splitAndHeal({
    three: members.slice(0, 3),
    two: members.slice(3),
    lastMs: LONG_MS,
    part: () => {
      for (const [one, other] of pairs) lan.cut(one, other)
    },
    heal: () => {
      for (const [one, other] of pairs) lan.mend(one, other)
    },
  })
  expect(healMs).toBeLessThan(HEAL_MS)
})

test('the cables lead to two bridges, and the leader is on the smaller side', async () => {
  const { lan, hosts: all } = hosts()
  const members = await group()
  expect((await members[0].network(h.LOBBY)).leader?.name).toBe('h1')
  const { healMs } = await splitAndHeal({
    three: members.slice(2),
    two: members.slice(0, 2),
    lastMs: 0,
    part: () => lan.moveTo('br1', all.slice(0, 2)),
    heal: () => lan.moveTo('br0', all.slice(0, 2)),
  })
  expect(healMs).toBeLessThan(HEAL_MS)
})

test('a cable that is pulled and put back every two seconds, then calm', async () => {
  const { lan, hosts: all } = hosts()
  const members = await group()
  const { count } = await members[0].network(h.LOBBY)
  const talks = members.map((member) =>
    sendSteadily(member, h.LOBBY, { perSecond: 2, count: 36, timeoutMs: 30_000 }),
  )
  const [, , , flapping] = all
  for (let turn = 0; turn < 5; turn += 1) {
    lan.plug(flapping, 'down')
    await pause(2_000)
    lan.plug(flapping, 'up')
    if (turn < 4) await pause(2_000)
  }
  const calmAt = performance.now()
  const sent = await Promise.all(talks)
  await allAgree(members, h.LOBBY, { count: count + 180, withinMs: 30_000 })
  const calmMs = performance.now() - calmAt
  report(`one head, ${Math.round(calmMs)} ms after the last change`)
  expect(sent.flatMap(({ failed }) => failed)).toEqual([])
  await h.expectOneHistory(members)
  expect(calmMs).toBeLessThan(HEAL_MS)
})
