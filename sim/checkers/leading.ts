/**
 * S12, S13: what a leader may do. It sequences only while it is sure to lead, gives way only to a
 * leader that welcomed it and is not the smaller side, and never in a circle.
 */
import { suspectMs } from '../../src/core/config.ts'
import type { Effect } from '../../src/core/effect.ts'
import { termOf } from '../../src/core/entry.ts'
import type { NodeId, TermId } from '../../src/core/ids.ts'
import type { Input } from '../../src/core/input.ts'
import type { Packet } from '../../src/core/packet.ts'
import type { Replica } from '../../src/core/replica.ts'
import type { SimNode, World } from '../world.ts'
import { payloadOf, type Checker } from './checker.ts'

const isPassedOn = (packet: Packet, by: SimNode): boolean =>
  packet.kind === 'relay' && (packet.origin !== by.id || packet.trail.length > 0)

/** A leader after a stall: who has confirmed its term since, and when it may go on anyway. */
interface Waking {
  readonly at: number
  /** Its peers at that moment. */
  readonly peers: readonly NodeId[]
  readonly heard: Set<NodeId>
}

export class LeadingChecker implements Checker {
  readonly name = 'S12 S13 leading'
  #world: World | null = null
  /** The term that a node led after its last step. */
  readonly #led = new Map<SimNode, TermId>()
  readonly #gaveWayTo = new Map<TermId, TermId>()
  /** When each peer last acknowledged a leader's term, by leader. */
  readonly #answered = new Map<SimNode, Map<NodeId, number>>()
  readonly #steppedAt = new Map<SimNode, number>()
  readonly #waking = new Map<SimNode, Waking>()

  begin(world: World): void {
    this.#world = world
  }

  beforeStep(node: SimNode, replica: Replica, inputs: readonly Input[]): void {
    const now = this.#world?.now ?? 0
    const { role } = replica
    if (role.name !== 'leader') this.#waking.delete(node)
    else if (role.peers.size > 0) this.#noteStall(node, replica, now)
    this.#steppedAt.set(node, now)
    for (const input of inputs) this.#noteAnswer(node, replica, input, now)
  }

  /** A leader beats at least every 1.25 H: whoever has not stepped for much longer was away. */
  #noteStall(node: SimNode, replica: Replica, now: number): void {
    const limit = suspectMs(replica.config, replica.viewSize())
    const away = now - (this.#steppedAt.get(node) ?? now)
    const peers = replica.role.name === 'leader' ? [...replica.role.peers.keys()] : []
    if (away > 1.5 * limit) this.#waking.set(node, { at: now, peers, heard: new Set() })
  }

  #noteAnswer(node: SimNode, { role }: Replica, input: Input, now: number): void {
    if (input.type !== 'packet' || role.name !== 'leader') return
    const { from, packet } = payloadOf(input)
    const isAnswer = packet.kind === 'pulse' || packet.kind === 'ack' || packet.kind === 'ack_below'
    if (!isAnswer || packet.term !== role.term) return
    this.#waking.get(node)?.heard.add(from)
    const answered = this.#answered.get(node) ?? new Map<NodeId, number>()
    this.#answered.set(node, answered.set(from, now))
  }

  beforeEffect(node: SimNode, replica: Replica, effect: Effect): void {
    const { role } = replica
    const waking = this.#waking.get(node)
    if (effect.type !== 'persist' || role.name !== 'leader' || waking === undefined) return
    const own = effect.entries.some((signed) => termOf(signed) === role.term)
    const now = this.#world?.now ?? 0
    const patience = suspectMs(replica.config, replica.viewSize()) / 2
    const waited = now - waking.at > patience - 1
    const heard = waking.peers.every((id) => waking.heard.has(id) || !role.peers.has(id))
    if (waited || heard) this.#waking.delete(node)
    else if (own) this.#world?.fail(`S12 ${node.id} sequences right after it was away`)
  }

  onPacket(from: SimNode, _to: SimNode, sent: Packet): void {
    const packet = sent.kind === 'relay' ? sent.packet : sent
    if (packet.kind !== 'merge' || isPassedOn(sent, from)) return
    const { step } = packet
    const claim = step.step === 'probe' || step.step === 'hello' ? step.claim : null
    if (claim !== null && claim.leader === from.id) this.#checkClaim(from, claim.live)
  }

  /** A claim counts this node and those that acknowledged its term a moment ago, no others. */
  #checkClaim(node: SimNode, live: number): void {
    const world = this.#world
    const { replica } = node
    if (world === null || replica === null) return
    // Marks come in with acknowledgements; a beat's jitter and a stall's grace are allowed for.
    const since = world.now - 3 * suspectMs(replica.config, replica.viewSize())
    const times = [...(this.#answered.get(node) ?? new Map<NodeId, number>()).values()]
    const heard = times.filter((at) => at >= since).length
    if (live > 1 + heard) world.fail(`S13 ${node.id} claims ${live} and hears ${heard}`)
  }

  afterStep(node: SimNode, replica: Replica, inputs: readonly Input[]): void {
    const { role } = replica
    const before = this.#led.get(node)
    const leads = role.name === 'leader' ? role.term : undefined
    if (before === leads) return
    if (leads === undefined) this.#led.delete(node)
    else {
      this.#led.set(node, leads)
      this.#answered.delete(node)
    }
    if (before !== undefined && role.name === 'follower') {
      this.#checkWelcome(node, role.leader, inputs)
      if (role.leader !== this.#world?.hostile?.id) this.#noteGaveWay(node, before, role.term)
    }
  }

  #checkWelcome(node: SimNode, to: NodeId, inputs: readonly Input[]): void {
    const welcomed = inputs.some((input) => {
      if (input.type !== 'packet') return false
      const { from, packet } = payloadOf(input)
      return from === to && packet.kind === 'merge' && packet.step.step === 'welcome'
    })
    if (!welcomed) this.#world?.fail(`S13 ${node.id} gives way to ${to}, which did not welcome it`)
  }

  #noteGaveWay(node: SimNode, from: TermId, to: TermId): void {
    this.#gaveWayTo.set(from, to)
    let at: TermId | undefined = to
    while (at !== undefined && at !== from) at = this.#gaveWayTo.get(at)
    if (at === from) this.#world?.fail(`S13 ${node.id}: leaders gave way to each other in a circle`)
  }

  onCrash(node: SimNode): void {
    for (const map of [this.#led, this.#answered, this.#steppedAt, this.#waking]) map.delete(node)
  }
}
