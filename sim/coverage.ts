/** What runs are expected to go through, sooner or later: what never happens is not tested. */
import type { EntryKind } from '../src/core/entry.ts'
import type { GroupEvent } from '../src/core/effect.ts'
import type { MergeStep, PacketKind, Vote } from '../src/core/packet.ts'
import { faultClasses } from './faults.ts'

/** Written as tables, so that the compiler asks for an entry whenever the protocol gets a new word. */
const packets: Readonly<Record<PacketKind, boolean>> = {
  heartbeat: true,
  pulse: true,
  append: true,
  ack: true,
  hand_on: true,
  ack_below: true,
  stored: true,
  sync: true,
  entries: true,
  send_message: true,
  // Final refusals need somebody put off the roster in the moment of writing: too rare to demand.
  refused: false,
  election: true,
  vote: true,
  coordinator: true,
  handover: true,
  join_network: true,
  joined: true,
  redirect: true,
  turned_away: true,
  leave_network: true,
  reach: true,
  relay: true,
  check: true,
  // Only where a leader tells two stories: src/core/trust.test.ts.
  story: false,
  merge: true,
}

const steps: Readonly<Record<MergeStep['step'], true>> = {
  probe: true,
  sighting: true,
  offer: true,
  hello: true,
  welcome: true,
}

const votes: Readonly<Record<Vote['answer'], true>> = { here: true, senior: true, leader: true }

const entries: Readonly<Record<EntryKind, true>> = {
  genesis: true,
  open: true,
  activate: true,
  deactivate: true,
  message: true,
  roster: true,
  merge: true,
}

/** Two stories are told by a leader that cheats, and none does here. */
const events: Readonly<Record<GroupEvent['event'], boolean>> = {
  delivered: true,
  role: true,
  view: true,
  roster: true,
  marks: true,
  refused: true,
  'turned-away': true,
  merged: true,
  'caught-up': true,
  claim: true,
  'no-effect': true,
  'two-stories': false,
  address: true,
  left: true,
}

const roles = [
  'down → leader',
  'down → joining',
  'down → seeking',
  'joining → follower',
  'joining → left',
  'seeking → leader',
  'seeking → follower',
  'seeking → left',
  'follower → seeking',
  'follower → leader',
  'follower → left',
  'leader → follower',
  'leader → left',
]

/** What befalls a run at a time of its own; the rest shows in the packets. */
const faults = [
  'crash',
  'crash-all',
  'crash-in-step',
  'crash-loop',
  'fail-write',
  'slow-write',
  'roll-back',
  'wipe',
  'pause',
  'clog',
  'silent-relay',
  'roam',
  'hint',
  'knock',
  'hostile',
  'dial-out',
  'isolation',
  'wall-clock',
  'repeat',
  ...['halves', 'lone', 'leader', 'one way', 'star', 'line'].map((shape) => `partition (${shape})`),
  ...['kick', 'ban', 'unban', 'role', 'topic'].map((act) => `roster (${act})`),
  ...['leader', 'follower', 'seeking'].map((role) => `leave (${role})`),
]

const marked = (prefix: string, table: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.entries(table).flatMap(([name, isExpected]) => (isExpected ? [`${prefix} ${name}`] : []))

export const expectedMarks: readonly string[] = [
  ...marked('packet', packets),
  ...marked('merge', steps),
  ...marked('vote', votes),
  ...marked('entry', entries),
  ...marked('event', events),
  ...['send', 'refused', 'hint', 'leave'].map((input) => `input ${input}`),
  ...roles.map((role) => `role ${role}`),
  ...Object.keys(faultClasses).map((name) => `class ${name}`),
  ...faults.map((fault) => `fault ${fault}`),
  ...[0, 1, 2, 3, 4, 5].map((shape) => `thin ${shape}`),
  ...['the leader dies', 'the leader leaves', 'they come back'].map((act) => `act: ${act}`),
]

export type Marks = Readonly<Record<string, number>>

export const addMarks = (all: readonly Marks[]): Map<string, number> => {
  const sums = new Map<string, number>()
  for (const marks of all)
    for (const [name, count] of Object.entries(marks)) sums.set(name, (sums.get(name) ?? 0) + count)
  return sums
}

/** Expected, and in none of the runs. */
export const neverHappened = (all: readonly Marks[]): readonly string[] => {
  const sums = addMarks(all)
  return expectedMarks.filter((name) => !sums.has(name))
}
