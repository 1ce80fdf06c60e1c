/**
 * The roster: who may take part, in which role, and who is banned. Changed by entries signed by
 * somebody entitled at that place of the order; anything else has no effect.
 */
import type { Admission, Content, MemberCard, Policy } from './entry.ts'
import type { NodeId, Place } from './ids.ts'
import { limits } from './limits.ts'

export type Role = 'owner' | 'admin' | 'member'

export interface RosterMember {
  readonly card: MemberCard
  readonly role: Role
  /**
   * Clock of the entry that let in anew somebody who had been removed, else 0: what was written
   * before was given up by its author, and must not come back with a late packet.
   */
  readonly since: number
}

/**
 * An invite that is open: how many may still come in with it, and until when (ms since 1970, 0:
 * ever).
 */
export interface OpenInvite {
  readonly usesLeft: number
  readonly expires: number
  readonly by: NodeId
}

export interface Roster {
  readonly members: Map<NodeId, RosterMember>
  readonly banned: Set<NodeId>
  /**
   * Everybody who was ever let in, or came in on one side of a partition beyond what the invite
   * allowed. Who is known, no member and not banned may still ask why, that is, for history.
   */
  readonly known: Set<NodeId>
  /** The operation that put somebody off the roster who is not on it again. */
  readonly removals: Map<NodeId, Place>
  readonly invites: Map<string, OpenInvite>
}

const rankOf: Record<Role, number> = { member: 0, admin: 1, owner: 2 }

const isRole = (text: string): text is Role => Object.hasOwn(rankOf, text)

/** Characters of a topic. */
const topicLength = 512

/** A group without an owner could never have one again. */
const ownersOf = ({ members }: Roster): number =>
  [...members.values()].filter(({ role }) => role === 'owner').length

const isName = (text: string): boolean => text.trim() !== '' && text.length <= limits.nameLength

/** May the actor do that to the target? Kick and ban go down in rank only; roles are the owner's. */
export const isEntitled = (roster: Roster, actor: NodeId, content: Content): boolean => {
  const self = roster.members.get(actor)
  if (self === undefined) return false
  const rank = rankOf[self.role]
  const target = roster.members.get(content.ref as NodeId)
  switch (content.kind) {
    case 'topic':
      return content.text.length <= topicLength
    case 'rename':
      return rank >= rankOf.admin && isName(content.text)
    case 'invite':
    case 'revoke':
    case 'unban':
      return rank >= rankOf.admin
    case 'kick':
      return target !== undefined && rank >= rankOf.admin && rank > rankOf[target.role]
    case 'ban':
      return rank >= rankOf.admin && rank > (target === undefined ? -1 : rankOf[target.role])
    case 'role':
      return (
        rank === rankOf.owner &&
        target !== undefined &&
        isRole(content.text) &&
        (content.text === 'owner' || target.role !== 'owner' || ownersOf(roster) > 1)
      )
    default:
      return false
  }
}

const parseInvite = (text: string): { uses: number; expires: number } | null => {
  if (!/^[1-9]\d{0,8} \d{1,16}$/.test(text)) return null
  const [uses, expires] = text.split(' ').map(Number)
  if (uses === undefined || expires === undefined) return null
  if (!Number.isSafeInteger(uses) || !Number.isSafeInteger(expires)) return null
  return uses > 0 ? { uses, expires } : null
}

/** What the operation changed besides the roster itself, for whoever holds name, topic and view. */
export type RosterOutcome =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'removed'; readonly member: NodeId }
  | { readonly outcome: 'rename' | 'topic'; readonly text: string }

const none: RosterOutcome = { outcome: 'none' }
const changed: RosterOutcome = { outcome: 'changed' }

/** Applies one signed operation in place. */
export const applyRosterOperation = (
  roster: Roster,
  actor: NodeId,
  content: Content,
  isTrusted = false,
): RosterOutcome => {
  if (!isTrusted && !isEntitled(roster, actor, content)) return none
  const target = content.ref as NodeId
  switch (content.kind) {
    case 'topic':
    case 'rename':
      return { outcome: content.kind, text: content.text }
    case 'kick':
      roster.members.delete(target)
      return { outcome: 'removed', member: target }
    case 'ban':
      roster.members.delete(target)
      roster.banned.add(target)
      return { outcome: 'removed', member: target }
    case 'unban':
      return roster.banned.delete(target) ? changed : none
    case 'role':
      return applyRole(roster, target, content.text)
    case 'invite':
      return applyInvite(roster, actor, content)
    case 'revoke':
      return revoke(roster, content.ref)
    default:
      return none
  }
}

const applyRole = (roster: Roster, target: NodeId, role: string): RosterOutcome => {
  const member = roster.members.get(target)
  if (member === undefined || !isRole(role)) return none
  roster.members.set(target, { ...member, role })
  return changed
}

const applyInvite = (roster: Roster, actor: NodeId, content: Content): RosterOutcome => {
  const terms = parseInvite(content.text)
  if (terms === null || roster.invites.has(content.ref)) return none
  roster.invites.set(content.ref, { usesLeft: terms.uses, expires: terms.expires, by: actor })
  return changed
}

/** A revoked invite is remembered: who came in with it, on another side, is no stranger. */
const revoke = (roster: Roster, key: string): RosterOutcome => {
  const invite = roster.invites.get(key)
  if (invite === undefined || invite.usesLeft === 0) return none
  roster.invites.set(key, { ...invite, usesLeft: 0 })
  return changed
}

export type AdmissionVerdict = 'member' | 'admitted' | 'banned' | 'not-invited'

/**
 * Would this admission be valid here? Says nothing of signatures, which the gate has checked.
 * Expiry is judged by whoever sequences (it has a clock, replicas must not use theirs).
 */
export const judgeAdmission = (
  roster: Roster,
  policy: Policy,
  admission: Admission,
): AdmissionVerdict => {
  if (roster.banned.has(admission.card.id)) return 'banned'
  if (roster.members.has(admission.card.id)) return 'member'
  if (policy === 'open') return 'admitted'
  const invite = admission.proof === null ? undefined : roster.invites.get(admission.proof.invite)
  return invite !== undefined && invite.usesLeft > 0 ? 'admitted' : 'not-invited'
}

/** The founder is the first owner. */
export const foundRoster = (roster: Roster, card: MemberCard): void => {
  roster.members.set(card.id, { card, role: 'owner', since: 0 })
  roster.known.add(card.id)
}

/** Lets somebody in (or renews a member's card), if entitled; true if on the roster afterwards. */
export const admit = (
  roster: Roster,
  policy: Policy,
  admission: Admission,
  clock: number,
): boolean => {
  const verdict = judgeAdmission(roster, policy, admission)
  if (verdict === 'not-invited' && !hasInvite(roster, admission)) return false
  roster.known.add(admission.card.id)
  if (verdict === 'banned' || verdict === 'not-invited') return false
  const { card } = admission
  const { role, since } = roster.members.get(card.id) ?? { role: 'member', since: 0 }
  const isBack = roster.removals.delete(card.id)
  roster.members.set(card.id, { card, role, since: isBack ? clock : since })
  if (verdict === 'admitted' && admission.proof !== null) useInvite(roster, admission.proof.invite)
  return true
}

/** Is there such an invite, if only one that is used up? Else it is a leader's own invention. */
const hasInvite = (roster: Roster, { proof }: Admission): boolean =>
  proof !== null && roster.invites.has(proof.invite)

const useInvite = (roster: Roster, key: string): void => {
  const invite = roster.invites.get(key)
  if (invite !== undefined) roster.invites.set(key, { ...invite, usesLeft: invite.usesLeft - 1 })
}
