/**
 * Where nodes can be dialled, as far as this one has heard: from greetings, member cards, invites
 * and discovery services. Nothing in it is trusted: whoever answers says, and later proves, who it
 * is.
 */
import type { NodeId } from '../../core/ids.ts'
import { limits } from '../../core/limits.ts'
import { readAddress } from '../../rpc/address.ts'

/** Nodes remembered: the least recently heard of is forgotten. */
const MAX_NODES = 20_000
/** Nodes of which hearsay is kept, and addresses of each. */
const MAX_HINTED = 1_024
const MAX_HINTS = 4

/** Puts an entry last; the first goes if there are too many. */
const put = (
  map: Map<NodeId, readonly string[]>,
  node: NodeId,
  addresses: readonly string[],
  max: number,
): void => {
  map.delete(node)
  map.set(node, addresses)
  if (map.size <= max) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

export class AddressBook {
  /** Least recently heard of first; a node's likeliest address first. */
  readonly #addresses = new Map<NodeId, readonly string[]>()
  readonly #hints = new Map<NodeId, readonly string[]>()
  readonly #own: () => readonly string[]

  /** `own`: addresses of this very node, at which nobody else is to be looked for. */
  constructor(own: () => readonly string[] = () => []) {
    this.#own = own
  }

  of(node: NodeId): readonly string[] {
    return this.#addresses.get(node) ?? []
  }

  /** Where to dial a node: also where somebody says that it is who could be anybody. */
  toDial(node: NodeId): readonly string[] {
    return [...new Set([...this.of(node), ...(this.#hints.get(node) ?? [])])]
  }

  /** The address to show for a node, or null. */
  first(node: NodeId): string | null {
    return this.of(node)[0] ?? null
  }

  /** Adds addresses, likelier than those known already: what is heard later is newer. */
  learn(node: NodeId, addresses: readonly string[]): void {
    const known = this.of(node)
    const own = this.#own()
    const fresh = addresses.filter((text) => readAddress(text) !== null && !own.includes(text))
    if (fresh.every((text, at) => known[at] === text)) return
    const all = [...new Set([...fresh, ...known])].slice(0, limits.addresses)
    put(this.#addresses, node, all, MAX_NODES)
  }

  /** Somebody says that the node is there. It takes the place of no address that is known. */
  suggest(node: NodeId, addresses: readonly string[]): void {
    const own = this.#own()
    const fresh = addresses.filter((text) => readAddress(text) !== null && !own.includes(text))
    put(this.#hints, node, fresh.slice(0, MAX_HINTS), MAX_HINTED)
  }

  /** The node has answered there. */
  prove(node: NodeId, address: string): void {
    this.learn(node, [address])
  }

  /** Another node answers there. */
  disprove(node: NodeId, address: string): void {
    const left = this.of(node).filter((text) => text !== address)
    if (left.length > 0) put(this.#addresses, node, left, MAX_NODES)
    else this.#addresses.delete(node)
    const hinted = this.#hints.get(node)
    if (hinted?.includes(address) === true)
      this.suggest(
        node,
        hinted.filter((text) => text !== address),
      )
  }
}
