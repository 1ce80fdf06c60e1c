/** What befalls disks while their node is down: an old copy is restored, or nothing is left. */
import { History } from '../src/core/history.ts'
import type { SimNode, World } from './world.ts'

/** Puts a copy of what a disk holds aside, as a backup does. */
export const backUp = (node: SimNode): void => {
  if (node.disk !== null && node.disk.orderLength() > 0) node.backup = node.disk.clone()
}

/** Before a restart, as the faults have it: the disk is an older self, or is empty. */
export const harmDisk = (world: World, node: SimNode): void => {
  const { rollBack, wipe } = world.faults
  if (rollBack > 0 && node.backup !== null && world.prng.next() < rollBack)
    rollDiskBack(world, node)
  else if (wipe > 0 && world.prng.next() < wipe && hasOthers(world, node)) wipeDisk(world, node)
}

/**
 * A group whose every disk is lost is gone, and nothing can be asked of it: so there must be
 * somebody else, up and active, whom the disk that is to be lost knows as a member.
 */
const hasOthers = (world: World, node: SimNode): boolean => {
  if (node.disk === null) return false
  const { members } = new History(node.disk).state.roster
  return world.nodes.some(
    ({ id, replica }) => id !== node.id && members.has(id) && replica?.inView(id) === true,
  )
}

export const rollDiskBack = (world: World, node: SimNode): void => {
  if (node.backup === null) return
  world.mark('fault roll-back')
  world.note(node, 'finds its disk as it was some time ago')
  node.disk = node.backup.clone()
  for (const checker of world.checkers) checker.onDiskLost?.(node)
}

/** The identity is kept, as somebody's does who restores a key on a new machine. */
export const wipeDisk = (world: World, node: SimNode): void => {
  world.mark('fault wipe')
  world.note(node, 'finds its disk empty')
  node.disk = null
  node.backup = null
  for (const checker of world.checkers) checker.onDiskLost?.(node)
}
