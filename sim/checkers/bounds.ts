/** S19, L7: queues and timers stay within their limits, and memory returns to its baseline. */
import type { Replica, TimerName } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'
import type { Checker } from './checker.ts'
import { members } from './liveness.ts'

const maxTimers = 13

/** Timers that belong to one role, and must not outlive it. */
const timersOf: Readonly<Record<string, readonly TimerName[]>> = {
  leader: ['beat', 'sure', 'hello'],
  follower: ['suspect', 'gap', 'uneasy'],
  seeking: ['candidacy', 'round'],
}

export class BoundsChecker implements Checker {
  readonly name = 'S19 L7 bounds'
  #world: World | null = null

  begin(world: World): void {
    this.#world = world
  }

  afterStep(node: SimNode, replica: Replica): void {
    const world = this.#world
    if (world === null) return
    const { timers, outbox, role } = replica
    const fail = (what: string): never => world.fail(`S19 ${node.id} ${what}`)
    if (timers.size > maxTimers) fail('has too many timers')
    if (replica.fetching.size > 4) fail('fetches from too many')
    if (outbox.batches.length > 4 * world.config.outboxWindow)
      fail('has too many batches under way')
    if (outbox.size() > world.config.outboxItems) fail('queues more than its outbox takes')
    if (role.name === 'left' && timers.size > 0) fail('has left and still has timers')
    for (const [owner, names] of Object.entries(timersOf))
      for (const name of names)
        if (owner !== role.name && timers.isSet(name))
          fail(`is ${role.name} and has the timer ${name}`)
    if (role.name !== 'leader') return
    for (const queue of role.queue.values()) if (queue.length > 32) fail('queues without bound')
  }

  /** At rest nothing waits anywhere. */
  atEnd(world: World): void {
    for (const { id, replica } of members(world)) {
      const { role } = replica
      if (replica.fetching.size > 0) world.fail(`L7 ${id} still waits for history`)
      if (role.name !== 'leader') continue
      if (role.queue.size > 0) world.fail(`L7 ${id} still has something to sequence`)
      if (role.joins.size > 0) world.fail(`L7 ${id} still has somebody waiting to be let in`)
      if (role.incoming.length > 0) world.fail(`L7 ${id} still has members of a merge waiting`)
    }
  }
}
