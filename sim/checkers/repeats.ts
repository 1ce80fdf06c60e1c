/** S20: whatever is handed in a second time, right after the first, adds nothing to the disk. */
import type { Effect } from '../../src/core/effect.ts'
import type { Input } from '../../src/core/input.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'
import type { Checker } from './checker.ts'

export class RepeatsChecker implements Checker {
  readonly name = 'S20 repeats'
  #world: World | null = null

  begin(world: World): void {
    this.#world = world
  }

  onRepeat(
    node: SimNode,
    replica: Replica,
    inputs: readonly Input[],
    effects: readonly Effect[],
  ): void {
    const [input] = inputs
    const kind = input?.type === 'packet' ? input.packet.kind : input?.type
    // A leader may have had more to append than one step takes: that is not the input's doing.
    if (replica.role.name === 'leader') return
    for (const effect of effects)
      if (effect.type === 'persist' && effect.entries.length > 0)
        this.#world?.fail(`S20 ${node.id} stores more when ${kind} comes twice`)
  }
}
