/** L1, L2, L4: once faults stop there is soon one leader, one history and nothing left to send. */
import type { SimNode, World } from '../world.ts'

const alive = (world: World): readonly SimNode[] =>
  world.nodes.filter((node) => node.replica !== null && !node.left)

/** Null if the cluster is as it should be, else what is not. */
export const unrest = (world: World): string | null => {
  const nodes = alive(world)
  const leaders = nodes.filter((node) => node.replica?.role.name === 'leader')
  if (nodes.length > 0 && leaders.length !== 1)
    return `L1 leaders: ${leaders.map((node) => node.id).join(' ') || 'none'}`
  const leader = leaders[0]
  const head = leader?.replica?.history.head?.hash
  for (const { id, replica } of nodes) {
    if (replica === null) continue
    if (replica.leader() !== leader?.id) return `L1 ${id} follows ${replica.leader() ?? 'nobody'}`
    if (replica.history.head?.hash !== head) return `L4 ${id} has another head`
    if (!replica.outbox.isEmpty()) return `L4 ${id} has something left in its outbox`
    if (replica.history.tips().length > 0) return `L4 ${id} has an unmerged branch`
    if (!replica.inView(id)) return `L1 ${id} is not in the view`
  }
  return null
}

/** Who leads in which term, as one text: must not change once all is quiet. */
export const leadership = (world: World): string =>
  alive(world)
    .map(({ id, replica }) => {
      const role = replica?.role
      const term = role?.name === 'leader' || role?.name === 'follower' ? role.term : ''
      return `${id}:${replica?.leader() ?? ''}:${term}`
    })
    .join(' ')
