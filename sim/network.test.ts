import { expect, test } from 'vitest'

import type { NodeId } from '../src/core/ids.ts'
import { createPrng } from '../src/core/prng.ts'
import { noFaults, type Faults } from './faults.ts'
import { Network } from './network.ts'

const [a, b, c] = ['a', 'b', 'c'] as NodeId[] as [NodeId, NodeId, NodeId]

const network = (faults: Partial<Faults> = {}) =>
  new Network(createPrng(1), { ...noFaults, delayMs: 10, ...faults })

const thousand = (net: Network) => Array.from({ length: 1_000 }, () => net.deliveries(a, b, 0))

test('a packet takes about the ordinary delay, half of it more or less', () => {
  for (const [delay, ...others] of thousand(network())) {
    expect(others).toEqual([])
    expect(delay).toBeGreaterThanOrEqual(5)
    expect(delay).toBeLessThanOrEqual(15)
  }
})

test('a cut is one way until both are cut, and healing ends it', () => {
  const net = network()
  net.cut(a, b)
  expect(net.deliveries(a, b, 0)).toEqual([])
  expect(net.deliveries(b, a, 0)).toHaveLength(1)
  net.cutBoth(b, c)
  expect(net.isCut(b, c) && net.isCut(c, b)).toBe(true)
  expect(net.isWhole()).toBe(false)
  net.mend(a, b)
  expect(net.deliveries(a, b, 0)).toHaveLength(1)
  net.heal()
  expect(net.isWhole()).toBe(true)
})

test('loss, duplication and replay come about as often as they should', () => {
  const lost = thousand(network({ loss: 0.3 })).filter((copies) => copies.length === 0).length
  expect(lost).toBeGreaterThan(230)
  expect(lost).toBeLessThan(370)
  const twice = thousand(network({ duplicate: 0.2 })).filter((copies) => copies.length === 2).length
  expect(twice).toBeGreaterThan(130)
  expect(twice).toBeLessThan(270)
  const late = thousand(network({ replay: 0.1 })).flat()
  expect(late.filter((delay) => delay >= 1_000).length).toBeGreaterThan(50)
})

test('a clogged path is slow in its direction, for as long as it is clogged', () => {
  const net = network()
  net.clog(a, b, 100, 500)
  expect(net.deliveries(a, b, 50)[0]).toBeGreaterThan(500)
  expect(net.deliveries(b, a, 50)[0]).toBeLessThan(20)
  expect(net.deliveries(a, b, 100)[0]).toBeLessThan(20)
})

test('who cannot be dialled is reached over connections of its own, until they are gone', () => {
  const net = network()
  net.shut(b)
  net.shut(c)
  expect(net.deliveries(a, b, 0)).toEqual([])
  expect(net.deliveries(b, a, 0)).toHaveLength(1)
  expect(net.deliveries(a, b, 1_000)).toHaveLength(1)
  expect(net.deliveries(a, b, 40_000)).toEqual([])
  expect(net.deliveries(b, a, 40_000)).toHaveLength(1)
  net.hangUp(a)
  expect(net.deliveries(a, b, 40_001)).toEqual([])
  expect(net.isCut(b, c)).toBe(true)
  expect(net.isWhole()).toBe(false)
  net.open()
  expect(net.deliveries(b, c, 40_002)).toHaveLength(1)
})

test('who is alone stays so when all else is mended', () => {
  const net = network()
  net.isolate(a)
  net.heal()
  expect([net.isCut(a, b), net.isCut(b, a), net.isCut(b, c)]).toEqual([true, true, false])
  net.open()
  expect(net.isWhole()).toBe(true)
})
