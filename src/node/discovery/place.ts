/** Where a node is among others: its addresses, whether they lead to it, and the local network. */
import type { NodeId } from '../../core/ids.ts'
import type { NodeLog } from '../context.ts'
import type { NodeOptions } from '../options.ts'
import { LanPresence, type PresenceOptions } from './presence.ts'
import { Reachability, type Dialler } from './reachability.ts'
import { Whereabouts } from './whereabouts.ts'

export interface PlaceOptions {
  readonly node: NodeOptions
  readonly links: () => Dialler & { onMove(hosts: ReadonlySet<string>): void }
  readonly isWanted: (peer: NodeId) => boolean
  readonly log: NodeLog
}

export class Place {
  readonly presence: LanPresence
  readonly reach: Reachability
  readonly #options: PlaceOptions
  #where: Whereabouts | null = null

  constructor(options: PlaceOptions) {
    const { links, isWanted, log } = options
    this.#options = options
    this.presence = new LanPresence(log)
    this.reach = new Reachability({
      links,
      isWanted,
      isOnlyHere: () => this.#where?.isOnlyHere ?? true,
      log,
    })
  }

  /** What others are told to dial, best first; nothing before the node listens. */
  addresses(): readonly string[] {
    return this.#where?.addresses ?? []
  }

  /** The node listens here. */
  open(listen: string): void {
    this.#where = new Whereabouts(this.#options.node, listen)
    this.#where.onMove = (hosts) => {
      this.#options.links().onMove(hosts)
      this.reach.onMove()
    }
  }

  /** Begins to tell and hear on the local network, if that is wanted. */
  join(options: Omit<PresenceOptions, 'where'>): void {
    if (this.#where === null || this.#options.node.mdns === false) return
    this.presence.start({ ...options, where: this.#where })
  }

  stop(): void {
    this.#where?.stop()
    this.reach.stop()
  }
}
