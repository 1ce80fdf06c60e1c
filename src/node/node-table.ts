/** The methods that a node serves to other nodes, and to whoever finds its port. */
import { packetKinds, packetFromParams, packetToParams } from '../rpc/peer-codec.ts'
import type { Envelope, Packet } from '../core/packet.ts'
import type { GroupId, MessageId, NodeId } from '../core/ids.ts'
import type { NetworkView } from '../nds/lease.ts'
import { listNetworks } from '../nds/methods.ts'
import { nameKey } from '../nds/names.ts'
import { ParleyError } from '../rpc/errors.ts'
import { messageTimesMethod, type MessageTimes } from '../rpc/message-times.ts'
import { MethodTable, type CallContext } from '../rpc/method-table.ts'
import type { ParamsOf } from '../rpc/method.ts'
import { hello, peerMethod, type Hello } from '../rpc/peer-methods.ts'
import { dialBack } from './discovery/reachability.ts'
import { leaseOf } from './lease-keeper.ts'
import type { Network } from './network.ts'

export interface NodeTableOptions {
  readonly version: string
  readonly own: () => Hello
  /** Groups that this node takes part in. */
  readonly networks: () => readonly Network[]
  readonly timesOf: (group: GroupId, message: MessageId) => MessageTimes
  /** Hands a packet to its group; resolves to what is sent back to its sender. */
  readonly exchange: (envelope: Envelope) => Promise<Envelope[]>
  /** Dials a node that asks for it, and says where it answered. */
  readonly dialBack: (peer: NodeId | null) => Promise<{ reached: string[] }>
}

const LEASE_MS = 30_000
const PAGE = 50

/** The leader's lease as this member knows it. */
const viewOf = (network: Network): NetworkView => {
  const { context, replica } = network
  const leader = network.leader()
  const term = network.term()
  const own = leaseOf(network, context.addresses())
  const view = { id: network.id, name: network.name, listedAs: network.name, ageMs: 0 }
  if (own !== null) return { ...view, leases: [{ ...own, expiresInMs: LEASE_MS }] }
  const addresses = leader === null ? [] : context.book.of(leader)
  if (replica === null || leader === null || term === null || addresses.length === 0)
    return { ...view, leases: [] }
  const { members } = network.state.view
  const lease = {
    group: network.id,
    name: network.name,
    leader: { id: leader, name: network.nameOf(leader) },
    addresses: [...addresses],
    term,
    claim: {
      live: Math.max(1, members.length),
      number: members.find(({ id }) => id === leader)?.number ?? 0,
    },
    issuedAt: Date.now(),
    expiresInMs: LEASE_MS,
  }
  return { ...view, leases: [lease] }
}

type ListQuery = ParamsOf<typeof listNetworks>

const list = (networks: readonly Network[], query: ListQuery) => {
  const { prefix, group, cursor, limit = PAGE } = query
  const isWanted = (network: Network): boolean => {
    if (group !== undefined) return network.id === group
    const { listed } = network.state.settings
    return listed && nameKey(network.name).startsWith(nameKey(prefix ?? ''))
  }
  const after = cursor === undefined ? '' : (cursor as GroupId)
  const wanted = networks
    .filter((network) => isWanted(network) && network.id > after)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const page = wanted.slice(0, limit)
  const next = page.length < wanted.length ? (page.at(-1)?.id ?? null) : null
  return { networks: page.map(viewOf), next }
}

/** The packet that a caller sent, in its own name. */
const readCall = (kind: Packet['kind'], params: unknown, { peerId }: CallContext): Envelope => {
  const envelope = packetFromParams(kind, params)
  if (envelope instanceof ParleyError) throw envelope
  if (peerId !== null && peerId !== envelope.from)
    throw new ParleyError('UNAUTHORIZED', 'A packet in the name of another node')
  return envelope
}

/** All that a node serves at its port. */
export const nodeTable = (options: NodeTableOptions): MethodTable => {
  const table = new MethodTable({ title: 'Parley node', version: options.version })
    .add(hello, () => ({ ...options.own(), addresses: [...options.own().addresses] }))
    .add(listNetworks, (query) => list(options.networks(), query))
    .add(dialBack, (_, { peerId }) => options.dialBack(peerId as NodeId | null))
  table.add(messageTimesMethod, ({ group, message }, { peerId }) => {
    const network = options.networks().find(({ id }) => id === group)
    const isMember = network?.state.roster.members.has(peerId as NodeId) === true
    if (!isMember) throw new ParleyError('NOT_A_MEMBER')
    return { ...options.timesOf(group, message), now: Date.now() }
  })
  for (const kind of packetKinds)
    table.add(peerMethod(kind), async (params, context) => {
      const answers = await options.exchange(readCall(kind, params, context))
      const packets = answers.map((envelope) => ({
        method: envelope.packet.kind,
        params: packetToParams(envelope) as Record<string, unknown>,
      }))
      return { packets }
    })
  return table
}
