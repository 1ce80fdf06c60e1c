/**
 * L1 to L4: once faults stop there is soon one leader whom all follow and, when nobody writes any
 * more, one history and nothing left to send.
 */
import type { NodeId } from '../../src/core/ids.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'

export interface Live extends SimNode {
  replica: Replica
}

const isUp = (node: SimNode): node is Live => node.replica !== null && !node.left

/**
 * Those of whom something can be asked: up, not gone for good, and not banned as most have it. (A
 * banned node that has not heard of it may go on by itself for ever: nobody talks to it.) Of two
 * that have shut each other out, one banning and the other putting off the roster, it is the one
 * that more accept.
 */
export const members = (world: World): readonly Live[] => {
  const up = world.nodes.filter(isUp)
  const bans = (id: NodeId): number =>
    up.filter(({ replica }) => replica.history.state.roster.banned.has(id)).length
  const fewest = Math.min(...up.map(({ id }) => bans(id)))
  const judge = up.find(({ id }) => bans(id) === fewest)
  const banned = judge?.replica.history.state.roster.banned
  const left = up.filter(({ id }) => banned?.has(id) !== true)
  return left.filter((node) => !left.some((other) => isShutOut(left, node, other)))
}

/** Has the node shut out the other, and been shut out by it, and do more side with the other? */
const isShutOut = (up: readonly Live[], node: Live, other: Live): boolean => {
  const { roster } = node.replica.history.state
  if (!roster.banned.has(other.id) || other.replica.onRoster(node.id)) return false
  const friends = (id: NodeId): number => up.filter(({ replica }) => replica.onRoster(id)).length
  return friends(node.id) <= friends(other.id)
}

/** Can everybody reach everybody, if need be through others that all of them accept as members? */
export const isConnected = (world: World, nodes: readonly Live[]): boolean =>
  world.network.isWhole() ||
  nodes.every((from) => {
    const reached = new Set<Live>([from])
    for (const at of reached)
      for (const to of nodes)
        if (at === from || isAccepted(nodes, at))
          if (!world.network.isCut(at.id, to.id)) reached.add(to)
    return reached.size === nodes.length
  })

const isAccepted = (nodes: readonly Live[], node: Live): boolean =>
  nodes.every(({ replica }) => replica.onRoster(node.id))

export const leaderOf = (world: World): Live | null =>
  members(world).find(({ replica }) => replica.role.name === 'leader') ?? null

/** Null if there is one leader, whom all follow and who counts them all; else what is not so. */
export const dissent = (world: World): string | null => {
  const nodes = members(world)
  if (!isConnected(world, nodes)) return null
  const leaders = nodes.filter(({ replica }) => replica.role.name === 'leader')
  const [leader] = leaders
  if (nodes.length > 0 && leaders.length !== 1)
    return `L1 leaders: ${leaders.map((node) => node.id).join(' ') || 'none'}`
  if (leader?.replica.role.name !== 'leader') return null
  const { term } = leader.replica.role
  for (const { id, replica } of nodes) {
    const { role } = replica
    if (role.name === 'leader') continue
    if (role.name !== 'follower') return `L1 ${id} is ${role.name}`
    if (role.term !== term) return `L1 ${id} follows ${role.leader} in another term`
    if (!leader.replica.inView(id)) return `L1 ${id} is not in the view`
  }
  if (leader.replica.history.tips().length > 0) return 'L4 the leader has an unmerged branch'
  if (leader.replica.history.state.view.members[0]?.id !== leader.id)
    return `L3 ${leader.id} leads and is not the most senior`
  return null
}

/** Null if, besides, all have the same and nobody has anything left to send; else what is not so. */
export const unrest = (world: World): string | null => {
  const why = dissent(world)
  if (why !== null || !isConnected(world, members(world))) return why
  const head = leaderOf(world)?.replica.history.head?.hash
  const all = members(world)
  for (const { id, replica } of all) {
    if (replica.history.head?.hash !== head) return `L4 ${id} has another head`
    if (!replica.outbox.isEmpty()) return `L4 ${id} has something left in its outbox`
    if (replica.history.tips().length > 0) return `L4 ${id} has an unmerged branch`
    if (!replica.inView(id)) return `L1 ${id} does not know that it is in the view`
  }
  const size = leaderOf(world)?.replica.viewSize() ?? 0
  if (all.length > 0 && size > all.length) return 'L1 somebody in the view is not there'
  return null
}

/** Who leads in which term, as one text: must not change once all is quiet. */
export const leadership = (world: World): string =>
  members(world)
    .map(({ id, replica }) => {
      const { role } = replica
      const term = role.name === 'leader' || role.name === 'follower' ? role.term : ''
      return `${id}:${replica.leader() ?? ''}:${term}`
    })
    .join(' ')
