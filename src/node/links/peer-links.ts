/**
 * Links to other nodes by their ids: one each, dialled when there is something to send, whoever
 * dials.
 *
 * The first frame each way is `hello`. After it, notifications named after packets are packets; all
 * else goes to the method table, as over HTTP.
 */
import type { Invoke } from '../../rpc/answer.ts'
import type { RpcCall } from '../../rpc/codec.ts'
import type { Envelope } from '../../core/packet.ts'
import type { NodeId } from '../../core/ids.ts'
import { dialLink } from '../../rpc/dial-link.ts'
import { ParleyError } from '../../rpc/errors.ts'
import type { FrameLink } from '../../rpc/frame-link.ts'
import type { CallContext } from '../../rpc/method-table.ts'
import { isPacketKind, packetFromParams } from '../../rpc/peer-codec.ts'
import { readHello, type Hello } from '../../rpc/peer-methods.ts'
import { agreedVersion, versionError } from '../../rpc/protocol-version.ts'
import { expectAnybody, expectNode, plainSecurity, type PeerSecurity } from '../../rpc/security.ts'
import { toParleyError } from '../../rpc/wire-error.ts'
import type { AddressBook } from './address-book.ts'
import { dialAll, type DialOutcome } from './dial-all.ts'
import { Farewells } from './farewells.ts'
import { frameCost, NONSENSE_COST, packetCost, PeerMeters } from './peer-meters.ts'
import type { Weather } from '../weather.ts'
import { Peer, type Connection } from './peer.ts'

export interface PeerLinksOptions {
  readonly book: AddressBook
  /** What this node says of itself. */
  readonly own: () => Hello
  readonly security?: PeerSecurity
  readonly now?: () => number
  readonly random?: () => number
  /** A packet whose sender is the node at the other end of the link. */
  readonly onPacket: (envelope: Envelope) => void
  /** Nobody listens at any address of the peer: once for each loss of its link. */
  readonly onRefused: (peer: NodeId) => void
  /** Are there groups that need a link to this node? */
  readonly isWanted: (peer: NodeId) => boolean
  /** Was this node put out, and is it in no group of this one's any more? */
  readonly isBarred?: (peer: NodeId) => boolean
  /** Serves calls that are no packets. */
  readonly invokeFor: (context: CallContext) => Invoke
  readonly onFault?: (what: string, detail: unknown) => void
  /** A node cannot be talked to before one of the two is upgraded: the error says which. */
  readonly onMismatch?: (error: ParleyError) => void
  readonly weather?: Weather | undefined
  readonly connectTimeoutMs?: number
  /** How long an unneeded link is kept. Default a minute. */
  readonly idleMs?: number
}

/** What arrived and made no sense, and what was not sent: for logs and tests. */
export interface LinkCounters {
  malformed: number
  /** Packets before a greeting, or in another's name. */
  foreign: number
  /** Greetings of nodes whose version of the protocol is too old, or too new. */
  version: number
  dropped: number
}

const HELLO_MS = 3_000
const STRANGER_MS = 30_000
const SWEEP_MS = 15_000
const MAX_MISMATCHED = 1_000

export class PeerLinks {
  readonly #options: PeerLinksOptions
  readonly #peers = new Map<NodeId, Peer>()
  readonly #links = new Set<FrameLink>()
  readonly #farewells: Farewells
  readonly #counters = { malformed: 0, foreign: 0, version: 0 }
  readonly #mismatched = new Map<string, ParleyError>()
  readonly #meters: PeerMeters
  readonly #sweeper: NodeJS.Timeout
  readonly #now: () => number
  #forgotten = 0
  #isClosed = false

  constructor(options: PeerLinksOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#farewells = new Farewells((peer) => options.isBarred?.(peer) === true)
    this.#meters = new PeerMeters((peer) => options.isWanted(peer), this.#now)
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#sweeper.unref()
  }

  get counters(): LinkCounters {
    let dropped = this.#forgotten
    for (const peer of this.#peers.values()) dropped += peer.dropped
    return { ...this.#counters, dropped }
  }

  /** Nodes that are linked now. */
  linked(): readonly Hello[] {
    return [...this.#peers.values()].flatMap(({ connection }) => connection?.hello ?? [])
  }

  isLinked(node: NodeId): boolean {
    return (this.#peers.get(node)?.connection ?? null) !== null
  }

  /** The version of the protocol that is spoken with the node; the lowest while it is not linked. */
  versionOf(node: NodeId): number {
    const own = this.#options.own()
    const hello = this.#peers.get(node)?.connection?.hello
    return hello === undefined ? own.version : (agreedVersion(own, hello) ?? own.version)
  }

  /** Nodes that were turned away for their version, in words that say who must upgrade. */
  mismatches(): readonly string[] {
    return [...new Set([...this.#mismatched.values()].map(({ message }) => message))]
  }

  /** Does the holder of that key answer there? The link is given up at once. */
  async answersAt(address: string, node: NodeId): Promise<boolean> {
    const { security = plainSecurity, connectTimeoutMs = 3_000 } = this.#options
    try {
      const expected = expectNode(node)
      const link = await dialLink(address, { security, expected, connectTimeoutMs })
      link.destroy()
      return true
    } catch {
      return false
    }
  }

  /** Since anything was last heard from the node; null if nothing ever was. */
  lastHeardMs(node: NodeId): number | null {
    const at = this.#peers.get(node)?.heardAt ?? null
    return at === null ? null : Math.max(0, Math.round(this.#now() - at))
  }

  /** Sends one frame to each; whoever has no link is dialled. Never blocks, never throws. */
  send(to: readonly NodeId[], frame: Uint8Array, isBody: boolean): void {
    if (this.#isClosed) return
    for (const id of to) this.#peer(id).send(frame, isBody)
  }

  /** Takes over a link that the server accepted. */
  accept(link: FrameLink): void {
    if (this.#isClosed) link.close('shutting down')
    else void this.#greet(link, false).catch(() => {})
  }

  /** This machine has these addresses now, and no others. */
  onMove(hosts: ReadonlySet<string>): void {
    const isGone = ({ peer: { local } }: FrameLink): boolean =>
      local !== undefined && !hosts.has(local)
    for (const peer of this.#peers.values()) peer.onMove(isGone)
  }

  /** Who answers at an address. Rejects with UNREACHABLE, TIMEOUT, BAD_ANSWER or VERSION_MISMATCH. */
  async resolve(address: string, signal?: AbortSignal): Promise<Hello> {
    for (const { id, connection } of this.#peers.values()) {
      const isThere = this.#options.book.first(id) === address
      if (isThere && connection !== null) return connection.hello
    }
    return this.#connect(address, null, signal)
  }

  /** A link to a node, by whatever is known of where it is. Rejects with UNREACHABLE. */
  async reach(id: NodeId): Promise<Hello> {
    const linked = (): Hello | null => this.#peers.get(id)?.connection?.hello ?? null
    const hello = linked()
    if (hello !== null) return hello
    await this.#dial(id, AbortSignal.timeout(this.#options.connectTimeoutMs ?? 3_000))
    const fresh = linked()
    if (fresh === null) throw new ParleyError('UNREACHABLE')
    return fresh
  }

  /** Somebody may have been put out: closes all links of those who were, soon. */
  dropBarred(): void {
    for (const link of this.#links) this.#farewells.bid(link)
  }

  /** Calls a method of a node that is linked. Rejects with UNREACHABLE if it is not. */
  async call(node: NodeId, method: string, params: object, timeoutMs: number): Promise<unknown> {
    const connection = this.#peers.get(node)?.connection ?? null
    if (connection === null) throw new ParleyError('UNREACHABLE')
    return connection.link.call(method, params, timeoutMs)
  }

  /**
   * Says goodbye on all links and dials no more. Resolves when they are closed: within half a
   * second.
   */
  async close(): Promise<void> {
    this.#stop()
    for (const peer of this.#peers.values()) peer.close('shutting down')
    const closed = [...this.#links].map(
      (link) => new Promise<void>((resolve) => link.onClose(() => resolve())),
    )
    for (const link of this.#links) link.close('shutting down')
    await Promise.all(closed)
  }

  /** Cuts all links without a goodbye, as if the process had died. */
  destroy(): void {
    this.#stop()
    for (const peer of this.#peers.values()) peer.destroy()
    for (const link of this.#links) link.destroy()
  }

  #stop(): void {
    this.#isClosed = true
    clearInterval(this.#sweeper)
  }

  #peer(id: NodeId): Peer {
    const known = this.#peers.get(id)
    if (known !== undefined) return known
    const { isWanted, onRefused, own, random = Math.random } = this.#options
    const peer = new Peer({
      id,
      selfId: own().id,
      now: this.#now,
      random,
      dial: (signal) => this.#dial(id, signal),
      onRefused: () => {
        if (!this.#isClosed) onRefused(id)
      },
      isWanted: () => !this.#isClosed && isWanted(id),
    })
    this.#peers.set(id, peer)
    return peer
  }

  async #dial(id: NodeId, signal: AbortSignal): Promise<DialOutcome> {
    const { book } = this.#options
    return dialAll(book.toDial(id), async (address): Promise<DialOutcome> => {
      try {
        const { id: found } = await this.#connect(address, id, signal)
        if (found === id) return 'connected'
        book.disprove(id, address)
        return 'refused'
      } catch (thrown) {
        const { code, data } = toParleyError(thrown)
        if (code === 'WRONG_KEY') {
          this.#counters.foreign += 1
          book.disprove(id, address)
          return 'refused'
        }
        return data?.['reason'] === 'refused' ? 'refused' : 'failed'
      }
    })
  }

  async #connect(address: string, expected: NodeId | null, signal?: AbortSignal): Promise<Hello> {
    const { security = plainSecurity, connectTimeoutMs = 3_000, book } = this.#options
    const link = await dialLink(address, {
      security,
      expected: expected === null ? expectAnybody : expectNode(expected),
      connectTimeoutMs,
      onFault: this.#options.onFault,
      ...(signal === undefined ? {} : { signal }),
    })
    if (this.#isClosed) {
      link.close('shutting down')
      throw new ParleyError('INTERRUPTED')
    }
    const hello = await this.#greet(link, true)
    if (hello.id !== this.#options.own().id) book.prove(hello.id, address)
    return hello
  }

  /** Greets, and resolves to the other end's greeting. Packets are let through from then on. */
  #greet(link: FrameLink, dialled: boolean): Promise<Hello> {
    this.#links.add(link)
    const key = link.peer.id as NodeId | null
    if (key !== null) link.meter((bytes) => this.#meters.spend(key, frameCost(bytes)))
    this.#farewells.bid(link)
    link.send('hello', this.#options.own())
    return new Promise<Hello>((resolve, reject) => {
      let connection: Connection | null = null
      // Whoever only wants to call a method may take its time; whom this node dialled is a node.
      const patienceMs = dialled ? HELLO_MS : STRANGER_MS
      const timer = setTimeout(() => {
        reject(new ParleyError('BAD_ANSWER', `${link.peer.address} does not greet`))
        link.close('no greeting')
      }, patienceMs)
      link.onClose((reason) => {
        this.#links.delete(link)
        this.#farewells.forget(link)
        clearTimeout(timer)
        const data = { reason: 'reset' }
        reject(new ParleyError('UNREACHABLE', `${link.peer.address} hung up`, { data }))
        if (connection !== null) this.#peers.get(connection.hello.id)?.onClosed(connection, reason)
      })
      link.onFrame((call) => {
        if (connection !== null) return this.#onCall(connection, call)
        if (call.method !== 'hello' || call.kind !== 'notification')
          return this.#onStranger(link, call)
        clearTimeout(timer)
        const hello = this.#checkHello(link, call.params)
        if (hello instanceof ParleyError) {
          link.close(hello.message)
          reject(hello)
          return null
        }
        connection = { link, dialled, hello }
        this.#onHello(connection)
        resolve(hello)
        return null
      })
    })
  }

  #checkHello(link: FrameLink, params: unknown): Hello | ParleyError {
    const hello = readHello(params)
    if (hello === null) return new ParleyError('BAD_ANSWER', `${link.peer.address} greets wrongly`)
    const { isSecure } = this.#options.security ?? plainSecurity
    if ((isSecure || link.peer.id !== null) && link.peer.id !== hello.id)
      return new ParleyError('UNAUTHORIZED', 'greeted with an id that is not its own')
    const mismatch = versionError(this.#options.own(), hello)
    if (mismatch === null) return hello
    this.#counters.version += 1
    this.#tellMismatch(hello, mismatch)
    return mismatch
  }

  /** Once for each run of each node: it tries again and again. */
  #tellMismatch({ id, instance }: Hello, mismatch: ParleyError): void {
    const key = `${id} ${instance}`
    if (this.#mismatched.has(key) || this.#mismatched.size >= MAX_MISMATCHED) return
    this.#mismatched.set(key, mismatch)
    this.#options.onMismatch?.(mismatch)
  }

  #onHello(connection: Connection): void {
    const { hello, link } = connection
    if (hello.id === this.#options.own().id) {
      link.close('this is me')
      return
    }
    this.#options.book.learn(hello.id, hello.addresses)
    this.#peer(hello.id).adopt(connection)
  }

  #onStranger(link: FrameLink, call: RpcCall): unknown {
    if (call.kind === 'notification' && isPacketKind(call.method)) {
      this.#counters.foreign += 1
      if (link.peer.id !== null) this.#meters.spend(link.peer.id as NodeId, NONSENSE_COST)
      return null
    }
    return this.#options.invokeFor(this.#contextOf(link, link.peer.id))(call)
  }

  #onCall({ link, hello }: Connection, call: RpcCall): unknown {
    const { weather } = this.#options
    if (weather?.hears(hello.id) === false)
      return call.kind === 'request' ? Promise.reject(new ParleyError('UNREACHABLE')) : null
    const peer = this.#peer(hello.id)
    peer.heardAt = this.#now()
    peer.usedAt = peer.heardAt
    const { method } = call
    if (call.kind === 'request' || !isPacketKind(method))
      return this.#options.invokeFor(this.#contextOf(link, hello.id))(call)
    const envelope = packetFromParams(method, call.params)
    if (envelope instanceof ParleyError) {
      this.#meters.spend(hello.id, NONSENSE_COST)
      this.#counters.malformed += 1
      // The first, the second, the fourth, …: whoever sends garbage does not fill the log.
      const { malformed } = this.#counters
      if ((malformed & (malformed - 1)) === 0)
        this.#options.onFault?.(`malformed ${method} of ${hello.id}`, envelope)
    } else if (envelope.from !== hello.id) {
      this.#meters.spend(hello.id, NONSENSE_COST)
      this.#counters.foreign += 1
    } else {
      this.#meters.spend(hello.id, packetCost(envelope.packet))
      const delayMs = weather?.delayMs(hello.id) ?? 0
      if (delayMs === 0) this.#options.onPacket(envelope)
      else setTimeout(() => this.#options.onPacket(envelope), delayMs)
    }
    return null
  }

  #contextOf(link: FrameLink, peerId: string | null): CallContext {
    const { address } = link.peer
    const mustProve = this.#options.security?.isSecure ?? false
    return { remoteAddress: address.slice(0, address.lastIndexOf(':')), peerId, mustProve, link }
  }

  /** Closes links that no group needs, and forgets peers that are neither linked nor needed. */
  #sweep(): void {
    const before = this.#now() - (this.#options.idleMs ?? 60_000)
    for (const [id, peer] of this.#peers) {
      if (peer.usedAt > before || this.#options.isWanted(id)) continue
      if (peer.connection !== null) peer.retire()
      else {
        this.#forgotten += peer.dropped
        this.#peers.delete(id)
      }
    }
  }
}
