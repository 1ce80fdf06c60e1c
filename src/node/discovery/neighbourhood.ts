/** What a node makes of the local network: whom to ask for a group, and who may be missing in one. */
import type { GroupId, NodeId } from '../../core/ids.ts'
import type { NetworkView } from '../../nds/lease.ts'
import { nodeIdSchema } from '../../rpc/id-schemas.ts'
import type { Network } from '../network.ts'
import { ndsUrlOf, type Announcement, type LanGroup } from './lan-records.ts'
import type { Lan } from './lan.ts'

/** Discovery services of the network that are asked. */
const MAX_SERVICES = 4
/** Whoever answers may have to wait a second until it may. */
const PATIENCE_MS = 1_500
const LOOK_MS = 50

/** A node of the local network. */
export interface Neighbour extends Announcement {
  readonly id: NodeId
}

export const isNode = (one: Announcement): one is Neighbour =>
  one.kind === 'node' && nodeIdSchema.safeParse(one.id).success

/** The listed groups of this node: what is announced, and nothing else of them. */
export const listedOf = (networks: readonly Network[]): readonly LanGroup[] =>
  networks
    .filter(({ state, isJoined, replica }) => {
      const isIn = isJoined && replica !== null && replica.role.name !== 'joining'
      return isIn && state.settings.listed
    })
    .map(({ id, name }) => ({ id, name }))

export class Neighbourhood {
  readonly #current: () => Lan | null

  /** `current`: null while the local network is left alone. */
  constructor(current: () => Lan | null) {
    this.#current = current
  }

  get #lan(): Lan | null {
    return this.#current()
  }

  /** Nodes that are there, whoever was heard last first. */
  nodes(): readonly Neighbour[] {
    return (this.#lan?.neighbours() ?? []).filter(isNode).toReversed()
  }

  /** Where the discovery services of this network are, with their keys. */
  services(): readonly string[] {
    const found = (this.#lan?.neighbours() ?? []).filter(({ kind }) => kind === 'nds')
    return found.slice(-MAX_SERVICES).map(ndsUrlOf)
  }

  /** The same, after a question to all and a moment of patience if nobody is known yet. */
  async seek(isIt: (group: LanGroup) => boolean): Promise<readonly Neighbour[]> {
    const lan = this.#lan
    const isTold = (): boolean => this.nodes().some(({ groups }) => groups.some(isIt))
    if (lan === null || isTold()) return this.askFor(isIt)
    lan.ask()
    const end = performance.now() + PATIENCE_MS
    while (!isTold() && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    return this.askFor(isIt)
  }

  /** Nodes that say that they are in a group, then those that did not say of all theirs. */
  askFor(isIt: (group: LanGroup) => boolean): readonly Neighbour[] {
    const nodes = this.nodes()
    const telling = nodes.filter(({ groups }) => groups.some(isIt))
    return [...telling, ...nodes.filter((one) => one.hasMore && !telling.includes(one))]
  }

  /** As few nodes as there have to be to hear of every group that is told of. */
  cover(): readonly Neighbour[] {
    const heard = new Set<GroupId>()
    return this.nodes().filter(({ groups, hasMore }) => {
      const isNew = hasMore || groups.some(({ id }) => !heard.has(id))
      for (const { id } of groups) heard.add(id)
      return isNew
    })
  }

  /** The groups as they are announced, without a word on who leads. */
  views(): readonly NetworkView[] {
    const groups = this.nodes().flatMap((one) => one.groups)
    return groups.map(({ id, name }) => ({ id, name, listedAs: name, ageMs: 0, leases: [] }))
  }
}
