/** This node on the local network: what it tells there, and what it hears. */
import { networkInterfaces } from 'node:os'

import type { NodeId } from '../../core/ids.ts'
import type { NodeLog } from '../context.ts'
import type { Network } from '../network.ts'
import type { Announcement } from './lan-records.ts'
import { Lan, type LanState } from './lan.ts'
import { isNode, listedOf, Neighbourhood, type Neighbour } from './neighbourhood.ts'
import { isOnlyHere } from './own-addresses.ts'
import type { Whereabouts } from './whereabouts.ts'

export interface PresenceOptions {
  readonly self: NodeId
  readonly where: Whereabouts
  /** Groups that this node takes part in. */
  readonly groups: () => readonly Network[]
  /** Told of every node that comes, or says something new. */
  readonly around: { onFound(neighbour: Neighbour): void }
}

export class LanPresence {
  readonly hood = new Neighbourhood(() => this.#lan)
  readonly #log: NodeLog
  #lan: Lan | null = null

  constructor(log: NodeLog) {
    this.#log = log
  }

  /** Begins, unless the node listens for its own machine alone. */
  start({ self, where, groups, around }: PresenceOptions): void {
    if (where.isOnlyHere) return
    const told = (): Announcement | null => {
      const addresses = where.addresses.filter((address) => !isOnlyHere(address))
      if (addresses.length === 0) return null
      return { kind: 'node', id: self, addresses, groups: listedOf(groups()), hasMore: false }
    }
    this.#lan = new Lan({
      self,
      told,
      interfaces: networkInterfaces,
      onFound: (found) => {
        if (isNode(found)) around.onFound(found)
      },
      log: this.#log,
    })
  }

  /** Null where the local network is left alone. */
  state(): LanState | null {
    return this.#lan?.state() ?? null
  }

  /** Says goodbye to the local network. */
  async stop(): Promise<void> {
    const lan = this.#lan
    this.#lan = null
    await lan?.stop()
  }
}
