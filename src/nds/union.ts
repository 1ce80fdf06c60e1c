/** What several registries list, as one list; pure. */
import { compareClaims } from '../core/claim.ts'
import { byText, type GroupId } from '../core/ids.ts'
import type { LeaseView, NetworkView } from './lease.ts'
import { aliases, nameKey } from './names.ts'

const claimOf = ({ term, leader, claim }: LeaseView) => ({ term, leader: leader.id, ...claim })

/** One lease of each leader: what it wrote last. */
const uniteLeases = (leases: readonly LeaseView[]): LeaseView[] => {
  const byLeader = new Map<string, LeaseView>()
  for (const lease of leases) {
    const other = byLeader.get(lease.leader.id)
    const isNewer = other === undefined || lease.issuedAt > other.issuedAt
    const isLonger = lease.issuedAt === other?.issuedAt && lease.expiresInMs > other.expiresInMs
    if (isNewer || isLonger) byLeader.set(lease.leader.id, lease)
  }
  return [...byLeader.values()].toSorted((a, b) => compareClaims(claimOf(a), claimOf(b)))
}

const uniteGroup = (views: readonly NetworkView[]): NetworkView | null => {
  const [first] = views
  if (first === undefined) return null
  const leases = uniteLeases(views.flatMap((view) => view.leases))
  const name = leases[0]?.name ?? first.name
  const ages = views.filter((view) => view.name === name).map(({ ageMs }) => ageMs)
  return { id: first.id, name, listedAs: name, ageMs: Math.max(0, ...ages), leases }
}

/**
 * One entry for each group, by name. Of two groups with one name, the one that some registry has
 * known longer holds it, and the other gets a part of its id added, as in a single registry
 * (`names.ts`).
 */
export const unionOf = (views: readonly NetworkView[]): readonly NetworkView[] => {
  const byGroup = new Map<GroupId, NetworkView[]>()
  for (const view of views) {
    const same = byGroup.get(view.id)
    if (same === undefined) byGroup.set(view.id, [view])
    else same.push(view)
  }
  const groups = [...byGroup.values()].flatMap((same) => uniteGroup(same) ?? [])
  const bySeniority = groups.toSorted((a, b) => b.ageMs - a.ageMs || byText(a.id, b.id))
  const taken = new Set<string>()
  const holders = new Set<GroupId>()
  for (const { id, name } of bySeniority) {
    if (!taken.has(nameKey(name))) holders.add(id)
    taken.add(nameKey(name))
  }
  return bySeniority
    .map((group) => {
      if (holders.has(group.id)) return group
      const free = aliases(group.name, group.id).find((alias) => !taken.has(nameKey(alias)))
      const listedAs = free ?? `${group.name}~${group.id}`
      taken.add(nameKey(listedAs))
      return { ...group, listedAs }
    })
    .toSorted((a, b) => byText(nameKey(a.name), nameKey(b.name)) || byText(a.id, b.id))
}
