/** Finds groups: at discovery services, and at nodes that are known or named by address. */
import type { GroupId, NodeId } from '../core/ids.ts'
import type { NdsClient } from '../nds/client.ts'
import type { NetworkView } from '../nds/lease.ts'
import { unionOf } from '../nds/union.ts'
import { listNetworks } from '../nds/methods.ts'
import { ParleyError } from '../rpc/errors.ts'
import { parseResult } from '../rpc/method.ts'
import type { Hello } from '../rpc/peer-methods.ts'
import type { LanGroup } from './discovery/lan-records.ts'
import type { Neighbour, Neighbourhood } from './discovery/neighbourhood.ts'
import type { AddressBook } from './links/address-book.ts'
import type { PeerLinks } from './links/peer-links.ts'
import { isSameName, type JoinSpec } from './join-target.ts'

export interface Found {
  readonly id: GroupId
  readonly name: string
  /** Whom to ask, the likeliest first. */
  readonly via: readonly NodeId[]
}

export interface FinderOptions {
  readonly self: NodeId
  readonly nds: NdsClient
  readonly links: PeerLinks
  readonly book: AddressBook
  readonly hood: Neighbourhood
  /** Addresses of nodes to ask, from the settings. */
  readonly peers: readonly string[]
}

const LIST_MS = 3_000
/** Known nodes that are asked for a name at most. */
const MAX_ASKED = 16

/** One place to ask: what it lists, and who answered if it was a node. */
type Source = Promise<{ readonly views: readonly NetworkView[]; readonly node: Hello | null }>

const flat = (thrown: unknown): readonly unknown[] =>
  thrown instanceof AggregateError ? (thrown.errors as unknown[]).flatMap(flat) : [thrown]

export class Finder {
  readonly #options: FinderOptions

  constructor(options: FinderOptions) {
    this.#options = options
  }

  /** What discovery services and the local network list, as far as it is told in time. */
  async listed(timeoutMs: number): Promise<readonly NetworkView[]> {
    const { nds, hood } = this.#options
    const inTime = async (
      asked: Promise<readonly NetworkView[]>,
    ): Promise<readonly NetworkView[]> => {
      const late = new Promise<null>((resolve) =>
        setTimeout(() => resolve(null), timeoutMs).unref(),
      )
      const views = await Promise.race([asked, late]).catch(() => null)
      return views ?? []
    }
    const asked = hood
      .cover()
      .slice(0, MAX_ASKED)
      .map(async (one) => {
        const { views } = await this.#askNeighbour(one, {})
        return views
      })
    const services = nds.hasAny ? [nds.list().then(({ networks }) => networks)] : []
    const lists = await Promise.all([...services, ...asked].map(inTime))
    return unionOf([...lists.flat(), ...hood.views()])
  }

  /** Leaders of a group that discovery services know of; their addresses go into the book. */
  async leadersOf(group: GroupId): Promise<readonly NodeId[]> {
    const { nds } = this.#options
    if (!nds.hasAny) return []
    const view = await nds.find(group)
    return view === null ? [] : this.#learn(view)
  }

  /** Nodes of the local network that say that they are in a group, or may be. */
  neighboursIn(group: GroupId): readonly NodeId[] {
    const nodes = this.#options.hood.askFor(({ id }) => id === group).slice(0, MAX_ASKED)
    for (const { id, addresses } of nodes) this.#options.book.suggest(id, addresses)
    return nodes.map(({ id }) => id)
  }

  /**
   * Asks everywhere at once and takes the first place that knows the group. Rejects with
   * NETWORK_NOT_FOUND, or UNREACHABLE if nobody answered at all.
   */
  async find(spec: JoinSpec): Promise<Found> {
    const sources = this.#sourcesFor(spec)
    const matches = sources.map(async (source) => {
      const { views, node } = await source
      return this.#match(spec, views, node)
    })
    if (spec.addresses.length === 0 || spec.id !== null) matches.push(this.#findNearby(spec))
    try {
      return await Promise.any(matches)
    } catch (thrown) {
      const errors = flat(thrown)
      const coded = errors.filter((error) => error instanceof ParleyError)
      const byWeight = ['WRONG_KEY', 'USAGE', 'NETWORK_NOT_FOUND'].flatMap((code) =>
        coded.filter((error) => error.code === code),
      )
      throw byWeight[0] ?? coded[0] ?? this.#nowhere(spec)
    }
  }

  #nowhere({ name, id }: JoinSpec): ParleyError {
    const { nds, peers } = this.#options
    const isAlone = !nds.hasAny && peers.length === 0 && this.#options.hood.nodes().length === 0
    return new ParleyError('NETWORK_NOT_FOUND', `Nobody knows ${name ?? id ?? 'such a network'}`, {
      hint: isAlone
        ? 'No discovery service is known and no other node heard: give an address or an invite.'
        : 'List the known ones with: parley networks',
    })
  }

  #sourcesFor(spec: JoinSpec): Source[] {
    const { nds, links, peers } = this.#options
    const query = spec.id === null ? {} : { group: spec.id }
    const sources = spec.addresses.map((address) => this.#askAddress(address, query))
    if (spec.nds.length > 0) sources.push(this.#askServices(nds.at(spec.nds), query))
    if (spec.addresses.length > 0 && spec.id === null) return sources
    if (nds.hasAny) sources.push(this.#askServices(nds, query))
    for (const address of peers) sources.push(this.#askAddress(address, query))
    for (const hello of links.linked().slice(0, MAX_ASKED))
      sources.push(this.#askNode(hello, query))
    return sources
  }

  /** Nothing found is one thing, somebody else in the place of a service another. */
  async #askServices(nds: NdsClient, query: object): Source {
    const { networks, outcomes } = await nds.list(query)
    const [wrong] = outcomes.flatMap((one) =>
      !one.ok && one.error.code === 'WRONG_KEY' ? [one.error] : [],
    )
    if (networks.length === 0 && wrong !== undefined) throw wrong
    return { views: networks, node: null }
  }

  async #askAddress(address: string, query: object): Source {
    return this.#askNode(await this.#options.links.resolve(address), query)
  }

  async #askNeighbour({ id, addresses }: Neighbour, query: object): Source {
    this.#options.book.suggest(id, addresses)
    return this.#askNode(await this.#options.links.reach(id), query)
  }

  /** Asks whoever of the local network says that it is in the group; waits a moment if nobody does. */
  async #findNearby(spec: JoinSpec): Promise<Found> {
    const { hood } = this.#options
    const { id, name } = spec
    const isIt = (group: LanGroup): boolean =>
      id === null ? name !== null && isSameName(group.name, name) : group.id === id
    const query = id === null ? {} : { group: id }
    const nodes = (await hood.seek(isIt)).slice(0, MAX_ASKED)
    if (nodes.length === 0) throw this.#nowhere(spec)
    return Promise.any(
      nodes.map(async (one) => {
        const { views, node } = await this.#askNeighbour(one, query)
        return this.#match(spec, views, node)
      }),
    )
  }

  async #askNode(hello: Hello, query: object): Source {
    const answer = await this.#options.links.call(hello.id, listNetworks.name, query, LIST_MS)
    return { views: parseResult(listNetworks, answer).networks, node: hello }
  }

  #match(spec: JoinSpec, views: readonly NetworkView[], node: Hello | null): Found {
    const view = this.#pick(spec, views)
    const leaders = this.#learn(view)
    const via = node === null || node.id === this.#options.self ? leaders : [...leaders, node.id]
    return { id: view.id, name: view.name, via }
  }

  #pick(spec: JoinSpec, views: readonly NetworkView[]): NetworkView {
    const { id, name } = spec
    const fits = ({ id: one, name: its, listedAs }: NetworkView): boolean => {
      if (id !== null) return one === id
      return name === null || listedAs === name || isSameName(its, name)
    }
    const matches = views.filter(fits)
    const exact = matches.find(({ listedAs }) => listedAs === name)
    const [first, second] = matches
    if (exact !== undefined) return exact
    if (first === undefined) throw this.#nowhere(spec)
    if (name === null && id === null && second !== undefined) {
      const names = matches.map(({ listedAs }) => listedAs).join(', ')
      const hint = `Write host:port/name with one of: ${names}`
      throw new ParleyError('USAGE', 'There is more than one network', { hint })
    }
    return first
  }

  /** Notes the addresses of all leaders; returns who they are, the strongest claim first. */
  #learn(view: NetworkView): readonly NodeId[] {
    const leaders = view.leases.filter(({ leader }) => leader.id !== this.#options.self)
    for (const { leader, addresses } of leaders) this.#options.book.learn(leader.id, addresses)
    return [...new Set(leaders.map(({ leader }) => leader.id))]
  }
}
