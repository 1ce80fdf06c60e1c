/**
 * Looks for members where addresses may have changed: now and then, and at the start, groups that
 * miss somebody are told whom discovery services and the nodes of the settings name.
 */
import type { NodeId } from '../core/ids.ts'
import type { Finder } from './finder.ts'
import type { Groups } from './groups.ts'
import type { Neighbour } from './discovery/neighbourhood.ts'
import type { AddressBook } from './links/address-book.ts'
import type { PeerLinks } from './links/peer-links.ts'
import type { Network } from './network.ts'

export interface LookAroundOptions {
  readonly groups: Groups
  readonly finder: Finder
  readonly links: PeerLinks
  readonly book: AddressBook
  /** Addresses of nodes from the settings. */
  readonly peers: readonly string[]
  readonly everyMs?: number | undefined
}

const EVERY_MS = 10_000

/** Is somebody missing that might be found? */
const isIncomplete = ({ replica, splitSince, state }: Network): boolean => {
  if (replica === null) return false
  const { name } = replica.role
  return (
    name === 'joining' || name === 'seeking' || splitSince !== null || state.view.members.length < 2
  )
}

export class LookAround {
  readonly #options: LookAroundOptions
  readonly #timer: NodeJS.Timeout

  constructor(options: LookAroundOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#look(), options.everyMs ?? EVERY_MS)
    this.#timer.unref()
    this.#look()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Somebody is there, on the local network: perhaps one that is missed. */
  onFound({ id, addresses, groups: told }: Neighbour): void {
    const { groups, book } = this.#options
    const isTold = ({ id: group }: Network): boolean => told.some((one) => one.id === group)
    const concerned = groups
      .joined()
      .filter((one) => one.state.roster.members.has(id) || (isTold(one) && isIncomplete(one)))
    if (concerned.length === 0) return
    book.suggest(id, addresses)
    void this.#hint(concerned.filter(isIncomplete), Promise.resolve([id]))
  }

  #look(): void {
    const { groups, finder, links, peers } = this.#options
    const incomplete = groups.joined().filter(isIncomplete)
    if (incomplete.length === 0) return
    for (const network of incomplete) {
      void this.#hint([network], finder.leadersOf(network.id))
      void this.#hint([network], Promise.resolve(finder.neighboursIn(network.id)))
    }
    for (const address of peers) void this.#hint(incomplete, idAt(links, address))
  }

  /** Whoever does not answer is asked again the next time. */
  async #hint(networks: readonly Network[], finding: Promise<readonly NodeId[]>): Promise<void> {
    const peers = await finding.catch(() => [])
    if (peers.length === 0) return
    for (const network of networks) network.driver?.input({ type: 'hint', peers })
  }
}

const idAt = async (links: PeerLinks, address: string): Promise<readonly NodeId[]> => {
  const { id } = await links.resolve(address)
  return [id]
}
