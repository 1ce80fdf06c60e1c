/** L9 and L10, measured: writing while the network comes and goes, and many sides that become one. */
import { assembled, rest } from './cluster.ts'
import type { SimNode, World } from './world.ts'

export interface Churn {
  readonly written: number
  /** How many of them their author had back with a place within half a minute. */
  readonly inTime: number
}

const withinMs = 30_000

/** How many messages by this node its own history has. */
const ownIn = ({ disk, id }: SimNode): number => {
  const all = disk?.messages({ from: 1, limit: disk.messageCount() }) ?? []
  return all.filter((message) => message.author === id).length
}

/** Every other node is on the other side, in another way each time. */
const cutAtRandom = (world: World): void => {
  world.network.heal()
  const side = new Map(world.nodes.map(({ id }) => [id, world.prng.next() < 0.5]))
  for (const a of world.nodes)
    for (const b of world.nodes)
      if (side.get(a.id) !== side.get(b.id)) world.network.cut(a.id, b.id)
}

/** Five members, all of whom write once a second; the network falls apart anew every 20 s. */
export const measureChurn = (seed: number, minutes: number): Churn => {
  const world = assembled(5, seed, 5)
  let written = 0
  let inTime = 0
  const end = world.now + minutes * 60_000
  const said = new Map<SimNode, number>(world.nodes.map((node) => [node, 0]))
  for (let second = 0; world.now < end; second += 1) {
    if (second % 20 === 0) cutAtRandom(world)
    for (const node of world.nodes) {
      world.say(node, `${second}`)
      const count = (said.get(node) ?? 0) + 1
      said.set(node, count)
      written += 1
      world.at(world.now + withinMs, () => {
        if (ownIn(node) >= count) inTime += 1
      })
    }
    world.runUntil(world.now + 1_000)
  }
  world.runUntil(world.now + withinMs)
  return { written, inTime }
}

/** Eight members in so many sides that do not hear each other: merges it takes to be one again. */
export const countMerges = (seed: number, sides: number): number => {
  const world = assembled(8, seed, 5)
  for (const [i, a] of world.nodes.entries())
    for (const [j, b] of world.nodes.entries())
      if (i % sides !== j % sides) world.network.cut(a.id, b.id)
  world.runUntil(world.now + 20_000)
  for (const node of world.nodes) world.say(node, `from ${node.id}`)
  world.runUntil(world.now + 5_000)
  world.network.heal()
  rest(world, 60_000)
  const { disk } = world.nodes[0] ?? {}
  const order = disk?.ordered(0, disk.orderLength()) ?? []
  return order.filter(({ signed }) => signed.entry.kind === 'merge').length
}
