/** S1, S2, S3, S13, L10: every stored entry is genuine, unique in its place, rightly timed and new. */
import type { Effect } from '../../src/core/effect.ts'
import { entryText } from '../../src/core/entry-codec.ts'
import { termOf, type SignedEntry } from '../../src/core/entry.ts'
import type { Hash, InstanceId, TermId } from '../../src/core/ids.ts'
import type { Replica } from '../../src/core/replica.ts'
import { createSimCrypto } from '../sim-crypto.ts'
import type { SimNode, World } from '../world.ts'
import type { Checker } from './checker.ts'

export class EntriesChecker implements Checker {
  readonly name = 'S1 S2 S3 S13 L10 entries'
  #world: World | null = null
  /** Every entry that any disk has, by hash. */
  readonly #known = new Map<Hash, SignedEntry>()
  readonly #places = new Map<string, Hash>()
  readonly #openers = new Map<TermId, InstanceId>()
  /** Terms that their leader no longer leads. */
  readonly #givenUp = new Set<TermId>()
  readonly #leads = new Map<SimNode, TermId>()
  /** Opened by a node that was taken over: of such nothing is asked but what a disk may hold. */
  readonly #hostileTerms = new Set<TermId>()

  begin(world: World): void {
    this.#world = world
  }

  beforeEffect(node: SimNode, _replica: Replica, effect: Effect): void {
    if (effect.type !== 'persist') return
    for (const signed of effect.entries)
      if (!this.#known.has(signed.hash)) this.#first(node, signed)
  }

  /** An entry's first appearance: it was made by the node that stores it now. */
  #first(node: SimNode, signed: SignedEntry): void {
    const world = this.#world
    if (world === null) return
    const { entry, hash } = signed
    const crypto = createSimCrypto(node.id)
    if (crypto.hash(entryText(entry)) !== hash) world.fail(`S1 ${hash}: wrong hash`)
    const term = termOf(signed)
    const parents = [entry.prev, ...(entry.kind === 'merge' ? entry.body.tips : [])]
    const clocks = parents.filter((one) => one !== '').map((one) => this.#known.get(one as Hash))
    if (clocks.some((one) => one === undefined)) world.fail(`S1 ${hash}: a parent nobody has`)
    const derived = 1 + Math.max(-1, ...clocks.map((one) => one?.entry.clock ?? -1))
    if (entry.clock !== derived) world.fail(`S3 ${hash}: clock ${entry.clock}, not ${derived}`)
    const place = `${term}/${entry.seq}`
    if (this.#places.has(place)) world.fail(`S2 two entries at ${place} by ${node.id}`)
    this.#places.set(place, hash)
    if (entry.kind === 'open') {
      this.#openers.set(term, entry.body.instance)
      if (entry.body.leader === world.hostile?.id) this.#hostileTerms.add(term)
    }
    if (this.#hostileTerms.has(term)) {
      this.#known.set(hash, signed)
      return
    }
    const opener = this.#openers.get(term)
    if (opener !== undefined && opener !== node.instance)
      world.fail(`S2 ${node.id} appends to a term that another instance opened`)
    if (this.#givenUp.has(term)) world.fail(`S13 term ${term} grew after it was given up`)
    if (entry.kind === 'merge')
      for (const tip of entry.body.tips)
        if (this.#contains(entry.prev as Hash, tip))
          world.fail(`L10 ${node.id} merges what is there already`)
    this.#known.set(hash, signed)
  }

  /** Does the history of `head` contain `wanted`? Nothing below its clock can. */
  #contains(head: Hash, wanted: Hash): boolean {
    const low = this.#known.get(wanted)?.entry.clock ?? Infinity
    const seen = new Set<Hash | ''>([head])
    for (const at of seen) {
      if (at === wanted) return true
      const entry = this.#known.get(at as Hash)?.entry
      if (entry === undefined || entry.clock <= low) continue
      seen.add(entry.prev)
      if (entry.kind === 'merge') for (const tip of entry.body.tips) seen.add(tip)
    }
    return false
  }

  afterStep(node: SimNode, replica: Replica): void {
    const leads = replica.role.name === 'leader' ? replica.role.term : null
    const before = this.#leads.get(node) ?? null
    if (before === leads) return
    if (before !== null) this.#givenUp.add(before)
    if (leads === null) this.#leads.delete(node)
    else this.#leads.set(node, leads)
  }

  onCrash(node: SimNode): void {
    const before = this.#leads.get(node)
    if (before !== undefined) this.#givenUp.add(before)
    this.#leads.delete(node)
  }
}
