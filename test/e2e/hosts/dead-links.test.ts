/** Five hosts of which some cannot talk directly: others pass on what they say. */
import { setTimeout as pause } from 'node:timers/promises'

import { expect, onTestFinished, test } from 'vitest'

import type { NetworkStatus } from '../../../src/node/api.ts'
import { report } from '../harness/checks.ts'
import { allAgree, type Member } from '../harness/scene.ts'
import * as h from './hosts.ts'
import type { Host } from './lan.ts'

const hosts = h.useHosts('file')
const group = h.useGroup(hosts)

/** From host to host, by number, whatever is sent is lost. */
type Arrow = readonly [number, number]

const both = ([one, other]: Arrow): readonly Arrow[] => [
  [one, other],
  [other, one],
]

const allPairs: readonly Arrow[] = [1, 2, 3, 4, 5].flatMap((one) =>
  [1, 2, 3, 4, 5].filter((other) => other > one).map((other) => [one, other] as const),
)

const allBut = (links: readonly Arrow[]): readonly Arrow[] =>
  allPairs.filter(([a, b]) => !links.some(([c, d]) => a === c && b === d))

interface Situation {
  readonly name: string
  /** What does not arrive. */
  readonly lost: readonly Arrow[]
  readonly watchMs: number
}

const situations: readonly Situation[] = [
  { name: 'one link of ten is dead, the leader’s', lost: both([1, 4]), watchMs: 20_000 },
  { name: 'what the leader sends to one member is lost', lost: [[1, 4]], watchMs: 5_000 },
  {
    name: 'a star: all hear only one, who does not lead',
    lost: allBut([
      [1, 3],
      [2, 3],
      [3, 4],
      [3, 5],
    ]).flatMap(both),
    watchMs: 5_000,
  },
  {
    name: 'a line, with the leader at its end',
    lost: allBut([
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ]).flatMap(both),
    watchMs: 5_000,
  },
]

/** All of them have all that was said, in one order, and one of them leads. */
const agreed = (members: readonly Member[], count: number) =>
  allAgree(members, h.LOBBY, { count, withinMs: 20_000 })

test.each(situations)('$name', async ({ lost, watchMs }) => {
  const { lan, hosts: all } = hosts()
  const hostAt = (number: number): Host => all[number - 1] as Host
  const members = await group()
  const { count } = await members[0].network(h.LOBBY)
  const cutAt = performance.now()
  for (const [from, to] of lost) lan.drop(hostAt(from), hostAt(to))
  onTestFinished(async () => {
    for (const [from, to] of lost) lan.pass(hostAt(from), hostAt(to))
    await agreed(members, count + 15)
  })

  // While the ways around are being found the view may shrink; no message is lost by that.
  const first = await h.sayAndStore(members, 'at once')
  const [status] = (await agreed(members, count + 5)) as unknown as [NetworkStatus]
  const settledMs = Math.round(performance.now() - cutAt)
  const watch = h.watchLeader(members)
  const said = [await h.sayAndStore(members, 'early')]
  await pause(watchMs)
  said.push(await h.sayAndStore(members, 'late'))
  const seen = await watch.stop()

  report(`settled ${settledMs} ms after the cut, stored by ${first.storedBy.join(', ')} at first`)
  report(`then stored by all within ${said.map(({ ms }) => `${ms} ms`).join(' and ')}`)
  for (const { storedBy } of said) expect(storedBy).toEqual([5, 5, 5, 5, 5])
  expect(seen).toEqual([h.leadership(status)])
  await agreed(members, count + 15)
  await h.expectOneHistory(members)
})
