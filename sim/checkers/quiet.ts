/** L2: when all is well nobody's role, leader or term changes, not even for a moment. */
import type { Effect } from '../../src/core/effect.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'
import type { Checker } from './checker.ts'

export class QuietChecker implements Checker {
  readonly name = 'L2 quiet'
  #world: World | null = null

  begin(world: World): void {
    this.#world = world
  }

  afterEffect(node: SimNode, _replica: Replica, effect: Effect): void {
    if (this.#world?.isQuiet !== true || effect.type !== 'event') return
    const { event } = effect
    if (event.event === 'role')
      this.#world.fail(`L2 ${node.id} becomes ${event.role} though nothing happened`)
  }
}
