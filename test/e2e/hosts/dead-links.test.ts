/** Five hosts of which some cannot talk directly: others pass on what they say. */
import { expect, test } from 'vitest'

import { report } from '../harness/checks.ts'
import { allAgree } from '../harness/scene.ts'
import * as h from './hosts.ts'
import type { Host } from './lan.ts'

const hosts = h.useHosts()

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
  { name: 'what the leader sends to one member is lost', lost: [[1, 4]], watchMs: 8_000 },
  {
    name: 'a star: all hear only one, who does not lead',
    lost: allBut([
      [1, 3],
      [2, 3],
      [3, 4],
      [3, 5],
    ]).flatMap(both),
    watchMs: 8_000,
  },
  {
    name: 'a line, with the leader at its end',
    lost: allBut([
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ]).flatMap(both),
    watchMs: 8_000,
  },
]

test.each(situations)('$name', async ({ lost, watchMs }) => {
  const { lan, hosts: all } = hosts()
  const hostAt = (number: number): Host => all[number - 1] as Host
  const members = await h.groupOn(hosts())
  for (const [from, to] of lost) lan.drop(hostAt(from), hostAt(to))

  // While the ways around are being found the view may shrink; no message is lost by that.
  const first = await h.sayAndStore(members, 'at once')
  const cutAt = performance.now()
  const [status] = await allAgree(members, h.LOBBY, { count: 5, withinMs: 20_000 })
  const settledMs = Math.round(performance.now() - cutAt) + first.ms
  const watch = h.watchLeader(members)
  const end = performance.now() + watchMs
  const said = [await h.sayAndStore(members, 'early')]
  await new Promise((resolve) => setTimeout(resolve, end - performance.now()))
  said.push(await h.sayAndStore(members, 'late'))
  const seen = await watch.stop()

  report(`settled ${settledMs} ms after the cut (stored by ${first.storedBy} at first)`)
  report(`then stored by all within ${said.map(({ ms }) => `${ms} ms`)}`)
  expect(said.map(({ storedBy }) => storedBy)).toEqual([
    [5, 5, 5, 5, 5],
    [5, 5, 5, 5, 5],
  ])
  expect(seen).toEqual([`${status?.leader?.name} ${status?.term?.slice(0, 6)}`])
  await allAgree(members, h.LOBBY, { count: 15 })
  await h.expectOneHistory(members)
})
