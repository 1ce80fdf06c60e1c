/** A node: the groups, the links and the port of one identity, behind the public API. */
import { inviteText } from '../core/entry-codec.ts'
import type { Policy } from '../core/entry.ts'
import type { NodeId } from '../core/ids.ts'
import { fingerprintOf } from '../crypto/fingerprint.ts'
import { isPrintableName } from '../nds/names.ts'
import type { Identity } from '../crypto/identity.ts'
import type { NdsClient } from '../nds/client.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { RpcClient } from '../rpc/http-client.ts'
import type { RpcServer } from '../rpc/http-server.ts'
import type {
  ChatNodeApi,
  HistoryQuery,
  Invite,
  InviteOptions,
  JoinedNetwork,
  JoinTarget,
  KnownNetwork,
  MemberView,
  MessageView,
  NetworkSummary,
  NodeEvent,
  NodeStatus,
  SendAs,
  OperatorApi,
  SentMessage,
  Wait,
} from './api.ts'
import type { NodeContext } from './context.ts'
import type { Operator } from './operator.ts'
import type { Place } from './discovery/place.ts'
import type { Finder, Found } from './finder.ts'
import type { Groups } from './groups.ts'
import { isSameName, parseTarget } from './join-target.ts'
import { checkedName } from './node-name.ts'
import type { PeerLinks } from './links/peer-links.ts'
import type { Network } from './network.ts'
import { leftError } from './put-out.ts'
import { contentOf } from './message-content.ts'
import { searchViews, viewsOf } from './message-views.ts'
import { checkNothingIsLost } from './sole-copy.ts'
import { membersOf, statusOf, whoOf } from './views.ts'
import { vitals, type Vitals } from './vitals.ts'

/** What a node is made of; `startNode` puts it together. */
export interface NodeParts {
  readonly context: NodeContext
  readonly groups: Groups
  readonly operator: Operator
  readonly links: PeerLinks
  readonly finder: Finder
  readonly place: Place
  readonly nds: NdsClient
  /** Connections to discovery services. */
  readonly rpc: RpcClient
  readonly server: RpcServer
  readonly listeners: Set<(event: NodeEvent) => void>
  /** Ends what runs in the background. */
  readonly stopTimers: () => void
}

const JOIN_MS = 10_000
const SEND_MS = 30_000
/** How long listing waits for discovery services. */
const LIST_MS = 1_000
const MAX_PAGE = 10_000

const joinedOf = (network: Network): JoinedNetwork => {
  const head = network.head()
  const member = network.number()
  if (head === null || member === null) throw new ParleyError('INTERNAL')
  return { network: { id: network.id, name: network.name }, member, head }
}

export class ChatNode implements ChatNodeApi {
  readonly #parts: NodeParts
  #stopping: Promise<void> | null = null

  constructor(parts: NodeParts) {
    this.#parts = parts
  }

  get id(): NodeId {
    return this.#parts.context.id
  }

  get name(): string {
    return this.#parts.context.name
  }

  get listen(): string {
    return this.#parts.server.listen
  }

  async create(
    name: string,
    options: { readonly policy?: Policy; readonly listed?: boolean } = {},
  ): Promise<JoinedNetwork> {
    this.#checkRunning()
    if (!isPrintableName(name))
      throw new ParleyError('USAGE', 'A name has 1 to 64 printable characters')
    const { groups } = this.#parts
    if (groups.joined().some((network) => isSameName(network.name, name)))
      throw new ParleyError('NAME_TAKEN', `This node is in a network ${name} already`)
    const { policy = 'open', listed = true } = options
    return joinedOf(await groups.found(name, { policy, listed }))
  }

  async join({ target, timeoutMs = JOIN_MS }: JoinTarget): Promise<JoinedNetwork> {
    this.#checkRunning()
    const deadline = performance.now() + timeoutMs
    const spec = parseTarget(target)
    const { groups, finder } = this.#parts
    const known = groups
      .joined()
      .find(({ id, name }) => id === spec.id || (spec.name !== null && isSameName(name, spec.name)))
    if (known?.isCurrent() === true && spec.addresses.length === 0) return joinedOf(known)
    const late = new ParleyError('TIMEOUT', `Nobody who knows ${target} answered in time`)
    const finding = this.#before(deadline, finder.find(spec), late)
    const network = known ?? (await this.#enter(finding, spec.invite))
    // A group that this node is in already is waited for; what is found of it meanwhile may help.
    if (known !== undefined) this.#enter(finding, spec.invite).catch(() => {})
    try {
      await network.whenCurrent(Math.max(0, deadline - performance.now()))
    } catch (thrown) {
      const error = thrown instanceof ParleyError ? thrown : new ParleyError('INTERNAL')
      groups.giveUp(network, error)
      throw error
    }
    return joinedOf(network)
  }

  async #enter(finding: Promise<Found>, invite?: Identity): Promise<Network> {
    const { id, name, via } = await finding
    this.#checkRunning()
    const proof =
      invite === undefined ? null : { invite: invite.id, sig: invite.sign(inviteText(id, this.id)) }
    return this.#parts.groups.enter(id, name, via, proof)
  }

  async #before<T>(deadline: number, work: Promise<T>, late: ParleyError): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(late), Math.max(0, deadline - performance.now()))
    })
    try {
      return await Promise.race([work, timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  async leave(network: string, options: { readonly force?: boolean } = {}): Promise<void> {
    this.#checkRunning()
    const found = this.#parts.groups.find(network)
    // Who was put out of it may put it away like this.
    if (!found.isJoined && found.removed === null) throw leftError(found.name)
    if (options.force !== true) checkNothingIsLost(found)
    await this.#parts.groups.leave(found)
  }

  async send(
    network: string,
    text: string,
    options: SendAs & { readonly wait?: Wait; readonly timeoutMs?: number } = {},
  ): Promise<SentMessage> {
    const { wait = 'sequenced', timeoutMs = SEND_MS } = options
    if (typeof wait === 'number' && !(Number.isSafeInteger(wait) && wait > 0))
      throw new ParleyError('USAGE', 'Wait for how many? Give a whole number from 1')
    const found = this.#joined(network)
    return found.send('message', contentOf(found, text, options), wait, timeoutMs)
  }

  async networks(): Promise<readonly NetworkSummary[]> {
    const { groups, finder } = this.#parts
    const views = await finder.listed(LIST_MS)
    const summaries = groups.all().map((network): NetworkSummary => {
      const leader = network.leader()
      return {
        id: network.id,
        name: network.name,
        joined: network.isJoined,
        leader: leader === null ? null : whoOf(network, leader),
        members: network.state.view.members.length,
        unread: network.records.readMark.unread(network.count),
      }
    })
    const others = views.flatMap(({ id, name, leases }): NetworkSummary[] => {
      if (groups.get(id) !== null) return []
      const [lease] = leases
      const leader = lease === undefined ? null : (lease.leader as NetworkSummary['leader'])
      const members = lease?.claim.live ?? 0
      return [{ id, name, joined: false, leader, members, unread: 0 }]
    })
    return [...summaries, ...others]
  }

  find(network: string): KnownNetwork {
    const { id, name, count, gone } = this.#parts.groups.find(network)
    return { id, name, count, gone }
  }

  history(network: string, { from, limit }: HistoryQuery): readonly MessageView[] {
    const found = this.#parts.groups.find(network)
    const count = Math.min(Math.max(0, limit), MAX_PAGE)
    return viewsOf(found, found.messages(from, count))
  }

  search(
    network: string,
    query: string,
    options: { readonly limit: number; readonly before?: number },
  ): readonly MessageView[] {
    const found = this.#parts.groups.find(network)
    const limit = Math.min(Math.max(0, options.limit), MAX_PAGE)
    return searchViews(found, query, limit, options.before)
  }

  markRead(network: string, position?: number): void {
    const found = this.#parts.groups.find(network)
    found.records.readMark.advance(Math.min(position ?? found.count, found.count))
  }

  members(network: string): readonly MemberView[] {
    return membersOf(this.#parts.groups.find(network))
  }

  status(): NodeStatus {
    const { id, name, listen } = this
    const { server, links } = this.#parts
    const { malformed, foreign, version } = links.counters
    const turnedAway = { ...server.counters, malformed, foreign, version }
    const addresses = [...this.#parts.context.addresses()]
    const fingerprint = fingerprintOf(id)
    const reached = this.#parts.place.reach.state
    const node = { id, name, listen, addresses, reached, fingerprint, turnedAway }
    const known = this.#parts.groups.all()
    const networks = known.filter(({ isJoined, removed }) => isJoined || removed !== null)
    return { node, networks: networks.map(statusOf) }
  }

  /** How it does, in numbers. */
  vitals(): Vitals {
    const { groups, links, server } = this.#parts
    return vitals(groups, links, { ...server.counters })
  }

  invite(network: string, options?: InviteOptions): Promise<Invite> {
    this.#checkRunning()
    return this.#parts.operator.invite(network, options)
  }

  kick(network: string, member: string): Promise<void> {
    this.#checkRunning()
    return this.#parts.operator.kick(network, member)
  }

  setTopic(network: string, topic: string): Promise<void> {
    this.#checkRunning()
    return this.#parts.operator.setTopic(network, topic)
  }

  setName(name: string): void {
    this.#checkRunning()
    this.#parts.context.store.setNodeMeta('name', checkedName(name))
  }

  get operator(): OperatorApi {
    return this.#parts.operator
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    const { listeners } = this.#parts
    // One of its own for every call, so that subscribing twice is two subscriptions.
    const own = (event: NodeEvent): void => listener(event)
    listeners.add(own)
    return () => listeners.delete(own)
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const { groups, links, place, rpc, server, stopTimers, context } = this.#parts
    stopTimers()
    await Promise.all([groups.stop(), place.presence.stop()])
    await Promise.all([links.close(), server.close(), rpc.close()])
    context.store.close()
    await context.witness.close?.()
  }

  /** Cuts everything off at once, as if the process had been killed. For tests. */
  async destroy(): Promise<void> {
    const { groups, links, place, rpc, server, stopTimers, context } = this.#parts
    stopTimers()
    groups.destroy()
    links.destroy()
    this.#stopping ??= Promise.resolve()
    await Promise.all([place.presence.stop(), server.close(), rpc.close()])
    context.store.close()
  }

  #checkRunning(): void {
    if (this.#stopping !== null) throw new ParleyError('INTERRUPTED', 'The node is stopping')
  }

  #joined(text: string): Network {
    this.#checkRunning()
    const network = this.#parts.groups.find(text)
    if (network.gone !== null) throw network.gone
    return network
  }
}
