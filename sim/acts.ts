/**
 * The acts after the faults: all must come right within a bound, then stay so, and then a leader
 * that dies, one that leaves and one that comes in must be taken as the protocol says.
 */
import { suspectMs } from '../src/core/config.ts'
import type { NodeId } from '../src/core/ids.ts'
import { judgeAdmission } from '../src/core/roster.ts'
import { dissent, leaderOf, leadership, members, unrest, type Live } from './checkers/liveness.ts'
import { noFaults } from './faults.ts'
import { thin } from './thin.ts'
import type { SimNode, World } from './world.ts'

/** How often it is looked whether all is well by now, ms. */
const lookEvery = 50

/**
 * T_conv: the time that a connected group may take to agree on one leader, ms. Whoever leads nobody
 * suspects so (4H, and what a beat varies by); seniors go first, one step D each; candidates wait
 * 2D for answers and two pages' time for what they lack; leaders that do not know of each other
 * probe every 4H (varied by a quarter) and may need three such meetings, each with an offer that
 * can be lost to another one (3D); who is outside the view asks every H.
 */
export const convergenceMs = (world: World): number => {
  const { config } = world
  const { heartbeatMs: h, electionStepMs: d, pageTimeoutMs: page } = config
  const n = world.nodes.length
  const election = 1.25 * suspectMs(config, n) + (n + 4) * 1.2 * d + 2 * page
  const meetings = 3 * (5 * h + 3 * d)
  return election + meetings + 2 * h
}

/** Time until everything written is everywhere and known to be so, ms. */
export const restMs = (world: World): number => 2 * suspectMs(world.config, world.nodes.length)

/** Everything runs, hears and is heard, if need be through others. */
export const heal = (world: World): void => {
  world.note(null, 'all is healed')
  const { delayMs, refuses, twinIds } = world.faults
  world.network.faults = { ...noFaults, delayMs, refuses, twinIds }
  world.network.heal()
  world.network.open()
  world.network.unclog()
  for (const node of world.nodes) {
    node.pausedUntil = Math.min(node.pausedUntil, world.now)
    node.handsOnFrom = world.now
    world.wake(node)
    const { replica } = node
    const isGoing = replica !== null && (replica.role.name === 'left' || replica.leaveBy !== null)
    if (isGoing) world.crash(node)
    if (node.replica === null && world.group !== null) world.resume(node)
  }
  if (world.nodes.length > 2 && world.prng.next() < 0.5 && areAllMembers(world)) thin(world)
  hintJoiners(world)
  for (const checker of world.checkers) checker.onHeal?.(world)
}

/** Nobody is asked to pass on packets who is no member in somebody's eyes. */
const areAllMembers = (world: World): boolean =>
  world.nodes.every(({ replica }) =>
    world.nodes.every(({ id }) => replica?.history.state.roster.members.has(id) === true),
  )

/** Whoever still looks for a way in learns who might be one, as the discovery service would tell. */
const hintJoiners = (world: World): void => {
  const peers = world.nodes.filter((node) => node.replica !== null).map((node) => node.id)
  for (const node of world.nodes)
    if (node.replica?.role.name === 'joining') world.input(node, { type: 'hint', peers })
}

/** Runs until `isDone` says null, and fails with what it says if that takes too long. */
const waitUntil = (
  world: World,
  withinMs: number,
  what: (world: World) => string | null,
): number => {
  const from = world.now
  for (let why = what(world); why !== null; why = what(world)) {
    if (world.now - from >= withinMs) world.fail(`${why}, ${withinMs} ms later`)
    world.runUntil(world.now + lookEvery)
  }
  return world.now - from
}

/** L1, L3: returns how long it took. */
export const awaitConvergence = (world: World): number => {
  // Links that died just now show themselves by the beats that they swallow.
  if (!world.network.isWhole()) world.runUntil(world.now + convergenceMs(world) / 2)
  const took = waitUntil(world, convergenceMs(world), (now) => {
    reviveOut(now)
    return dissent(now)
  })
  world.note(null, `all follow ${leaderOf(world)?.id ?? 'nobody'}`)
  return took
}

/** L2 while people go on writing, then L4: returns how long the rest took. */
export const awaitRest = (world: World, workEnd: number): number => {
  // What was wanted of the roster before all was healed takes its effect now, on the leader too.
  world.runUntil(Math.min(workEnd, world.now + restMs(world)))
  awaitConvergence(world)
  const before = termOfGroup(world)
  while (world.now < workEnd) {
    reviveOut(world)
    world.runUntil(Math.min(workEnd, world.now + 1_000))
  }
  const took = waitUntil(world, restMs(world), unrest)
  if (before !== '' && termOfGroup(world) !== before)
    world.fail('L2 leadership changed though nothing happened')
  return took
}

const termOfGroup = (world: World): string => {
  const role = leaderOf(world)?.replica.role
  return role?.name === 'leader' ? role.term : ''
}

/** L2: for so long nobody's role, leader or term changes. */
export const stayQuiet = (world: World, quietMs: number): void => {
  const before = leadership(world)
  world.isQuiet = true
  world.runUntil(world.now + quietMs)
  world.isQuiet = false
  const why = unrest(world)
  if (why !== null) world.fail(`L2 ${why} after all was quiet`)
  if (leadership(world) !== before) world.fail('L2 leadership changed though nothing happened')
}

/** Whoever was put out in the meantime comes back as a newcomer would, if there is a way in. */
const reviveOut = (world: World): void => {
  for (const node of world.nodes)
    if (node.left && world.group !== null && mayComeIn(world, node)) {
      world.crash(node)
      world.resume(node)
    }
}

const mayComeIn = (world: World, node: SimNode): boolean => {
  const state = (leaderOf(world) ?? members(world)[0])?.replica.history.state
  if (state === undefined) return false
  const card = { id: node.id, name: node.id, addresses: [], sig: '' } as const
  const verdict = judgeAdmission(state.roster, world.policy, {
    card,
    proof: world.proofFor(node.id),
  })
  return verdict === 'member' || verdict === 'admitted'
}

/** A leader dies, a leader leaves, and both come back. */
export const lastAct = (world: World): void => {
  world.network.heal()
  world.network.open()
  world.runUntil(world.now + 5 * suspectMs(world.config, world.nodes.length))
  const first = leaderOf(world)
  if (first === null) return
  loseLeader(world, first)
  const second = leaderOf(world)
  if (second !== null) leaderLeaves(world, second)
  comeIn(world, [first, ...(second === null ? [] : [second])])
  waitUntil(world, restMs(world), unrest)
  // A page that was asked for in vain is waited for this long.
  world.runUntil(world.now + world.config.pageTimeoutMs)
}

/** Those that should lead, one after the other. */
const seniority = (leader: Live): readonly NodeId[] =>
  leader.replica.history.state.view.members.map((member) => member.id)

const leadsNow =
  (id: NodeId) =>
  (world: World): string | null => {
    const why = dissent(world)
    if (why !== null) return why
    if (world.node(id).replica?.role.name === 'leader') return null
    return `L3 ${leaderOf(world)?.id} leads and ${id} is more senior`
  }

/** L1, L3: the most senior survivor takes over as soon as the silence is noticed. */
const loseLeader = (world: World, leader: Live): void => {
  const { config } = world
  const next = seniority(leader)[1]
  world.mark('act: the leader dies')
  world.crash(leader)
  if (next === undefined) return
  // Even where its address refuses connections: a last beat may come in after that was noticed.
  const noticed = 1.25 * suspectMs(config, world.nodes.length)
  waitUntil(world, noticed + 4 * config.electionStepMs + 20 * world.faults.delayMs, leadsNow(next))
  waitUntil(world, 1.5 * suspectMs(config, world.nodes.length), unrest)
}

/** L8: a message written at that moment is sequenced within a second. */
const leaderLeaves = (world: World, leader: Live): void => {
  const next = seniority(leader)[1]
  world.mark('act: the leader leaves')
  world.note(leader, 'leaves')
  world.input(leader, { type: 'leave' })
  if (next === undefined) return
  const heir = world.node(next)
  const before = heir.disk?.messageCount() ?? 0
  world.say(heir, 'meanwhile')
  const leads = leadsNow(next)
  waitUntil(world, 1_000 + 10 * world.faults.delayMs, (now) =>
    (heir.disk?.messageCount() ?? 0) > before ? leads(now) : 'L8 nobody sequences',
  )
}

/** L5: whoever may come in is in within ten seconds. */
const comeIn = (world: World, nodes: readonly SimNode[]): void => {
  for (const node of nodes) {
    if (node.replica !== null) world.crash(node)
    world.resume(node)
  }
  world.mark('act: they come back')
  const { length } = nodes
  waitUntil(world, length > 0 ? 10_000 : 0, (now) => {
    const why = dissent(now)
    return why === null ? null : `L5 ${why}`
  })
}
