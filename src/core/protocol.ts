/** The table of the protocol: which input, packet or deadline is whose affair. */
import { suspectMs } from './config.ts'
import { onCheck, onCheckTimer, onStory } from './cross-check.ts'
import {
  onCandidacy,
  onElection,
  onRefusedPeer,
  onRound,
  onVote,
  seek,
  settleSeeking,
} from './election.ts'
import {
  onAppend,
  onCoordinator,
  onGap,
  onHandover,
  onHeartbeat,
  onStored,
  onSuspect,
  settleFollower,
} from './follower.ts'
import { onAckBelow, onHandOn } from './handing-on.ts'
import { genesisOf, type Self } from './founding.ts'
import type { InstanceId, NodeId } from './ids.ts'
import type { Input } from './input.ts'
import {
  askAgain,
  askToJoin,
  onHint,
  onJoin,
  onJoined,
  onRedirect,
  onTurnedAway,
} from './joining.ts'
import { found } from './opening.ts'
import { onAck, onBeat, onLeaderStall, onPulse, onSure, settleLeader } from './leader.ts'
import { onLeaveRequest, onLeaveTimer, onLocalLeave } from './leaving.ts'
import { onHelloTimeout, onMerge, onProbeTimer } from './merging.ts'
import { onMeshTimer, onReach, onUneasy } from './reaching.ts'
import type { Packet } from './packet.ts'
import { onRelay } from './relaying.ts'
import { tellOfBan } from './removal.ts'
import type { Replica, Start, TimerName } from './replica.ts'
import { onRefused, onResend, onSend, sendWaiting, settleOutbox } from './sending.ts'
import { hasAppendable, onSendMessage } from './sequencer.ts'
import { onEntries, onFetchTimeout, onSync } from './syncing.ts'

/** What the replica itself finds out, beside what the driver tells it. */
type Occurrence =
  | Input
  | { readonly type: 'timer'; readonly name: TimerName }
  /** This node was away for long. */
  | { readonly type: 'stall' }

/** Enters the protocol: as a founder, as a newcomer, or with what a former run left on disk. */
export const start = (replica: Replica, how: Start, self: Self): void => {
  const { config, timers, history } = replica
  timers.set('check', replica.now + 2 * config.heartbeatMs)
  if (how.how === 'found') found(replica, genesisOf(replica.crypto, self, how))
  else if (history.head === null || how.how === 'join') askToJoin(replica)
  else {
    const term = history.headTerm()
    seek(replica, null, { term, beat: 0, delayMs: config.electionStepMs })
    timers.set('probe', replica.now)
    return
  }
  timers.set('probe', replica.now + config.heartbeatMs)
}

export const onInput = (replica: Replica, input: Occurrence): void => {
  switch (input.type) {
    case 'tick':
      return
    case 'packet':
      if (input.from === replica.id) return
      if (replica.onRoster(input.from)) replica.mesh.noteHeard(input.from, replica.now)
      onPacket(replica, input.from, input.instance, input.packet)
      return
    case 'send':
      onSend(replica, input)
      return
    case 'refused':
      onRefusedPeer(replica, input.peer)
      return
    case 'hint':
      onHint(replica, input.peers)
      return
    case 'wall':
      replica.wallAheadMs = input.ms - replica.now
      return
    case 'leave':
      onLocalLeave(replica)
      return
    case 'timer':
      onTimer(replica, input.name)
      return
    case 'stall':
      onStall(replica)
      return
  }
}

/**
 * Who may say what. Members may say anything; those who ask to be let in, or lead another side of a
 * partition on which they were let in, may say what that takes; whoever was banned is not heard,
 * but by those who are out themselves: they have no say in who is.
 */
const mayHear = (replica: Replica, from: NodeId, kind: Packet['kind']): boolean => {
  const { role, history } = replica
  const { members, banned } = history.state.roster
  if (banned.has(from) && replica.onRoster(replica.id)) return kind === 'join_network'
  if (members.has(from)) return true
  if (history.head === null) return true
  if (role.name === 'joining' && role.via.includes(from)) return true
  if (role.name === 'follower' && role.leader === from) return true
  if (kind === 'entries' && replica.fetching.has(from)) return true
  return openKinds.has(kind)
}

const openKinds: ReadonlySet<Packet['kind']> = new Set([
  'join_network',
  'merge',
  'sync',
  'send_message',
  'redirect',
  'turned_away',
])

const onPacket = (replica: Replica, from: NodeId, instance: InstanceId, packet: Packet): void => {
  if (!mayHear(replica, from, packet.kind)) {
    replica.counters.ignored += 1
    tellOfBan(replica, from, packet.kind)
    return
  }
  switch (packet.kind) {
    case 'heartbeat':
      return onHeartbeat(replica, from, packet)
    case 'pulse':
      return onPulse(replica, from, instance, packet)
    case 'append':
      return onAppend(replica, packet)
    case 'ack':
      return onAck(replica, from, instance, packet)
    case 'hand_on':
      return onHandOn(replica, packet)
    case 'ack_below':
      return onAckBelow(replica, from, instance, packet)
    case 'stored':
      return onStored(replica, from, packet)
    case 'sync':
      return onSync(replica, from, packet.summary)
    case 'entries':
      return onEntries(replica, from, packet)
    case 'send_message':
      return onSendMessage(replica, packet)
    case 'refused':
      return onRefused(replica, from, packet)
    case 'election':
      return onElection(replica, from, packet)
    case 'vote':
      return onVote(replica, from, packet)
    case 'coordinator':
      return onCoordinator(replica, from, packet)
    case 'handover':
      return onHandover(replica, from, packet)
    case 'join_network':
      return onJoin(replica, from, instance, packet)
    case 'joined':
      return onJoined(replica, from, packet)
    case 'redirect':
      return onRedirect(replica, from, packet)
    case 'turned_away':
      return onTurnedAway(replica, from, packet)
    case 'check':
      return onCheck(replica, from, packet)
    case 'story':
      return onStory(replica, from, packet)
    case 'leave_network':
      return onLeaveRequest(replica, from)
    case 'merge':
      return onMerge(replica, from, packet)
    case 'reach':
      return onReach(replica, from, packet)
    case 'relay': {
      const inner = onRelay(replica, from, packet)
      if (inner !== null) onPacket(replica, packet.origin, packet.originInstance, inner)
      return
    }
  }
}

const timerTable: { readonly [name in TimerName]: (replica: Replica) => void } = {
  beat: onBeat,
  suspect: onSuspect,
  gap: onGap,
  join: askAgain,
  resend: onResend,
  probe: onProbeTimer,
  candidacy: onCandidacy,
  round: onRound,
  fetch: onFetchTimeout,
  hello: onHelloTimeout,
  sure: onSure,
  leave: onLeaveTimer,
  // Nothing but the step itself: there was more to append than one step takes.
  more: () => undefined,
  mesh: onMeshTimer,
  uneasy: onUneasy,
  check: onCheckTimer,
}

const onTimer = (replica: Replica, name: TimerName): void => timerTable[name](replica)

/** This node was away: others were not silent, it did not listen. */
const onStall = (replica: Replica): void => {
  const { role, timers, config } = replica
  if (role.name === 'leader') onLeaderStall(replica, role)
  const patience = suspectMs(config, replica.viewSize()) / 2
  if (role.name === 'follower') timers.set('suspect', replica.now + patience)
  if (role.name !== 'seeking') return
  for (const name of ['round', 'candidacy'] as const)
    if (timers.isSet(name)) timers.set(name, replica.now + patience / 2)
}

/** Decides what is owed after everything that happened in this step. */
export const settle = (replica: Replica): void => {
  sendWaiting(replica)
  const { role } = replica
  if (role.name === 'leader') settleLeader(replica, role)
  else if (role.name === 'follower') settleFollower(replica, role)
  else if (role.name === 'seeking') settleSeeking(replica, role)
  settleOutbox(replica)
  if (replica.role.name === 'left') replica.timers.clearAll()
  else if (hasAppendable(replica)) replica.timers.set('more', replica.now)
}
