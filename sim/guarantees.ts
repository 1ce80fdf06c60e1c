/** What the protocol costs and how fast it heals, measured in simulated time at default settings. */
import { leadership, unrest } from './checkers/liveness.ts'
import { assembled, leaderOf, rest, split } from './cluster.ts'
import type { World } from './world.ts'

export interface FailOver {
  readonly members: number
  readonly packets: number
  readonly ms: number
}

/** What a fail-over may cost in packets: a few to and from each member. */
export const failOverPackets = (members: number): number => 4 * members + 40

/** The leader dies, and its address refuses connections: packets until everybody follows the next. */
export const measureFailOver = (members: number, seed: number): FailOver => {
  const world = assembled(members, seed)
  const before = world.network.sent
  const from = world.now
  world.crash(leaderOf(world))
  while (!isLed(world)) world.runUntil(world.now + 1)
  return { members, packets: world.network.sent - before, ms: world.now - from }
}

const isLed = (world: World): boolean => {
  const alive = world.nodes.filter((node) => node.replica !== null)
  const leaders = alive.filter((node) => node.replica?.role.name === 'leader')
  const [leader] = leaders
  return leaders.length === 1 && alive.every((node) => node.replica?.leader() === leader?.id)
}

/** A group of five split 3|2 for a minute in which both sides talk; ms from healing to rest. */
export const measureHeal = (seed: number, onlyThroughOthers: boolean): number => {
  const world = assembled(5, seed, 5)
  split(world, 3)
  for (let second = 0; second < 60; second += 1) {
    for (const node of world.nodes) world.say(node, `${node.id} ${second}`)
    world.runUntil(world.now + 1_000)
  }
  world.network.heal()
  // Only the third and the fourth hear each other across: neither of them leads its side.
  if (onlyThroughOthers) {
    split(world, 3)
    const [, , third, , fifth] = world.nodes
    if (third !== undefined && fifth !== undefined) world.network.join(third.id, fifth.id)
  }
  return rest(world, 60_000)
}

export type Shape = 'one dead link' | 'one way' | 'star' | 'line' | 'ring'

export const shapes: readonly Shape[] = ['one dead link', 'one way', 'star', 'line', 'ring']

/** Keeps only the links of a shape. */
export const shape = (world: World, how: Shape): void => {
  const ids = world.nodes.map((node) => node.id)
  const works = (i: number, j: number): boolean => {
    const apart = Math.abs(i - j)
    if (how === 'one dead link') return i + j !== 1
    if (how === 'one way') return !(i === 0 && j === 1)
    if (how === 'star') return i === 2 || j === 2
    return apart === 1 || (how === 'ring' && apart === ids.length - 1)
  }
  for (const [i, a] of ids.entries())
    for (const [j, b] of ids.entries()) if (i !== j && !works(i, j)) world.network.cut(a, b)
}

/** Links die to a shape; is there one leader after a minute, and no change in the second one? */
export const measureShape = (seed: number, how: Shape, members = 5): string | null => {
  const world = assembled(members, seed, 5)
  shape(world, how)
  world.runUntil(world.now + 60_000)
  const before = leadership(world)
  for (const node of world.nodes) world.say(node, `from ${node.id}`)
  world.runUntil(world.now + 60_000)
  if (leadership(world) !== before) return `${how}: leadership changed in the second minute`
  const why = unrest(world)
  return why === null ? null : `${how}: ${why}`
}

/** Changes of leader or term in a group of five over so many hours at this loss. */
export const countChanges = (seed: number, hours: number, loss: number): number => {
  const world = assembled(5, seed, 5)
  world.network.faults = { ...world.network.faults, loss }
  let before = leadership(world)
  let changes = 0
  for (let minute = 0; minute < hours * 60; minute += 1) {
    world.runUntil(world.now + 60_000)
    const now = leadership(world)
    if (now !== before) changes += 1
    before = now
  }
  return changes
}
