/** What members and their leader do in the tree of a large group: see `tree.ts`. */
import { suspectMs } from './config.ts'
import { advanceFollower, onAppend } from './follower.ts'
import type { InstanceId, NodeId } from './ids.ts'
import { noteMark, setMark } from './leader.ts'
import type { Packet } from './packet.ts'
import type { Replica } from './replica.ts'
import type { Follower, Leader } from './role.ts'
import { branchOf, runMark, subtreeAt } from './tree.ts'

/** As `onAppend`; what is new goes on to those below in the tree, once it is on this disk. */
export const onHandOn = (replica: Replica, packet: Extract<Packet, { kind: 'hand_on' }>): void => {
  const { role, history } = replica
  const before = history.log.stored()
  onAppend(replica, { ...packet, kind: 'append' })
  if (role.name !== 'follower' || history.log.stored() === before) return
  advanceFollower(replica, role)
  const children = branchOf(replica)?.children ?? []
  replica.send(children, packet)
}

/** A child in the tree tells what it and all below it have stored. */
export const onAckBelow = (
  replica: Replica,
  from: NodeId,
  instance: InstanceId,
  packet: Extract<Packet, { kind: 'ack_below' }>,
): void => {
  const { role } = replica
  if (role.name === 'leader') onAckFromBelow(replica, role, { from, instance }, packet)
  if (role.name !== 'follower' || role.term !== packet.term) return
  const children = branchOf(replica)?.children ?? []
  for (const id of role.below.keys()) if (!children.includes(id)) role.below.delete(id)
  if (children.includes(from)) role.below.set(from, { floor: packet.floor, runs: packet.runs })
}

/** Tells the parent in the tree what is stored here and below, if that is news to it. */
export const acknowledgeUp = (
  replica: Replica,
  role: Follower,
  parent: NodeId,
  { seq, children }: { readonly seq: number; readonly children: readonly NodeId[] },
): void => {
  let floor = seq
  let runs = runMark(replica.id, replica.instance)
  for (const child of children) {
    const below = role.below.get(child)
    floor = Math.min(floor, below?.floor ?? -1)
    runs += below?.runs ?? 0
  }
  if (replica.config.planted.has('floor-without-children')) floor = seq
  const told = `${parent} ${seq} ${floor} ${runs}`
  // With its next pulse each tells the leader itself: all up to there is known by then.
  if (told === role.toldUp || seq <= role.pulsed) return
  role.toldUp = told
  role.acked = seq
  replica.send(parent, { kind: 'ack_below', term: role.term, seq, floor, runs })
}

/** A member next below in the tree: what it has stored, and what all below it have. */
const onAckFromBelow = (
  replica: Replica,
  leader: Leader,
  told: { readonly from: NodeId; readonly instance: InstanceId },
  packet: Extract<Packet, { kind: 'ack_below' }>,
): void => {
  const { from } = told
  const peer = leader.peers.get(from)
  if (packet.term !== leader.term || peer === undefined) return
  noteMark(replica, leader, peer, { ...told, seq: packet.seq })
  if (branchOf(replica)?.children.includes(from) !== true) return
  const { view } = replica.history.state
  const at = view.members.findIndex(({ id }) => id === from)
  const peers = subtreeAt(view, at, replica.config.treeWidth).flatMap(
    (id) => leader.peers.get(id) ?? [],
  )
  // Another run of one of them may have lost what the sum speaks of.
  const runs = peers.reduce((sum, { run }) => sum + run, 0)
  if (runs !== packet.runs && !replica.config.planted.has('runs-below-unchecked')) return
  const floor = Math.min(packet.floor, replica.history.log.term(leader.term).last)
  for (const one of peers) if (floor > one.mark) setMark(leader, one, floor)
}

/** Members that are helped at a time, and for how many beats. */
const helpedAtOnce = 64
const helpedBeats = 32

/**
 * Whoever answers, and by now still lacks what was there a beat ago though its parent in the tree
 * has it, is not handed it on: from now on it is handed everything directly, and hands it on.
 */
export const helpWhoLags = (replica: Replica, leader: Leader): void => {
  const { peers, helped, beat: now, seqAtBeat } = leader
  leader.seqAtBeat = replica.history.log.term(leader.term).last
  for (const [id, until] of helped) if (until < now || !peers.has(id)) helped.delete(id)
  if (branchOf(replica) === null || (leader.tally.spread()?.last ?? seqAtBeat) >= seqAtBeat) return
  const { members } = replica.history.state.view
  const patience = suspectMs(replica.config, members.length)
  const has = (id: NodeId | undefined): boolean =>
    id === replica.id || (id !== undefined && (peers.get(id)?.mark ?? -1) >= seqAtBeat)
  for (const [at, { id }] of members.entries()) {
    if (at === 0 || helped.size >= helpedAtOnce || has(id)) continue
    const parent = members[Math.floor((at - 1) / replica.config.treeWidth)]?.id
    const answers = replica.now - (peers.get(id)?.seenAt ?? -Infinity) < patience
    if (parent !== replica.id && answers && has(parent)) helped.set(id, now + helpedBeats)
  }
}
