/**
 * What goes wrong in a run, drawn from its seed. Swarm testing (Groce and others, 2012): each class
 * of fault is either wholly off or on at a rate of its own, so that runs differ in kind.
 */
import type { Prng } from '../src/core/prng.ts'

export interface Faults {
  /** Ordinary one-way delay, ms, and the mean of an exponential tail that some packets get. */
  readonly delayMs: number
  readonly tailMs: number
  readonly tailShare: number
  readonly loss: number
  readonly duplicate: number
  /** Old packets that turn up again, seconds later. */
  readonly replay: number
  /** Packets that are handed in twice in a row, as a client does that repeats its request. */
  readonly repeat: number
  /** Mean time between events of a kind, ms; Infinity if the class is off. */
  readonly crashEvery: number
  readonly crashAllEvery: number
  readonly partitionEvery: number
  /** While the network is cut, somebody changes sides. */
  readonly roamEvery: number
  readonly pauseEvery: number
  readonly leaveEvery: number
  /** Somebody uses, or tries to use, the powers of an owner or admin. */
  readonly rosterEvery: number
  /** One path is slow for a while. */
  readonly clogEvery: number
  /** Somebody hands nothing on in the tree of a large group for a while. */
  readonly silentRelayEvery: number
  /** The discovery service names nodes: some true, some stale, some that never were. */
  readonly hintEvery: number
  /** A copy of a disk is put aside, to be found instead of the disk after a crash. */
  readonly backupEvery: number
  /** Chances, per restart: the disk is an older copy of itself, is empty, or it crashes again soon. */
  readonly rollBack: number
  readonly wipe: number
  readonly crashLoop: number
  /** Chance of a crash between any two effects, per effect. */
  readonly crashInStep: number
  /** Chance that a write fails for want of room, and the node starts anew when there is some. */
  readonly failWrite: number
  /** Chance that a write takes long, and how long then, in ms. */
  readonly slowWrite: number
  readonly slowWriteMs: number
  /** How far wall clocks are off, in ms. */
  readonly wallClockMs: number
  /** Whether the sessions of different authors look alike, and so their message ids are the same. */
  readonly twinIds: boolean
  /** Mean time between two packets of a member that was taken over, ms. */
  readonly hostileEvery: number
  /** Share of nodes that can dial others and cannot be dialled. */
  readonly dialOut: number
  /** Whether somebody is alone for most of the first act. */
  readonly isolation: boolean
  readonly outageMs: number
  readonly partitionMs: number
  readonly pauseMs: number
  /** Whether a dead process's address refuses connections (else it is silent). */
  readonly refuses: boolean
}

export const noFaults: Faults = {
  delayMs: 2,
  tailMs: 0,
  tailShare: 0,
  loss: 0,
  duplicate: 0,
  replay: 0,
  repeat: 0,
  crashEvery: Infinity,
  crashAllEvery: Infinity,
  partitionEvery: Infinity,
  roamEvery: Infinity,
  pauseEvery: Infinity,
  leaveEvery: Infinity,
  rosterEvery: Infinity,
  clogEvery: Infinity,
  silentRelayEvery: Infinity,
  hintEvery: Infinity,
  backupEvery: Infinity,
  rollBack: 0,
  wipe: 0,
  crashLoop: 0,
  crashInStep: 0,
  failWrite: 0,
  slowWrite: 0,
  slowWriteMs: 0,
  wallClockMs: 0,
  twinIds: false,
  hostileEvery: Infinity,
  dialOut: 0,
  isolation: false,
  outageMs: 3_000,
  partitionMs: 15_000,
  pauseMs: 3_000,
  refuses: true,
}

/** Each class with p = 0.5, then its rate. */
export const drawFaults = (prng: Prng): Faults => {
  const on = (): boolean => prng.next() < 0.5
  const between = (low: number, high: number): number => low + (high - low) * prng.next()
  const rate = (low: number, high: number): number => (on() ? between(low, high) : Infinity)
  const faults: Faults = {
    delayMs: between(0.2, 40),
    tailMs: on() ? between(20, 1_500) : 0,
    tailShare: between(0, 0.1),
    loss: on() ? between(0, 0.3) : 0,
    duplicate: on() ? between(0, 0.2) : 0,
    replay: on() ? between(0, 0.02) : 0,
    repeat: on() ? between(0, 0.1) : 0,
    crashEvery: rate(8_000, 90_000),
    crashAllEvery: prng.next() < 0.2 ? between(40_000, 150_000) : Infinity,
    partitionEvery: rate(8_000, 60_000),
    roamEvery: rate(3_000, 30_000),
    pauseEvery: rate(8_000, 60_000),
    leaveEvery: prng.next() < 0.4 ? between(5_000, 50_000) : Infinity,
    rosterEvery: prng.next() < 0.45 ? between(3_000, 60_000) : Infinity,
    clogEvery: rate(10_000, 60_000),
    silentRelayEvery: rate(5_000, 40_000),
    hintEvery: rate(2_000, 20_000),
    backupEvery: between(2_000, 20_000),
    rollBack: prng.next() < 0.25 ? between(0.2, 0.8) : 0,
    wipe: prng.next() < 0.3 ? between(0.02, 0.5) : 0,
    crashLoop: on() ? between(0, 0.3) : 0,
    crashInStep: on() ? between(0, 0.002) : 0,
    failWrite: prng.next() < 0.4 ? between(0, 0.004) : 0,
    slowWrite: on() ? between(0, 0.05) : 0,
    slowWriteMs: between(5, 1_500),
    wallClockMs: on() ? between(1_000, 100_000_000) : 0,
    twinIds: prng.next() < 0.3,
    hostileEvery: prng.next() < 0.15 ? between(50, 3_000) : Infinity,
    dialOut: prng.next() < 0.2 ? between(0.2, 0.9) : 0,
    isolation: prng.next() < 0.15,
    outageMs: between(50, 20_000),
    partitionMs: between(500, 60_000),
    pauseMs: between(100, 20_000),
    refuses: on(),
  }
  // A disk goes back in time only while its node is down.
  const crashEvery = Math.min(faults.crashEvery, 10_000)
  return faults.rollBack > 0 ? { ...faults, crashEvery } : faults
}

/** What switches a class of faults off, by the name of the class. */
export const faultClasses = {
  tail: { tailMs: 0 },
  loss: { loss: 0 },
  duplicate: { duplicate: 0 },
  replay: { replay: 0 },
  repeat: { repeat: 0 },
  crash: { crashEvery: Infinity },
  'crash-all': { crashAllEvery: Infinity },
  'crash-in-step': { crashInStep: 0 },
  'crash-loop': { crashLoop: 0 },
  partition: { partitionEvery: Infinity },
  roam: { roamEvery: Infinity },
  clog: { clogEvery: Infinity },
  'silent-relay': { silentRelayEvery: Infinity },
  pause: { pauseEvery: Infinity },
  leave: { leaveEvery: Infinity },
  roster: { rosterEvery: Infinity },
  hint: { hintEvery: Infinity },
  'roll-back': { rollBack: 0 },
  wipe: { wipe: 0 },
  'fail-write': { failWrite: 0 },
  'slow-write': { slowWrite: 0 },
  'wall-clock': { wallClockMs: 0 },
  'twin-ids': { twinIds: false },
  hostile: { hostileEvery: Infinity },
  'dial-out': { dialOut: 0 },
  isolation: { isolation: false },
} as const satisfies Readonly<Record<string, Partial<Faults>>>

export type FaultClass = keyof typeof faultClasses

export const isFaultClass = (name: string): name is FaultClass => Object.hasOwn(faultClasses, name)

export const withoutClasses = (faults: Faults, off: Iterable<FaultClass>): Faults => {
  let rest = faults
  for (const name of off) rest = { ...rest, ...faultClasses[name] }
  return rest
}

export const faultClassNames = Object.keys(faultClasses).filter(isFaultClass)

/** Classes that are on. */
export const classesOf = (faults: Faults): readonly FaultClass[] =>
  faultClassNames.filter((name) =>
    Object.entries(faultClasses[name]).some(([key, off]) => faults[key as keyof Faults] !== off),
  )

/** Exponentially distributed with the given mean. */
export const exponential = (prng: Prng, mean: number): number => -Math.log(1 - prng.next()) * mean
