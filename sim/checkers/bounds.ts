/** S19: queues and timers stay within their limits. */
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'
import type { Checker } from './checker.ts'

const maxTimers = 13

export class BoundsChecker implements Checker {
  readonly name = 'S19 bounds'
  #world: World | null = null

  begin(world: World): void {
    this.#world = world
  }

  afterStep(node: SimNode, replica: Replica): void {
    const world = this.#world
    if (world === null) return
    if (replica.timers.size > maxTimers) world.fail(`S19 ${node.id} has too many timers`)
    if (replica.fetching.size > 4) world.fail(`S19 ${node.id} fetches from too many`)
    if (replica.outbox.batches.length > 4 * world.config.outboxWindow)
      world.fail(`S19 ${node.id} has too many batches under way`)
    const { role } = replica
    if (role.name !== 'leader') return
    for (const queue of role.queue.values())
      if (queue.length > 32) world.fail(`S19 ${node.id} queues without bound`)
  }
}
