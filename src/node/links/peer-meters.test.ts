import { expect, test } from 'vitest'

import type { NodeId } from '../../core/ids.ts'
import { frameCost, packetCost, PeerMeters } from './peer-meters.ts'

const bob = 'bob' as NodeId
const stranger = 'stranger' as NodeId

const metersOf = (members: readonly NodeId[]) => {
  const clock = { now: 0 }
  const standing = new Set(members)
  return {
    clock,
    standing,
    meters: new PeerMeters(
      (id) => standing.has(id),
      () => clock.now,
    ),
  }
}

/** How many frames of a peer are read in so many ms, if it sends without a pause. */
const readIn = (
  { clock, meters }: ReturnType<typeof metersOf>,
  peer: NodeId,
  ms: number,
  cost = 1,
): number => {
  const end = clock.now + ms
  let frames = 0
  while (clock.now < end) {
    clock.now += meters.spend(peer, cost)
    frames += 1
  }
  return frames
}

test('a member may send a burst, and then thousands a second; a stranger a hundred', () => {
  const scene = metersOf([bob])
  expect(readIn(scene, bob, 10_000)).toBeCloseTo(8_000 + 30_000, -1)
  expect(readIn(scene, stranger, 10_000)).toBeCloseTo(400 + 1_000, -1)
})

test('what costs more comes less often', () => {
  const scene = metersOf([bob])
  const summary = { head: null, tips: [], terms: [] }
  const cost = frameCost(100) + packetCost({ kind: 'sync', summary })
  expect(readIn(scene, bob, 10_000, cost)).toBeLessThan(500)
  expect(frameCost(1_048_576)).toBe(65)
})

test('strangers share what strangers have, however many keys they make up', () => {
  const scene = metersOf([bob])
  const { clock, meters } = scene
  let frames = 0
  for (let second = 0; second < 10; second += 1) {
    for (let key = 0; key < 1_000; key += 1)
      while (meters.spend(`${second}-${key}` as NodeId, 1) === 0) frames += 1
    clock.now += 1_000
  }
  expect(frames).toBeLessThan(2_000 + 10 * 500)
  expect(meters.spend(bob, 1)).toBe(0)
})

test('whoever is let in is a member at once, and a stranger again soon after it is out', () => {
  const scene = metersOf([])
  const { clock, meters, standing } = scene
  readIn(scene, stranger, 5_000)
  expect(meters.spend(stranger, 100)).toBeGreaterThan(900)
  standing.add(stranger)
  expect(meters.spend(stranger, 100)).toBe(0)
  standing.delete(stranger)
  clock.now += 1_000
  expect(meters.spend(stranger, 1_000)).toBeGreaterThan(5_000)
})
