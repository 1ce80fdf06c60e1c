import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { millis, type InstanceId, type NodeId } from './ids.ts'
import { limits } from './limits.ts'
import { Mesh } from './mesh.ts'
import { createPrng } from './prng.ts'
import { Dice, diceArbitrary, idOf, sessionOf } from './story.suite.ts'

const h = 500

interface Station {
  readonly id: NodeId
  readonly mesh: Mesh
  instance: InstanceId
  nextAt: number
  dead: boolean
}

/** Nodes that announce themselves to each other every H over the links that work. */
class Air {
  readonly stations: readonly Station[]
  readonly #works: (from: number, to: number) => boolean
  readonly #prng = createPrng(1)
  now = 0

  constructor(count: number, works: (from: number, to: number) => boolean) {
    this.#works = works
    this.stations = Array.from({ length: count }, (_, index) => ({
      id: idOf(`n${index}`),
      mesh: new Mesh(),
      instance: sessionOf(idOf(`n${index}`)),
      nextAt: this.#prng.next() * h,
      dead: false,
    }))
  }

  hears(to: number, from: number): boolean {
    const [sender, receiver] = [this.stations[from]!, this.stations[to]!]
    return from !== to && !sender.dead && !receiver.dead && this.#works(from, to)
  }

  wakeAll(): void {
    for (const { mesh } of this.stations) mesh.wake(millis(this.now), h, true)
  }

  /** Everybody is heard by everybody that its links reach, all the time, also while the mesh sleeps. */
  run(beats: number): void {
    const end = this.now + beats * h
    for (;;) {
      const next = this.stations.reduce((a, b) => (a.nextAt <= b.nextAt ? a : b))
      if (next.nextAt > end) break
      this.now = next.nextAt
      next.nextAt += h
      if (!next.dead) this.#announce(this.stations.indexOf(next))
    }
    this.now = end
  }

  #announce(from: number): void {
    const { id, mesh, instance } = this.stations[from]!
    const now = millis(this.now)
    const receivers = this.stations.filter((_, to) => this.hears(to, from))
    for (const to of receivers) to.mesh.noteHeard(id, now)
    if (!mesh.isAwake(now)) return
    const table = mesh.announce(id, instance, null, now, h)
    const troubled = mesh.isTroubled(id, now, h)
    if (troubled) mesh.wake(now, h, false)
    for (const to of receivers) {
      to.mesh.learn(to.id, id, table, now, h)
      if (troubled) to.mesh.wake(now, h, false)
    }
  }

  route(from: number, to: number): readonly number[] | null {
    const { id, mesh } = this.stations[from]!
    const route = mesh.routeTo(id, this.stations[to]!.id, millis(this.now), h)
    return route?.map((hop) => this.stations.findIndex((station) => station.id === hop)) ?? null
  }

  awake(): number {
    const living = this.stations.filter((station) => !station.dead)
    return living.filter(({ mesh }) => mesh.isAwake(millis(this.now))).length
  }
}

/** Hops of the shortest way, by trying all. */
const distance = (
  count: number,
  works: (a: number, b: number) => boolean,
  from: number,
  to: number,
) => {
  let reached = new Set([from])
  for (let hops = 0; hops <= count; hops += 1) {
    if (reached.has(to)) return hops
    const next = new Set(reached)
    for (const a of reached)
      for (let b = 0; b < count; b += 1) if (b !== a && works(a, b)) next.add(b)
    reached = next
  }
  return null
}

describe('ways around', () => {
  it('lead through the centre of a star', () => {
    const air = new Air(5, (a, b) => a === 0 || b === 0)
    air.wakeAll()
    air.run(4)
    expect(air.route(1, 4)).toEqual([0, 4])
    expect(air.route(0, 4)).toBeNull()
    expect(air.route(4, 0)).toBeNull()
  })

  it('lead along a line, from end to end', () => {
    const air = new Air(6, (a, b) => Math.abs(a - b) === 1)
    air.wakeAll()
    air.run(8)
    expect(air.route(0, 5)).toEqual([1, 2, 3, 4, 5])
    expect(air.route(5, 1)).toEqual([4, 3, 2, 1])
  })

  it('take one-way links in the direction in which they work', () => {
    const air = new Air(3, (a, b) => !(a === 0 && b === 1))
    air.wakeAll()
    air.run(4)
    expect(air.route(0, 1)).toEqual([2, 1])
    expect(air.route(1, 0)).toBeNull()
  })

  it('are not longer than the packets may travel', () => {
    const air = new Air(12, (a, b) => Math.abs(a - b) === 1)
    air.wakeAll()
    air.run(12)
    expect(air.route(0, limits.hops)).toHaveLength(limits.hops)
    expect(air.route(0, 11)).toBeNull()
  })

  it('are the shortest there are, over links that work, and pass nobody twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 7 }), diceArbitrary(50), (count, throws) => {
        const dice = new Dice(throws)
        const links = new Set<string>()
        for (let a = 0; a < count; a += 1)
          for (let b = 0; b < count; b += 1) if (dice.upTo(5) < 2) links.add(`${a} ${b}`)
        const works = (a: number, b: number): boolean => links.has(`${a} ${b}`)
        const air = new Air(count, works)
        air.wakeAll()
        air.run(count + 2)
        for (let a = 0; a < count; a += 1)
          for (let b = 0; b < count; b += 1) {
            const route = a === b ? null : air.route(a, b)
            if (route === null) continue
            const way = [a, ...route]
            expect(way.slice(1).every((to, at) => works(way[at]!, to))).toBe(true)
            expect(new Set(way).size).toBe(way.length)
            expect(route).toHaveLength(distance(count, works, a, b) ?? 0)
          }
      }),
      { numRuns: 60 },
    )
  })

  it('are found wherever there are some both ways', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 7 }), diceArbitrary(50), (count, throws) => {
        const dice = new Dice(throws)
        const cut = new Set<string>()
        for (let a = 0; a < count; a += 1)
          for (let b = 0; b < a; b += 1) if (dice.upTo(2) === 0) cut.add(`${b} ${a}`)
        const works = (a: number, b: number): boolean =>
          !cut.has(`${Math.min(a, b)} ${Math.max(a, b)}`)
        const air = new Air(count, works)
        air.wakeAll()
        air.run(count + 2)
        for (let a = 0; a < count; a += 1)
          for (let b = 0; b < count; b += 1) {
            const hops = distance(count, works, a, b)
            const expected = hops === null || hops < 2 ? null : hops
            expect(air.route(a, b)?.length ?? null).toBe(expected)
          }
      }),
      { numRuns: 60 },
    )
  })
})

describe('a mesh', () => {
  it('falls asleep when all hear all', () => {
    const air = new Air(4, () => true)
    air.wakeAll()
    air.run(2)
    expect(air.awake()).toBe(4)
    air.run(60)
    expect(air.awake()).toBe(0)
  })

  it('stays awake as long as somebody has to be reached by a way around', () => {
    const air = new Air(4, (a, b) => a + b !== 1)
    air.wakeAll()
    air.run(200)
    expect(air.awake()).toBe(4)
    expect(air.route(0, 1)).not.toBeNull()
  })

  it('falls asleep though somebody died meanwhile: nobody keeps the dead alive by hearsay', () => {
    for (let victim = 0; victim < 5; victim += 1) {
      const air = new Air(5, () => true)
      air.wakeAll()
      air.run(3)
      air.stations[victim]!.dead = true
      air.run(100)
      expect(air.awake(), `without n${victim}`).toBe(0)
    }
  })

  it('finds the way to a node that came back as another instance', () => {
    const air = new Air(3, (a, b) => a === 0 || b === 0)
    air.wakeAll()
    air.run(4)
    const back = air.stations[2]!
    back.instance = sessionOf(back.id, 2)
    air.run(6)
    expect(air.route(1, 2)).toEqual([0, 2])
  })

  it('tells of so many nodes and no more, each of them hearing so many and no more', () => {
    const mesh = new Mesh()
    const many = Array.from({ length: 500 }, (_, index) => idOf(`m${index}`))
    for (const id of many) mesh.noteHeard(id, millis(0))
    const told = many.map((id) => ({
      id,
      instance: sessionOf(id),
      stamp: 1,
      ageMs: 0,
      hears: many.slice(0, limits.meshNodes),
    }))
    mesh.learn(idOf('self'), many[0]!, told, millis(0), h)
    const table = mesh.announce(idOf('self'), sessionOf(idOf('self')), null, millis(1), h)
    expect(table.length).toBeLessThanOrEqual(limits.meshNodes)
    expect(JSON.stringify(table).length).toBeLessThan(limits.packetBytes / 4)
  })

  it('believes no older announcement after a newer one, but what the node says itself', () => {
    const mesh = new Mesh()
    const [self, a, b] = [idOf('self'), idOf('a'), idOf('b')]
    const row = (stamp: number, hears: readonly NodeId[], ageMs = 0) => ({
      id: a,
      instance: sessionOf(a),
      stamp,
      ageMs,
      hears,
    })
    expect(mesh.learn(self, a, [row(5, [b])], millis(0), h)).toBe(true)
    expect(mesh.learn(self, b, [row(4, [], 10)], millis(1), h)).toBe(false)
    expect(mesh.learn(self, b, [row(6, [], 10)], millis(20), h)).toBe(true)
    expect(mesh.learn(self, self, [{ ...row(9, []), id: self }], millis(21), h)).toBe(false)
  })
})

describe('a trail', () => {
  it('leads back the way that something came, for a while', () => {
    const mesh = new Mesh()
    const [self, x, y, far] = [idOf('self'), idOf('x'), idOf('y'), idOf('far')]
    mesh.noteTrail(far, [x, y], millis(0))
    expect(mesh.hasWays(millis(1))).toBe(true)
    expect(mesh.routeTo(self, far, millis(1), h)).toEqual([y, x, far])
    expect(mesh.routeTo(self, far, millis(100 * h), h)).toBeNull()
    expect(mesh.hasWays(millis(100 * h))).toBe(false)
  })

  it('is forgotten when there are too many', () => {
    const mesh = new Mesh()
    for (let index = 0; index < 2_000; index += 1)
      mesh.noteTrail(idOf(`t${index}`), [idOf('x')], millis(0))
    expect(mesh.routeTo(idOf('self'), idOf('t0'), millis(1), h)).toBeNull()
    expect(mesh.routeTo(idOf('self'), idOf('t1999'), millis(1), h)).not.toBeNull()
  })
})
