/** Names and addresses as member cards tell them; names stay when somebody has gone. */
import type { MemberCard } from '../core/entry.ts'
import type { NodeId } from '../core/ids.ts'
import type { RosterMember } from '../core/roster.ts'
import type { Json } from '../store/store.ts'

/** Characters of an id that stand for a name nobody knows. */
const SHORT_ID = 8
/** Names of those who have gone that are remembered. */
const MAX_GONE = 1_000

export class RosterWatch {
  readonly #cards = new Map<NodeId, MemberCard>()
  readonly #gone: Map<NodeId, string>

  /** From what `toJson` gave in an earlier run, or null. */
  constructor(saved: Json) {
    const pairs = typeof saved === 'object' && saved !== null ? Object.entries(saved) : []
    this.#gone = new Map(
      pairs.flatMap(([id, name]) => (typeof name === 'string' ? [[id as NodeId, name]] : [])),
    )
  }

  nameOf(id: NodeId): string {
    return this.#cards.get(id)?.name ?? this.#gone.get(id) ?? id.slice(0, SHORT_ID)
  }

  /** Takes the roster as it is now; returns the cards that are new, and whether somebody is gone. */
  update(members: ReadonlyMap<NodeId, RosterMember>): {
    readonly fresh: readonly MemberCard[]
    readonly isAnyGone: boolean
  } {
    const fresh: MemberCard[] = []
    for (const [id, { card }] of members) {
      if (this.#cards.get(id) === card) continue
      this.#cards.set(id, card)
      fresh.push(card)
    }
    let isAnyGone = false
    for (const [id, { name }] of this.#cards) {
      if (members.has(id)) continue
      this.#cards.delete(id)
      this.#gone.set(id, name)
      isAnyGone = true
    }
    while (this.#gone.size > MAX_GONE) {
      const [oldest] = this.#gone.keys()
      if (oldest !== undefined) this.#gone.delete(oldest)
    }
    return { fresh, isAnyGone }
  }

  toJson(): Json {
    return Object.fromEntries(this.#gone)
  }
}
