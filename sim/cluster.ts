/** Clusters for measurements: a group of a given size, assembled and at rest. */
import { unrest } from './checkers/liveness.ts'
import { noFaults } from './faults.ts'
import { World, type SimNode } from './world.ts'

const joinsPerSecond = 200

/** A group of `size` members in which the first leads and everybody is up to date. */
export const assembled = (size: number, seed: number, delayMs = 1): World => {
  const world = new World({ seed, checkers: [], faults: { ...noFaults, delayMs } })
  for (let index = 0; index < size; index += 1) world.addNode()
  const [founder, ...others] = world.nodes
  if (founder === undefined) throw new Error('a group has members')
  const settings = { policy: 'open', listed: true } as const
  world.start(founder, { how: 'found', name: 'sim', settings, createdAt: 0, nonce: 'n' })
  for (const [index, node] of others.entries())
    world.at((index / joinsPerSecond) * 1_000, () => {
      if (world.group === null) return
      world.start(node, { how: 'join', group: world.group, via: [founder.id], proof: null })
    })
  world.runUntil((size / joinsPerSecond) * 1_000 + 5_000)
  rest(world, 60_000)
  return world
}

/** Runs until the cluster is at rest; how long that took, ms. Throws if it takes longer. */
export const rest = (world: World, withinMs: number, stepMs = 10): number => {
  const from = world.now
  for (let why = unrest(world); why !== null; why = unrest(world)) {
    if (world.now - from > withinMs) throw new Error(`not at rest within ${withinMs} ms: ${why}`)
    world.runUntil(world.now + stepMs)
  }
  return world.now - from
}

export const leaderOf = (world: World): SimNode => {
  const leader = world.nodes.find((node) => node.replica?.role.name === 'leader')
  if (leader === undefined) throw new Error('nobody leads')
  return leader
}

/** Cuts everything between the first `size` nodes and the others. */
export const split = (world: World, size: number): void => {
  const left = world.nodes.slice(0, size)
  for (const a of left) for (const b of world.nodes.slice(size)) world.network.cutBoth(a.id, b.id)
}
