/**
 * One run: a cluster, a workload and faults, all drawn from a seed. First act: anything goes wrong,
 * and nothing untrue may ever be seen. Then faults stop, and all must come right within a bound:
 * `acts.ts`.
 */
import type { Config } from '../src/core/config.ts'
import type { NodeId } from '../src/core/ids.ts'
import type { Prng } from '../src/core/prng.ts'
import { heal, awaitConvergence, awaitRest, lastAct, restMs, stayQuiet } from './acts.ts'
import { allCheckers } from './checkers/all.ts'
import type { Checker } from './checkers/checker.ts'
import {
  classesOf,
  drawFaults,
  exponential,
  withoutClasses,
  type FaultClass,
  type Faults,
} from './faults.ts'
import { anyOf, hintOne, scheduleFaults } from './mischief.ts'
import { World } from './world.ts'

export interface RunResult {
  readonly seed: number
  readonly traceHash: string
  readonly steps: number
  readonly packets: number
  readonly messages: number
  readonly nodes: number
  /** Simulated ms from the end of faults to one leader that everybody follows. */
  readonly convergedMs: number
  /** Simulated ms from the last message to equal heads and empty outboxes. */
  readonly restedMs: number
  /** How often each kind of thing happened: see `coverage.ts`. */
  readonly marks: Readonly<Record<string, number>>
}

export interface RunOptions {
  readonly seed: number
  /** Simulated time of a run, ms, and how long of it nothing must change in the end. */
  readonly lengthMs?: number
  readonly quietMs?: number
  readonly planted?: ReadonlySet<string>
  /** Classes of faults that are left out, whatever the seed draws. */
  readonly without?: readonly FaultClass[]
  /** Counted into this, even if the run fails. */
  readonly marks?: Map<string, number>
  readonly trace?: (line: string) => void
  /** Who else watches. */
  readonly watchers?: readonly Checker[]
}

/** The last act, after all was quiet, ms: a leader dies, a leader leaves, somebody comes in. */
const lastActMs = 40_000

/** Runs one seed; throws a `Violation` if an invariant does not hold. */
export const runSeed = (options: RunOptions): RunResult => {
  const { seed, lengthMs = 600_000, quietMs = 60_000, trace, without = [] } = options
  const world = new World({
    seed,
    checkers: [...allCheckers(), ...(options.watchers ?? [])],
    config: { planted: options.planted ?? new Set() },
    marks: options.marks ?? new Map(),
    ...(trace === undefined ? {} : { trace }),
  })
  const { prng } = world
  const size = drawSize(prng)
  for (let index = 0; index < size; index += 1) world.addNode()
  const faults = withoutClasses(drawFaults(prng), without)
  world.network.faults = faults
  world.config = { ...world.config, ...drawLimits(prng) }
  world.policy = prng.next() < 0.25 ? 'invite' : 'open'
  for (const name of classesOf(faults)) world.mark(`class ${name}`)
  world.note(null, `faults ${JSON.stringify(faults)}`)
  const workEnd = lengthMs - quietMs - restMs(world) - lastActMs
  const faultsEnd = workEnd * (0.4 + 0.5 * prng.next())
  assemble(world, faultsEnd)
  scheduleFaults(world, faultsEnd)
  const messages = scheduleWorkload(world, workEnd)
  world.runUntil(faultsEnd)
  heal(world)
  const convergedMs = awaitConvergence(world)
  scheduleHints(world, faults, lengthMs - lastActMs)
  const restedMs = awaitRest(world, workEnd)
  stayQuiet(world, quietMs)
  lastAct(world)
  for (const checker of world.checkers) checker.atEnd?.(world)
  return {
    seed,
    traceHash: world.traceHash,
    steps: world.steps,
    packets: world.network.sent,
    messages: messages(),
    nodes: size,
    convergedMs,
    restedMs,
    marks: Object.fromEntries(world.marks),
  }
}

/** A discovery service that lies goes on lying when all else is well. */
const scheduleHints = (world: World, faults: Faults, end: number): void => {
  if (faults.hintEvery === Infinity) return
  const next = (): void => {
    const at = world.now + exponential(world.prng, faults.hintEvery)
    if (at >= end) return
    world.at(at, () => {
      hintOne(world)
      next()
    })
  }
  next()
}

/** Now and then the limits are so low that they are met, and the group is large enough for a tree. */
const drawLimits = (prng: Prng): Partial<Config> => ({
  outboxItems: prng.next() < 0.3 ? 40 : 10_000,
  ...(prng.next() < 0.3 ? { itemsPerSecond: 40, itemsBurst: 64 } : {}),
  ...(prng.next() < 0.4 ? { treeAbove: 2, treeWidth: 1 + Math.floor(2 * prng.next()) } : {}),
})

const drawSize = (prng: Prng): number => {
  const sizes = [1, 2, 2, 3, 3, 3, 4, 5, 5, 6, 7, 9]
  return sizes[Math.floor(prng.next() * sizes.length)] ?? 3
}

/** The first node founds the group; the others come in one by one, through whom they happen to know. */
const assemble = (world: World, end: number): void => {
  const [founder, ...others] = world.nodes
  if (founder === undefined) return
  const settings = { policy: world.policy, listed: true }
  const nonce = `${world.prng.next()}`
  world.start(founder, { how: 'found', name: 'sim', settings, createdAt: 0, nonce })
  if (world.policy === 'invite') invite(world, others.length)
  const lateMs = world.policy === 'invite' || world.prng.next() < 0.2 ? end : 20_000
  for (const node of others) {
    const at = lateMs * world.prng.next()
    world.at(at, () => {
      if (node.replica !== null || world.group === null) return
      const known = world.nodes.filter((one) => one.replica !== null)
      const via = known[Math.floor(world.prng.next() * known.length)]?.id ?? founder.id
      world.start(node, {
        how: 'join',
        group: world.group,
        via: [via, founder.id],
        proof: world.proofFor(node.id),
      })
    })
  }
}

/** Often enough for all, sometimes for all but one: then who comes first is let in. */
const invite = (world: World, others: number): void => {
  const { prng, nodes } = world
  const uses = prng.next() < 0.6 ? Math.max(1, others - 1) : 3 * others + 3
  world.invite = 'invite-1' as NodeId
  const [founder] = nodes
  if (founder !== undefined)
    world.operate(founder, 'invite', 'invite-1', `${uses} ${Number.MAX_SAFE_INTEGER}`)
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
      if (world.now >= end) return
      const node = world.nodes[Math.floor(prng.next() * talkers)]
      const many = burst === 1 ? 1 : Math.ceil(prng.next() * 2 * burst)
      if (node !== undefined && node.replica !== null && node.replica.role.name !== 'left')
        for (let index = 0; index < many; index += 1) {
          world.say(node, `m${count}`)
          count += 1
        }
      if (count < budget) next()
    })
  }
  next()
  return () => count
}
