/** Five hosts are split in two, both sides go on writing, and the network heals. */
import { expect, test } from 'vitest'

import { expectAuthorsInOrder, report } from '../harness/checks.ts'
import type { Started } from '../harness/process.ts'
import { allAgree, type Member } from '../harness/scene.ts'
import { until } from '../harness/until.ts'
import * as h from './hosts.ts'

const hosts = h.useHosts()
const HEAL_MS = 12_000

interface Split {
  readonly three: readonly Member[]
  readonly two: readonly Member[]
  readonly part: () => void
  readonly heal: () => void
}

const expectTold = (three: Started, two: Started, split: Split): void => {
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
  const came = { from: names(split.two), fromPosition: 106, toPosition: 205, moved: false }
  expect(merges(three)).toEqual([came])
  const moved = { from: names(split.three), fromPosition: 6, toPosition: 105, moved: true }
  expect(merges(two)).toEqual([moved])
}

/** Both sides write, 200 messages in all; what both had before, and each side then. */
const splitAndHeal = async (split: Split) => {
  const { three, two } = split
  const [ofThree, ofTwo] = [three[2], two[1]] as [Member, Member]
  const { scene } = hosts()
  await h.sayAndStore([...three, ...two], 'before')
  const common = h.idsOf(await ofThree.history(h.LOBBY))
  const readers = await Promise.all([h.tail(scene, ofThree), h.tail(scene, ofTwo)])

  split.part()
  const partedAt = performance.now()
  await Promise.all([h.whole(three), h.whole(two)])
  report(`both sides have a leader after ${Math.round(performance.now() - partedAt)} ms`)
  await Promise.all([h.sendFromAll(three, [34, 33, 33]), h.sendFromAll(two, [50, 50])])
  await Promise.all([
    allAgree(three, h.LOBBY, { count: 105 }),
    allAgree(two, h.LOBBY, { count: 105 }),
  ])
  const before = await Promise.all([ofThree.history(h.LOBBY), ofTwo.history(h.LOBBY)])

  split.heal()
  const healedAt = performance.now()
  await allAgree([...three, ...two], h.LOBBY, { count: 205, withinMs: 30_000 })
  const healMs = performance.now() - healedAt
  report(`one head, ${Math.round(healMs)} ms after healing`)
  const after = await h.expectOneHistory([...three, ...two])
  expectAuthorsInOrder(after.filter(({ text }) => text !== 'before'))
  const ids = h.idsOf(after)
  const [threes, twos] = before.map(h.idsOf) as [readonly string[], readonly string[]]
  expect(ids.slice(0, threes.length)).toEqual(threes)
  expect(twos.slice(0, common.length)).toEqual(common)
  expect(ids.slice(threes.length)).toEqual(twos.slice(common.length))

  for (const reader of readers) {
    await until('the reader has all', () => h.readBy(reader).join() === ids.join(), 5_000)
  }
  expectTold(...readers, split)
  return { healMs }
}

test('packets between the sides vanish without a word', async () => {
  const { lan, hosts: all } = hosts()
  const members = await h.groupOn(hosts())
  const pairs = all.slice(0, 3).flatMap((one) => all.slice(3).map((other) => [one, other] as const))
  const { healMs } = await splitAndHeal({
    three: members.slice(0, 3),
    two: members.slice(3),
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
  const members = await h.groupOn(hosts())
  const { healMs } = await splitAndHeal({
    three: members.slice(2),
    two: members.slice(0, 2),
    part: () => lan.moveTo('br1', all.slice(0, 2)),
    heal: () => lan.moveTo('br0', all.slice(0, 2)),
  })
  expect(healMs).toBeLessThan(HEAL_MS)
})
