/** When the mesh wakes, whom its nodes tell what they hear, and what they do with it. */
import { beatMs } from './config.ts'
import type { NodeId } from './ids.ts'
import { beat } from './leader.ts'
import { limits } from './limits.ts'
import type { Reach } from './mesh.ts'
import type { Packet } from './packet.ts'
import type { Replica } from './replica.ts'

/** Peers that are told at a time; in larger groups a random choice. */
const toldAtOnce = 16

/** The way to a node from here, itself last; null if it is best tried directly. */
export const wayTo = (replica: Replica, to: NodeId): readonly NodeId[] | null =>
  replica.mesh.routeTo(
    replica.id,
    to,
    replica.now,
    beatOf(replica),
    replica.history.state.roster.members.size > limits.meshNodes,
  )

const beatOf = (replica: Replica): number => beatMs(replica.config, replica.viewSize())

/**
 * Up to this size a beat missed by anybody wakes everybody; beyond, only whoever needs a way
 * around. No more than are told at a time: whoever is told now and then only seems to come and go,
 * and the mesh would never sleep again.
 */
const smallGroup = toldAtOnce + 1

export const isSmallGroup = (replica: Replica): boolean => replica.viewSize() <= smallGroup

/** A beat is overdue: in a small group it costs little to find out at once. */
export const onUneasy = (replica: Replica): void => {
  if (isSmallGroup(replica)) wakeMesh(replica)
}

/** Something is amiss here: look for ways around. */
export const wakeMesh = (replica: Replica): void => {
  if (replica.history.state.roster.members.size < 3) return
  if (replica.mesh.wake(replica.now, beatOf(replica), true))
    replica.timers.atLatest('mesh', replica.now)
}

/** Time to tell whom this node hears. */
export const onMeshTimer = (replica: Replica): void => {
  const { mesh, now, timers, card, instance, role } = replica
  const h = beatOf(replica)
  if (!mesh.isAwake(now) || role.name === 'left' || role.name === 'joining') return
  const table = mesh.announce(card.id, instance, replica.leader(), now, h)
  const troubled = mesh.isTroubled(card.id, now, h)
  if (troubled) mesh.wake(now, h, false)
  replica.sendDirect(audience(replica), { kind: 'reach', table, troubled })
  timers.set('mesh', now + h)
}

/** The view and whoever else shows itself. */
const audience = (replica: Replica): readonly NodeId[] => {
  const view = replica.history.state.view.members.map((member) => member.id)
  const heard = replica.mesh.hears(replica.now, beatOf(replica))
  const all = new Set([...replica.mesh.knownNodes(), ...heard, ...view])
  all.delete(replica.id)
  if (all.size <= toldAtOnce) return [...all]
  // Too many: half of them are such as certainly hear, if they hear both ways.
  const first = drawn(replica, heard, toldAtOnce / 2)
  for (const id of first) all.delete(id)
  return [...first, ...drawn(replica, [...all], toldAtOnce - first.length)]
}

/** So many of a list, at random. */
const drawn = ({ prng }: Replica, from: readonly NodeId[], count: number): readonly NodeId[] => {
  const list = [...from]
  while (list.length > count) list.splice(Math.floor(prng.next() * list.length), 1)
  return list
}

export const onReach = (
  replica: Replica,
  from: NodeId,
  packet: Extract<Packet, { kind: 'reach' }>,
): void => {
  const { mesh, now, role } = replica
  if (role.name === 'left' || role.name === 'joining') return
  const h = beatOf(replica)
  const isNews = mesh.learn(replica.id, from, onlyMembers(replica, packet.table), now, h)
  const slept = packet.troubled && isSmallGroup(replica) && mesh.wake(now, h, false)
  const isAsked = packet.troubled && mesh.hasHeard(from, now, h)
  if (isAsked && !(isSmallGroup(replica) && mesh.isAwake(now))) answerReach(replica, from)
  if (slept) replica.timers.atLatest('mesh', now)
  else if (isNews && mesh.isAwake(now)) replica.timers.atLatest('mesh', now + h / 4)
  if (isNews && role.name === 'leader') beatAround(replica)
}

/** Strangers are no way to anybody. */
const onlyMembers = (replica: Replica, table: readonly Reach[]): readonly Reach[] =>
  table.filter(({ id }) => replica.onRoster(id))

/** In a large group those who are not concerned answer, and sleep on. */
const answerReach = (replica: Replica, from: NodeId): void => {
  const { mesh, card, instance, now } = replica
  const table = mesh.announce(card.id, instance, replica.leader(), now, beatOf(replica))
  replica.sendDirect([from], { kind: 'reach', table, troubled: false })
}

/** A way to a silent member has shown itself: it should not have to wait for the next beat. */
const beatAround = (replica: Replica): void => {
  const { role } = replica
  if (role.name !== 'leader') return
  const silent = [...role.peers].some(
    ([id, peer]) => replica.now - peer.seenAt > beatOf(replica) && wayTo(replica, id) !== null,
  )
  if (silent) beat(replica, role)
}
