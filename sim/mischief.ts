/** Makes the faults of a run happen at their times: crashes, partitions, pauses, lies, quarrels. */
import type { NodeId } from '../src/core/ids.ts'
import { jitter, type Prng } from '../src/core/prng.ts'
import { backUp } from './disks.ts'
import { exponential, type Faults } from './faults.ts'
import { takeOver } from './hostile.ts'
import type { SimNode, World } from './world.ts'

export const anyOf = <T>(prng: Prng, list: readonly T[]): T | undefined =>
  list[Math.floor(prng.next() * list.length)]

export const running = (world: World): readonly SimNode[] =>
  world.nodes.filter((node) => node.replica !== null)

/** From now until `end`, everything that the world's faults name. */
export const scheduleFaults = (world: World, end: number): void => {
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
  for (const node of world.nodes) node.wallClockMs = faults.wallClockMs * (2 * prng.next() - 1)
  each(faults.crashEvery, () => crashOne(world))
  each(faults.crashAllEvery, () => crashAll(world))
  each(faults.partitionEvery, () => partition(world, faults))
  each(faults.roamEvery, () => roam(world))
  each(faults.clogEvery, () => clogPath(world))
  each(faults.silentRelayEvery, () => silence(world))
  each(faults.pauseEvery, () => {
    const node = anyOf(prng, running(world))
    if (node !== undefined) world.pause(node, exponential(prng, faults.pauseMs))
  })
  each(faults.leaveEvery, () => leaveOne(world))
  each(faults.rosterEvery, () => quarrel(world))
  each(faults.rosterEvery, () => knock(world))
  each(faults.hintEvery, () => hintOne(world))
  if (faults.rollBack > 0)
    each(faults.backupEvery, () => {
      const node = anyOf(prng, world.nodes)
      if (node !== undefined) backUp(node)
    })
  if (faults.hostileEvery !== Infinity) takeOver(world, faults.hostileEvery, end)
  shutSome(world, faults.dialOut)
  if (faults.isolation)
    world.at(world.now + 0.3 * prng.next() * (end - world.now), () => isolateOne(world))
  if (faults.wallClockMs > 0) each(20_000, () => stepWallClock(world))
}

/** Some can dial others and not be dialled, as behind a router; never the founder. */
const shutSome = (world: World, share: number): void => {
  for (const { id } of share === 0 ? [] : world.nodes.slice(1))
    if (world.prng.next() < share) {
      world.mark('fault dial-out')
      world.note(null, `nobody can dial ${id}`)
      world.network.shut(id)
    }
}

/** Somebody is alone from now on, until all is healed, and goes on writing. */
const isolateOne = (world: World): void => {
  const node = anyOf(world.prng, running(world))
  if (node === undefined) return
  world.mark('fault isolation')
  world.note(node, 'is alone from now on')
  world.network.isolate(node.id)
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

const crashAll = (world: World): void => {
  world.mark('fault crash-all')
  for (const node of running(world)) {
    world.crash(node)
    world.restartLater(node)
  }
}

const leaveOne = (world: World): void => {
  const node = anyOf(world.prng, running(world))
  if (node === undefined) return
  world.mark(`fault leave (${node.replica?.role.name})`)
  world.note(node, 'leaves')
  world.input(node, { type: 'leave' })
  world.at(world.now + 3_000, () => {
    if (node.replica?.role.name !== 'left') return
    world.crash(node)
    world.restartLater(node)
  })
}

/** Somebody kicks, bans, appoints or demotes somebody; not always with the right to. */
const quarrel = (world: World): void => {
  const { prng } = world
  const actor = prng.next() < 0.5 ? world.nodes[0] : anyOf(prng, world.nodes)
  const target = anyOf(prng, world.nodes)
  const isActing = actor !== undefined && actor.replica !== null
  if (!isActing || target === undefined || target === actor) return
  const closing = world.policy === 'open' ? 'ban' : 'revoke'
  const acts = ['kick', closing, closing, closing, 'unban', 'role', 'role', 'role', 'topic']
  const act = anyOf(prng, acts)
  if (act === undefined || actor.replica?.role.name === 'left') return
  world.mark(`fault roster (${act})`)
  const text = act === 'role' ? (anyOf(prng, ['admin', 'admin', 'member']) ?? '') : act
  world.note(actor, `wants: ${act} ${target.id} ${text}`)
  world.operate(actor, act, act === 'revoke' ? 'invite-1' : target.id, text)
}

/** Whoever was put out asks to be let in again. */
const knock = (world: World): void => {
  const out = world.nodes.filter((node) => node.replica?.role.name === 'left')
  const node = anyOf(world.prng, out)
  if (node === undefined) return
  world.mark('fault knock')
  world.crash(node)
  world.resume(node)
}

/** What a discovery service says may be old, or never have been true. */
export const hintOne = (world: World): void => {
  const { prng } = world
  const node = anyOf(prng, running(world))
  if (node === undefined) return
  world.mark('fault hint')
  const known = world.nodes.map((one) => one.id)
  const peers = [anyOf(prng, known), anyOf(prng, known), 'n-unknown' as NodeId]
  const hint = peers.filter((id) => id !== undefined).slice(prng.next() < 0.3 ? 2 : 0)
  world.input(node, { type: 'hint', peers: hint })
}

const clogPath = (world: World): void => {
  const { prng, network } = world
  const ids = world.nodes.map((node) => node.id)
  const from = anyOf(prng, ids)
  const to = anyOf(prng, ids)
  if (from === undefined || to === undefined || from === to) return
  world.mark('fault clog')
  network.clog(from, to, world.now + exponential(prng, 10_000), exponential(prng, 1_500))
}

/** Somebody stores what it is handed, acknowledges it, and hands nothing on. */
const silence = (world: World): void => {
  const node = anyOf(world.prng, running(world))
  if (node === undefined) return
  world.mark('fault silent-relay')
  node.handsOnFrom = world.now + exponential(world.prng, 15_000)
}

const stepWallClock = (world: World): void => {
  const { prng, faults } = world
  const node = anyOf(prng, world.nodes)
  if (node === undefined) return
  world.mark('fault wall-clock')
  node.wallClockMs = faults.wallClockMs * (2 * prng.next() - 1)
}

type Shape = 'halves' | 'lone' | 'leader' | 'one way' | 'star' | 'line'

const shapes: readonly Shape[] = [
  'halves',
  'halves',
  'halves',
  'halves',
  'lone',
  'leader',
  'one way',
  'one way',
  'star',
  'line',
]

const partition = (world: World, faults: Faults): void => {
  const { network, prng, nodes } = world
  const ids = nodes.map((node) => node.id)
  const shape = anyOf(prng, shapes) ?? 'halves'
  world.mark(`fault partition (${shape})`)
  network.heal()
  cutShape(world, ids, shape)
  world.note(null, `network is cut: ${shape}`)
  const turn = (world.partitions += 1)
  world.at(world.now + jitter(prng, faults.partitionMs, 0.9), () => {
    if (turn !== world.partitions) return
    network.heal()
    world.note(null, 'network is whole')
  })
}

const cutShape = (world: World, ids: readonly NodeId[], shape: Shape): void => {
  const { network, prng } = world
  const a = anyOf(prng, ids)
  const b = anyOf(prng, ids)
  if (a === undefined || b === undefined) return
  switch (shape) {
    case 'halves':
      return cutHalves(world, ids)
    case 'lone':
      return cutOff(world, ids, a)
    case 'leader': {
      const leader = running(world).find((node) => node.replica?.role.name === 'leader')
      return cutOff(world, ids, leader?.id ?? a)
    }
    case 'one way':
      if (a !== b) network.cut(a, b)
      if (prng.next() < 0.5) for (const id of ids) if (id !== a) network.cut(id, a)
      return
    case 'star':
      for (const from of ids)
        for (const to of ids) if (from !== to && from !== a && to !== a) network.cut(from, to)
      return
    case 'line':
      for (const [i, from] of ids.entries())
        for (const [j, to] of ids.entries()) if (Math.abs(i - j) > 1) network.cut(from, to)
      return
  }
}

const cutOff = (world: World, ids: readonly NodeId[], lone: NodeId): void => {
  for (const id of ids) if (id !== lone) world.network.cutBoth(lone, id)
}

const cutHalves = (world: World, ids: readonly NodeId[]): void => {
  const left = new Set(ids.filter(() => world.prng.next() < 0.5))
  for (const a of ids) for (const b of ids) if (left.has(a) !== left.has(b)) world.network.cut(a, b)
}

/** A node changes sides: it hears whom it did not hear, and no longer whom it heard. */
const roam = (world: World): void => {
  const { network, prng } = world
  const ids = world.nodes.map((node) => node.id)
  const roamer = anyOf(prng, ids)
  if (network.isWhole() || roamer === undefined) return
  world.mark('fault roam')
  world.note(null, `${roamer} changes sides`)
  for (const id of ids) {
    if (id === roamer) continue
    if (network.isCut(roamer, id) || network.isCut(id, roamer)) {
      network.mend(roamer, id)
      network.mend(id, roamer)
    } else network.cutBoth(roamer, id)
  }
}
