/** Finds groups: at discovery services, and at nodes that are known or named by address. */
import type { GroupId, NodeId } from '../core/ids.ts'
import type { NdsClient } from '../nds/client.ts'
import type { NetworkView } from '../nds/lease.ts'
import { listNetworks } from '../nds/methods.ts'
import { ParleyError } from '../rpc/errors.ts'
import { parseResult } from '../rpc/method.ts'
import type { Hello } from '../rpc/peer-methods.ts'
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
  /** Addresses of nodes to ask, from the settings. */
  readonly peers: readonly string[]
}

const LIST_MS = 3_000
/** Known nodes that are asked for a name at most. */
const MAX_ASKED = 16

/** One place to ask: what it lists, and who answered if it was a node. */
type Source = Promise<{ readonly views: readonly NetworkView[]; readonly node: Hello | null }>

export class Finder {
  readonly #options: FinderOptions

  constructor(options: FinderOptions) {
    this.#options = options
  }

  /** What discovery services list; empty if none answers in time. */
  async listed(timeoutMs: number): Promise<readonly NetworkView[]> {
    const { nds } = this.#options
    if (nds.urls.length === 0) return []
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), timeoutMs).unref())
    const listing = await Promise.race([nds.list(), late])
    return listing?.networks ?? []
  }

  /** Leaders of a group that discovery services know of; their addresses go into the book. */
  async leadersOf(group: GroupId): Promise<readonly NodeId[]> {
    const { nds } = this.#options
    if (nds.urls.length === 0) return []
    const view = await nds.find(group)
    return view === null ? [] : this.#learn(view)
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
    try {
      return await Promise.any(matches)
    } catch (thrown) {
      const errors = thrown instanceof AggregateError ? (thrown.errors as unknown[]) : [thrown]
      const coded = errors.filter((error) => error instanceof ParleyError)
      const byWeight = ['WRONG_KEY', 'USAGE', 'NETWORK_NOT_FOUND'].flatMap((code) =>
        coded.filter((error) => error.code === code),
      )
      throw byWeight[0] ?? coded[0] ?? this.#nowhere(spec)
    }
  }

  #nowhere({ name, id }: JoinSpec): ParleyError {
    const { nds, peers } = this.#options
    const isAlone = nds.urls.length === 0 && peers.length === 0
    return new ParleyError('NETWORK_NOT_FOUND', `Nobody knows ${name ?? id ?? 'such a network'}`, {
      hint: isAlone
        ? 'This node knows no discovery service and no other node: give an address or an invite.'
        : 'List the known ones with: parley networks',
    })
  }

  #sourcesFor(spec: JoinSpec): Source[] {
    const { nds, links, peers } = this.#options
    const query = spec.id === null ? {} : { group: spec.id }
    const sources = spec.addresses.map((address) => this.#askAddress(address, query))
    if (spec.nds.length > 0) sources.push(this.#askServices(nds.at(spec.nds), query))
    if (spec.addresses.length > 0 && spec.id === null) return sources
    if (nds.urls.length > 0) sources.push(this.#askServices(nds, query))
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
