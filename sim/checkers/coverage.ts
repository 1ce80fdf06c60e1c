/** Counts what happens in a run, so that it is known which parts of the protocol runs go through. */
import type { Effect } from '../../src/core/effect.ts'
import type { Input } from '../../src/core/input.ts'
import type { Packet } from '../../src/core/packet.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'
import { payloadOf, type Checker } from './checker.ts'

export class CoverageChecker implements Checker {
  readonly name = 'coverage'
  #world: World | null = null
  readonly #roles = new Map<SimNode, string>()

  begin(world: World): void {
    this.#world = world
  }

  afterStep(node: SimNode, replica: Replica, inputs: readonly Input[]): void {
    for (const input of inputs)
      if (input.type === 'packet') this.#packet(payloadOf(input).packet)
      else if (input.type !== 'tick') this.#mark(`input ${input.type}`)
    const role = replica.role.name
    const before = this.#roles.get(node) ?? 'down'
    if (role === before) return
    this.#roles.set(node, role)
    this.#mark(`role ${before} → ${role}`)
  }

  onCrash(node: SimNode): void {
    this.#roles.delete(node)
  }

  afterEffect(_node: SimNode, _replica: Replica, effect: Effect): void {
    if (effect.type === 'event') this.#mark(`event ${effect.event.event}`)
    if (effect.type !== 'persist') return
    if (effect.snapshot !== null) this.#mark('snapshot')
    for (const { entry } of effect.entries) this.#mark(`entry ${entry.kind}`)
  }

  #packet(packet: Packet): void {
    this.#mark(`packet ${packet.kind}`)
    if (packet.kind === 'merge') this.#mark(`merge ${packet.step.step}`)
    if (packet.kind === 'vote') this.#mark(`vote ${packet.says.answer}`)
    if (packet.kind === 'refused' || packet.kind === 'turned_away')
      this.#mark(`code ${packet.code}`)
  }

  #mark(what: string): void {
    this.#world?.mark(what)
  }
}
