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

export class AddressBook {
  /** Least recently heard of first; a node's likeliest address first. */
  readonly #addresses = new Map<NodeId, readonly string[]>()
  readonly #own: () => readonly string[]

  /** `own`: addresses of this very node, at which nobody else is to be looked for. */
  constructor(own: () => readonly string[] = () => []) {
    this.#own = own
  }

  of(node: NodeId): readonly string[] {
    return this.#addresses.get(node) ?? []
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
    this.#put(node, [...new Set([...fresh, ...known])].slice(0, limits.addresses))
  }

  /** The node has answered there. */
  prove(node: NodeId, address: string): void {
    this.learn(node, [address])
  }

  /** Another node answers there. */
  disprove(node: NodeId, address: string): void {
    const left = this.of(node).filter((text) => text !== address)
    if (left.length > 0) this.#put(node, left)
    else this.#addresses.delete(node)
  }

  #put(node: NodeId, addresses: readonly string[]): void {
    this.#addresses.delete(node)
    this.#addresses.set(node, addresses)
    if (this.#addresses.size <= MAX_NODES) return
    const [oldest] = this.#addresses.keys()
    if (oldest !== undefined) this.#addresses.delete(oldest)
  }
}
