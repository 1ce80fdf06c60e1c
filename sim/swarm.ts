/**
 * One run: a cluster, a workload and faults, all drawn from a seed. First act: anything goes wrong,
 * and nothing untrue may ever be seen. Second act: faults stop, and all must come right within a
 * bound.
 */
import type { NodeId } from '../src/core/ids.ts'
import { jitter, type Prng } from '../src/core/prng.ts'
import { BoundsChecker } from './checkers/bounds.ts'
import { DurabilityChecker } from './checkers/durability.ts'
import { EntriesChecker } from './checkers/entries.ts'
import { leadership, unrest } from './checkers/liveness.ts'
import { OrderChecker } from './checkers/order.ts'
import { drawFaults, exponential, noFaults, type Faults } from './faults.ts'
import { World, type SimNode } from './world.ts'

export interface RunResult {
  readonly seed: number
  readonly traceHash: string
  readonly steps: number
  readonly packets: number
  readonly messages: number
  readonly nodes: number
  /** Simulated ms from the end of faults to rest. */
  readonly convergedMs: number
}

export interface RunOptions {
  readonly seed: number
  /** Simulated time of a run, ms. */
  readonly lengthMs?: number
  readonly planted?: ReadonlySet<string>
  readonly trace?: (line: string) => void
}

/** Time to come to rest after faults stop, ms: see docs/internals/simulator.md for the formula. */
const convergenceMs = 40_000
const quietMs = 60_000

/** Runs one seed; throws a `Violation` if an invariant does not hold. */
export const runSeed = (options: RunOptions): RunResult => {
  const { seed, lengthMs = 600_000, trace } = options
  const world = new World({
    seed,
    checkers: [
      new EntriesChecker(),
      new OrderChecker(),
      new DurabilityChecker(),
      new BoundsChecker(),
    ],
    config: { planted: options.planted ?? new Set() },
    ...(trace === undefined ? {} : { trace }),
  })
  const { prng } = world
  const size = drawSize(prng)
  for (let index = 0; index < size; index += 1) world.addNode()
  world.network.faults = drawFaults(prng)
  world.note(null, `faults ${JSON.stringify(world.faults)}`)
  const faultsEnd = lengthMs * (0.3 + 0.4 * prng.next())
  assemble(world)
  scheduleFaults(world, faultsEnd)
  const messages = scheduleWorkload(world, lengthMs - convergenceMs - quietMs)
  world.runUntil(faultsEnd)
  heal(world)
  const convergedMs = awaitRest(world, Math.max(lengthMs - convergenceMs - quietMs, world.now))
  stayQuiet(world)
  for (const checker of world.checkers) checker.atEnd?.(world)
  return {
    seed,
    traceHash: world.traceHash,
    steps: world.steps,
    packets: world.network.sent,
    messages: messages(),
    nodes: size,
    convergedMs,
  }
}

const drawSize = (prng: Prng): number => {
  const sizes = [1, 2, 2, 3, 3, 3, 4, 5, 5, 6, 7, 9]
  return sizes[Math.floor(prng.next() * sizes.length)] ?? 3
}

/** The first node founds the group; the others come in one by one, through whom they happen to know. */
const assemble = (world: World): void => {
  const [founder, ...others] = world.nodes
  if (founder === undefined) return
  const settings = { policy: 'open', listed: true } as const
  const nonce = `${world.prng.next()}`
  world.start(founder, { how: 'found', name: 'sim', settings, createdAt: 0, nonce })
  for (const node of others) {
    const at = 20_000 * world.prng.next()
    world.at(at, () => {
      if (node.replica !== null || world.group === null) return
      const known = world.nodes.filter((one) => one.replica !== null)
      const via = known[Math.floor(world.prng.next() * known.length)]?.id ?? founder.id
      world.start(node, { how: 'join', group: world.group, via: [via, founder.id], proof: null })
    })
  }
}

const anyOf = <T>(prng: Prng, list: readonly T[]): T | undefined =>
  list[Math.floor(prng.next() * list.length)]

const running = (world: World): readonly SimNode[] =>
  world.nodes.filter((node) => node.replica !== null)

const scheduleFaults = (world: World, end: number): void => {
  const { faults, prng } = world
  const each = (mean: number, act: () => void): void => {
    if (mean === Infinity) return
    const next = (): void => {
      const at = world.now + exponential(prng, mean)
      if (at < end)
        world.at(at, () => {
          act()
          next()
        })
    }
    next()
  }
  each(faults.crashEvery, () => crashOne(world))
  each(faults.crashAllEvery, () => {
    for (const node of running(world)) {
      world.crash(node)
      world.restartLater(node)
    }
  })
  each(faults.partitionEvery, () => partition(world, faults))
  each(faults.pauseEvery, () => {
    const node = anyOf(prng, running(world))
    if (node !== undefined) world.pause(node, exponential(prng, faults.pauseMs))
  })
  each(faults.leaveEvery, () => leaveOne(world))
  each(faults.kickEvery, () => kickOne(world))
}

/** Mostly anybody, often the leader. */
const crashOne = (world: World): void => {
  const nodes = running(world)
  const leader = nodes.find((node) => node.replica?.role.name === 'leader')
  const node = world.prng.next() < 0.4 ? leader : anyOf(world.prng, nodes)
  if (node === undefined) return
  world.crash(node)
  world.restartLater(node)
}

const leaveOne = (world: World): void => {
  const node = anyOf(world.prng, running(world))
  if (node === undefined) return
  world.note(node, 'leaves')
  world.input(node, { type: 'leave' })
  world.at(world.now + 3_000, () => {
    if (node.replica?.role.name !== 'left') return
    world.crash(node)
    world.restartLater(node)
  })
}

const kickOne = (world: World): void => {
  const [owner, ...others] = world.nodes
  const target = anyOf(world.prng, others)
  if (owner === undefined || owner.replica === null || target === undefined) return
  world.note(owner, `kicks ${target.id}`)
  world.operate(owner, 'kick', target.id)
}

const partition = (world: World, faults: Faults): void => {
  const { network, prng, nodes } = world
  network.heal()
  const ids = nodes.map((node) => node.id)
  const shape = prng.next()
  if (shape < 0.5) cutHalves(world, ids)
  else if (shape < 0.65) {
    const lone = anyOf(prng, ids)
    for (const id of ids) if (lone !== undefined && id !== lone) network.cutBoth(lone, id)
  } else if (shape < 0.8) {
    const a = anyOf(prng, ids)
    const b = anyOf(prng, ids)
    if (a !== undefined && b !== undefined && a !== b) network.cut(a, b)
  } else if (shape < 0.9) {
    const centre = anyOf(prng, ids)
    for (const a of ids)
      for (const b of ids) if (a !== b && a !== centre && b !== centre) network.cut(a, b)
  } else
    for (const [i, a] of ids.entries())
      for (const [j, b] of ids.entries()) if (Math.abs(i - j) > 1) network.cut(a, b)
  world.note(null, 'network is cut')
  world.at(world.now + jitter(prng, faults.partitionMs, 0.9), () => {
    network.heal()
    world.note(null, 'network is whole')
  })
}

const cutHalves = (world: World, ids: readonly NodeId[]): void => {
  const left = new Set(ids.filter(() => world.prng.next() < 0.5))
  for (const a of ids) for (const b of ids) if (left.has(a) !== left.has(b)) world.network.cut(a, b)
}

/** People write: now one, now all at once, in bursts and pauses. Returns how much was written. */
const scheduleWorkload = (world: World, end: number): (() => number) => {
  const { prng } = world
  const pauseMs = anyOf(prng, [50, 400, 3_000, 20_000]) ?? 1_000
  const burst = prng.next() < 0.3 ? 20 : 1
  const talkers = prng.next() < 0.3 ? 1 : world.nodes.length
  const budget = 1_500
  let count = 0
  const next = (): void => {
    world.at(world.now + exponential(prng, pauseMs * burst), () => {
      const node = world.nodes[Math.floor(prng.next() * talkers)]
      const many = burst === 1 ? 1 : Math.ceil(prng.next() * 2 * burst)
      if (node !== undefined && node.replica !== null && node.replica.role.name !== 'left')
        for (let index = 0; index < many; index += 1) {
          world.say(node, `m${count}`)
          count += 1
        }
      if (world.now < end && count < budget) next()
    })
  }
  next()
  return () => count
}

/** The second act: everything runs, hears and is heard. */
const heal = (world: World): void => {
  world.note(null, 'all is healed')
  const { delayMs } = world.faults
  world.network.faults = { ...noFaults, delayMs }
  world.network.heal()
  if (world.nodes.length > 2 && world.prng.next() < 0.35) thin(world)
  for (const node of world.nodes) {
    node.pausedUntil = 0
    const isOut = node.replica?.role.name === 'left'
    if (isOut) world.crash(node)
    if (node.replica === null && world.group !== null) world.resume(node)
  }
}

/** Leaves only some links, so that everybody can still be reached, but not by everybody directly. */
const thin = (world: World): void => {
  const { network, prng } = world
  const ids = world.nodes.map((node) => node.id).toSorted(() => prng.next() - 0.5)
  const shape = Math.floor(prng.next() * 5)
  const [first, second] = ids
  if (first === undefined || second === undefined) return
  const last = ids.length - 1
  const isLink: readonly ((i: number, j: number) => boolean)[] = [
    (i, j) => !(i + j === 1),
    () => true,
    (i, j) => i === 0 || j === 0,
    (i, j) => Math.abs(i - j) === 1,
    (i, j) => Math.abs(i - j) === 1 || Math.abs(i - j) === last,
  ]
  const oneWay = shape === 1
  for (const [i, a] of ids.entries())
    for (const [j, b] of ids.entries()) {
      const isWhole = oneWay ? !(i === 0 && j === 1) : isLink[shape]?.(i, j)
      if (i !== j && isWhole === false) network.cut(a, b)
    }
  world.note(null, `only some links work: shape ${shape} of ${ids.join(' ')}`)
}

/** Until the workload ends and then all is at rest; how long the rest took to come. */
const awaitRest = (world: World, workloadEnd: number): number => {
  world.runUntil(workloadEnd)
  const from = world.now
  const until = from + convergenceMs
  while (unrest(world) !== null) {
    if (world.now >= until) world.fail(unrest(world) ?? 'unrest')
    reviveKicked(world)
    world.runUntil(world.now + 250)
  }
  return world.now - from
}

/** Whoever was put out in the meantime comes back in as a newcomer would. */
const reviveKicked = (world: World): void => {
  for (const node of world.nodes)
    if (node.left && world.group !== null) {
      world.crash(node)
      world.resume(node)
    }
}

const stayQuiet = (world: World): void => {
  const before = leadership(world)
  world.runUntil(world.now + quietMs)
  const why = unrest(world)
  if (why !== null) world.fail(`L2 ${why} after all was quiet`)
  if (leadership(world) !== before) world.fail('L2 leadership changed though nothing happened')
}
