/**
 * A whole cluster of the real core in one thread and in simulated time. One seed decides
 * everything; the same seed gives the same run, to the last effect (`traceHash`).
 */
import { defaultConfig, type Config } from '../src/core/config.ts'
import type { Effect } from '../src/core/effect.ts'
import type { AdmissionProof, Policy } from '../src/core/entry.ts'
import { inviteText } from '../src/core/entry-codec.ts'
import { genesisOf, groupOf } from '../src/core/founding.ts'
import {
  millis,
  type GroupId,
  type InstanceId,
  type MessageId,
  type NodeId,
} from '../src/core/ids.ts'
import type { Input } from '../src/core/input.ts'
import type { Packet } from '../src/core/packet.ts'
import { createPrng, type Prng } from '../src/core/prng.ts'
import { Replica, type Start } from '../src/core/replica.ts'
import { MemoryGroup } from '../src/store/memory-group.ts'
import type { Checker } from './checkers/checker.ts'
import { harmDisk } from './disks.ts'
import { exponential, noFaults, type Faults } from './faults.ts'
import { EventQueue } from './heap.ts'
import { Network } from './network.ts'
import { cheapHash, createSimCrypto } from './sim-crypto.ts'
import { blankNode, type SimNode } from './sim-node.ts'

export type { SimNode } from './sim-node.ts'

type Happening =
  | {
      readonly type: 'packet'
      readonly to: SimNode
      readonly from: NodeId
      readonly instance: InstanceId
      readonly packet: Packet
    }
  | { readonly type: 'tick'; readonly node: SimNode; readonly run: number }
  /** A node that stood still goes on: what came meanwhile is waiting. */
  | { readonly type: 'wake'; readonly node: SimNode }
  | { readonly type: 'input'; readonly node: SimNode; readonly run: number; readonly input: Input }
  | { readonly type: 'action'; readonly act: () => void }

export interface WorldOptions {
  readonly seed: number
  readonly config?: Partial<Config>
  readonly faults?: Faults
  readonly checkers: readonly Checker[]
  readonly marks?: Map<string, number>
  /** Told of everything that happens, for a person to read. */
  readonly trace?: (line: string) => void
}

/** So many steps may each node take in so short a time, in ms; more is a storm. */
const maxStillSteps = 10_000
const stillMs = 500

/** Thrown by a checker: an invariant does not hold. */
export class Violation extends Error {}

export class World {
  readonly prng: Prng
  config: Config
  readonly network: Network
  readonly nodes: SimNode[] = []
  readonly #byId = new Map<NodeId, SimNode>()
  readonly checkers: Checker[]
  readonly trace: ((line: string) => void) | null
  group: GroupId | null = null
  /** What newcomers show: their invite, in a group that asks for one. */
  /** The node that was taken over, if one was: what it said is nobody's promise. */
  hostile: SimNode | null = null
  /** Key of the invite that newcomers have, if the group is by invite. */
  invite: NodeId | null = null
  policy: Policy = 'open'
  /** Whether all is at rest, so that nothing may change. */
  isQuiet = false
  /** How many times the network was cut so far: a mending is meant for one of them. */
  partitions = 0
  now = 0
  steps = 0
  /** How often each kind of thing happened: see `coverage.ts`. */
  readonly marks: Map<string, number>
  readonly #queue = new EventQueue<Happening>()
  #trace = 0
  #stillSince = -1
  #stillSteps = 0
  /** How late the packets of the present step leave, for a slow disk. */
  #lateMs = 0
  /** What came to nodes that stand still. */
  readonly #waiting = new Map<SimNode, Happening[]>()
  #isFounded = false

  constructor(options: WorldOptions) {
    this.prng = createPrng(options.seed)
    this.config = { ...defaultConfig, ...options.config }
    this.network = new Network(createPrng(options.seed ^ 0x6e657477), options.faults ?? noFaults)
    this.checkers = [...options.checkers]
    this.marks = options.marks ?? new Map()
    this.trace = options.trace ?? null
    for (const checker of this.checkers) checker.begin?.(this)
  }

  get faults(): Faults {
    return this.network.faults
  }

  addNode(): SimNode {
    const node = blankNode(this.nodes.length)
    this.nodes.push(node)
    this.#byId.set(node.id, node)
    return node
  }

  node(id: NodeId): SimNode {
    const node = this.#byId.get(id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }

  /** Starts a node's process: founding the group, joining it, or with what its disk has. */
  start(node: SimNode, start: Start): void {
    node.run += 1
    node.left = false
    node.instance = this.#nonce(node)
    node.pausedUntil = 0
    const crypto = createSimCrypto(node.id)
    const self = { id: node.id, name: node.id, addresses: [`${node.id}:1`] }
    this.group ??= start.how === 'found' ? groupOf(genesisOf(crypto, self, start)) : null
    if (this.group === null) throw new Error('the first node founds the group')
    node.disk ??= new MemoryGroup(this.group)
    node.replica = new Replica({
      config: this.config,
      crypto,
      self,
      instance: node.instance,
      seed: Math.floor(this.prng.next() * 0x1_0000_0000),
      reader: node.disk,
      start,
      now: millis(this.now),
    })
    this.note(node, `starts (${start.how})`)
    this.#step(node, [])
  }

  /** Counts something that happened, so that it is known what runs have been through. */
  mark(what: string): void {
    this.marks.set(what, (this.marks.get(what) ?? 0) + 1)
  }

  #nonce(node: SimNode): InstanceId {
    const text = `${node.id} ${node.run} ${this.prng.next()}`
    let nonce = this.faults.twinIds ? node.run.toString(16).padStart(12, '0') : ''
    for (let part = 0; nonce.length < 32; part += 1)
      for (const unit of cheapHash(`${text} ${part}`))
        nonce += (unit.charCodeAt(0) % 16).toString(16)
    return nonce.slice(0, 32) as InstanceId
  }

  at(time: number, act: () => void): void {
    this.#queue.push(Math.max(time, this.now), { type: 'action', act })
  }

  input(node: SimNode, input: Input): void {
    if (node.replica !== null) this.#deliver(node, [input])
  }

  /** Runs until the given time. */
  runUntil(time: number): void {
    for (;;) {
      const next = this.#queue.nextAt()
      if (next === null || next > time) break
      const event = this.#queue.pop()
      if (event === null) break
      this.now = Math.max(this.now, event.at)
      this.#happen(event.what)
    }
    this.now = time
  }

  #happen(what: Happening): void {
    if (what.type === 'action') {
      what.act()
      return
    }
    if (what.type === 'wake') {
      this.wake(what.node)
      return
    }
    const node = what.type === 'packet' ? what.to : what.node
    if (node.replica === null) return
    if (what.type !== 'packet' && what.run !== node.run) return
    if (node.pausedUntil > this.now) {
      this.#postpone(node, what)
      return
    }
    if (what.type === 'tick') {
      const due = node.replica.deadline()
      if (due === null || due > this.now) this.#schedule(node)
      else this.#deliver(node, [{ type: 'tick' }])
    } else if (what.type === 'packet') {
      const { from, instance, packet } = what
      const input: Input = { type: 'packet', from, instance, packet }
      this.#deliver(node, [input])
      const again = this.faults.repeat > 0 && this.prng.next() < this.faults.repeat
      if (again) this.#repeat(node, input)
    } else this.#deliver(node, [what.input])
  }

  #postpone(node: SimNode, what: Happening): void {
    const waiting = this.#waiting.get(node) ?? []
    if (waiting.length === 0) {
      this.#waiting.set(node, waiting)
      this.#queue.push(node.pausedUntil, { type: 'wake', node })
    }
    waiting.push(what)
  }

  /** If its pause is over, the node finds all that came meanwhile, in its order. */
  wake(node: SimNode): void {
    const waiting = this.#waiting.get(node) ?? []
    if (waiting.length === 0) return
    if (node.pausedUntil > this.now) {
      this.#queue.push(node.pausedUntil, { type: 'wake', node })
      return
    }
    this.#waiting.delete(node)
    for (const what of waiting) this.#happen(what)
  }

  #deliver(node: SimNode, inputs: readonly Input[]): void {
    if (this.trace !== null) for (const input of inputs) this.#traceInput(node, input)
    this.#step(node, inputs)
  }

  /** The same once more, unless the node has more to do on its own account. */
  #repeat(node: SimNode, input: Input): void {
    const due = node.replica?.deadline() ?? null
    if (due === null || due <= this.now || node.pausedUntil > this.now) return
    this.mark('fault repeat')
    this.#step(node, [input], true)
  }

  #step(node: SimNode, inputs: readonly Input[], isRepeat = false): void {
    const { replica } = node
    if (replica === null) return
    this.steps += 1
    this.#guardProgress()
    for (const checker of this.checkers) checker.beforeStep?.(node, replica, inputs)
    const effects = replica.step(millis(this.now), inputs)
    if (isRepeat)
      for (const checker of this.checkers) checker.onRepeat?.(node, replica, inputs, effects)
    this.#lateMs = 0
    for (const effect of effects) {
      if (this.#crashesNow(node, effect)) return
      this.#execute(node, replica, effect)
      if (node.replica !== replica) return
    }
    for (const checker of this.checkers) checker.afterStep?.(node, replica, inputs)
    if (replica.role.name === 'left') node.left = true
    this.#schedule(node)
  }

  /** A cluster that keeps stepping while time hardly moves talks to itself. */
  #guardProgress(): void {
    if (this.now - this.#stillSince > stillMs) {
      this.#stillSince = this.now
      this.#stillSteps = 0
    }
    this.#stillSteps += 1
    if (this.#stillSteps > maxStillSteps * this.nodes.length) this.fail('S19 a storm of packets')
  }

  #schedule(node: SimNode): void {
    const due = node.replica?.deadline() ?? null
    if (due === null) {
      node.tickAt = Infinity
      return
    }
    const at = Math.max(due, this.now)
    if (node.tickAt <= at && node.tickAt > this.now) return
    node.tickAt = at
    this.#queue.push(at, { type: 'tick', node, run: node.run })
  }

  #crashesNow(node: SimNode, effect: Effect): boolean {
    const { crashInStep, failWrite } = this.faults
    // Until its first entry is on a disk there is no group; whoever founds it tries until it is.
    if (!this.#isFounded) {
      this.#isFounded = effect.type !== 'persist'
      return false
    }
    if (crashInStep > 0 && this.prng.next() < crashInStep) {
      this.mark('fault crash-in-step')
      this.crash(node)
      this.restartLater(node)
      return true
    }
    if (effect.type === 'persist' && failWrite > 0 && this.prng.next() < failWrite) {
      this.mark('fault fail-write')
      this.note(node, 'cannot write')
      this.crash(node)
      this.restartLater(node)
      return true
    }
    return false
  }

  restartLater(node: SimNode, meanMs = this.faults.outageMs): void {
    // Now and then so soon that hardly anybody notices.
    const isQuick = this.prng.next() < (this.faults.rollBack > 0 ? 0.6 : 0.25)
    const mean = isQuick ? Math.min(meanMs, 600) : meanMs
    const pause = mean * (0.2 + 1.6 * this.prng.next())
    const { run } = node
    this.at(this.now + pause, () => {
      if (node.run !== run || node.replica !== null || node === this.hostile) return
      harmDisk(this, node)
      this.resume(node)
      if (this.prng.next() >= this.faults.crashLoop) return
      this.at(this.now + exponential(this.prng, 300), () => {
        if (node.replica === null) return
        this.mark('fault crash-loop')
        this.crash(node)
        this.restartLater(node)
      })
    })
  }

  /**
   * Starts a node with what it has: on its disk or, if that is empty, nothing but its identity. One
   * that was put out asks to be let in anew.
   */
  resume(node: SimNode): void {
    if (this.group === null) return
    this.start(node, this.#startOf(node, this.group))
  }

  /** The invite's private key is known to all who come: each signs its own key with it. */
  proofFor(node: NodeId): AdmissionProof | null {
    if (this.invite === null || this.group === null) return null
    const { invite } = this
    return { invite, sig: createSimCrypto(invite).sign(inviteText(this.group, node)) }
  }

  #startOf(node: SimNode, group: GroupId): Start {
    const isOut = node.putOut
    node.putOut = false
    if (!isOut && node.disk !== null && node.disk.orderLength() > 0) return { how: 'resume', group }
    const via = this.nodes.filter((one) => one !== node)
    return { how: 'join', group, via: via.map((one) => one.id), proof: this.proofFor(node.id) }
  }

  #execute(node: SimNode, replica: Replica, effect: Effect): void {
    this.#mixTrace(node, effect)
    for (const checker of this.checkers) checker.beforeEffect?.(node, replica, effect)
    switch (effect.type) {
      case 'persist':
        node.disk?.apply(effect)
        this.#maybeWriteSlowly(node)
        break
      case 'send':
        for (const to of effect.to) this.#send(node, to, effect.packet)
        break
      case 'event':
        if (effect.event.event === 'turned-away' && effect.event.retryMs === null)
          node.putOut = true
        if (this.trace !== null && effect.event.event !== 'marks')
          this.note(node, `! ${JSON.stringify(effect.event).slice(0, 160)}`)
        break
    }
    for (const checker of this.checkers) checker.afterEffect?.(node, replica, effect)
  }

  /** Two runs with the same seed must do the same, to the last effect. */
  #mixTrace(node: SimNode, effect: Effect): void {
    const what = effect.type === 'send' ? effect.packet.kind : effect.type
    let mix = this.#trace ^ (this.now * 1_024)
    for (let i = 0; i < what.length; i += 1) mix = Math.imul(mix ^ what.charCodeAt(i), 0x01000193)
    this.#trace = Math.imul(mix ^ node.run, 0x85ebca6b) + node.index
  }

  get traceHash(): string {
    return (this.#trace >>> 0).toString(16).padStart(8, '0')
  }

  /** The process waits for its disk: it hears nothing, and what it says then comes late. */
  #maybeWriteSlowly(node: SimNode): void {
    const { slowWrite, slowWriteMs } = this.faults
    if (slowWrite === 0 || this.prng.next() >= slowWrite) return
    this.mark('fault slow-write')
    this.#lateMs += exponential(this.prng, slowWriteMs)
    node.pausedUntil = Math.max(node.pausedUntil, this.now + this.#lateMs)
  }

  #send(node: SimNode, to: NodeId, packet: Packet): void {
    const receiver = this.#byId.get(to)
    if (receiver === undefined) return
    for (const checker of this.checkers) checker.onPacket?.(node, receiver, packet)
    const isFollower = node.replica?.role.name === 'follower'
    if (packet.kind === 'hand_on' && isFollower && node.handsOnFrom > this.now) return
    for (const delay of this.network.deliveries(node.id, to, this.now))
      this.#queue.push(this.now + this.#lateMs + delay, {
        type: 'packet',
        to: receiver,
        from: node.id,
        instance: node.instance,
        packet,
      })
  }

  /** A node that is not itself any more says something. */
  inject(node: SimNode, to: SimNode, packet: Packet): void {
    for (const delay of this.network.deliveries(node.id, to.id, this.now)) {
      const { id: from, instance } = node
      this.#queue.push(this.now + delay, { type: 'packet', to, from, instance, packet })
    }
  }

  /** The process is gone; the disk stays. Others may notice by a refused connection. */
  crash(node: SimNode): void {
    if (node.replica === null) return
    this.note(node, 'crashes')
    this.mark('fault crash')
    node.replica = null
    node.run += 1
    node.tickAt = Infinity
    this.network.hangUp(node.id)
    for (const checker of this.checkers) checker.onCrash?.(node)
    if (!this.faults.refuses) return
    for (const other of this.nodes) {
      if (other === node || this.network.isCut(other.id, node.id)) continue
      const input: Input = { type: 'refused', peer: node.id }
      const at = this.now + 1 + 20 * this.prng.next()
      this.#queue.push(at, { type: 'input', node: other, run: other.run, input })
    }
  }

  pause(node: SimNode, ms: number): void {
    this.mark('fault pause')
    this.note(node, `stands still for ${Math.round(ms)} ms`)
    node.pausedUntil = this.now + ms
  }

  /** The local user of a node writes something. */
  say(node: SimNode, text: string): void {
    this.#hand(node, 'message', { kind: 'text', text, ref: '' })
  }

  /** The local user of a node changes the roster, if entitled. */
  operate(node: SimNode, kind: string, ref: string, text = ''): void {
    this.#hand(node, 'roster', { kind, text, ref })
  }

  #hand(
    node: SimNode,
    kind: 'message' | 'roster',
    content: { readonly kind: string; readonly text: string; readonly ref: string },
  ): void {
    const { replica } = node
    if (replica === null || node.pausedUntil > this.now) return
    node.messages += 1
    const count = node.messages.toString(16).padStart(12, '0')
    const id = `${count}-${replica.session.slice(0, 12)}` as MessageId
    for (const checker of this.checkers) checker.onSubmit?.(node, replica, id, kind)
    const sentAt = Math.max(0, Math.round(this.now + node.wallClockMs))
    this.input(node, { type: 'send', kind, id, sentAt, content })
  }

  fail(what: string): never {
    throw new Violation(`${what} (at ${Math.round(this.now)} ms)`)
  }

  note(node: SimNode | null, what: string): void {
    this.trace?.(`${(this.now / 1_000).toFixed(3).padStart(9)} ${node?.id ?? '--'} ${what}`)
  }

  #traceInput(node: SimNode, input: Input): void {
    if (input.type === 'tick') return
    if (input.type !== 'packet') {
      this.note(node, `< ${JSON.stringify(input).slice(0, 120)}`)
      return
    }
    const { kind } = input.packet
    if (kind === 'heartbeat' || kind === 'pulse') return
    this.note(node, `< ${input.from} ${JSON.stringify(input.packet).slice(0, 140)}`)
  }
}
