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
  /** Mean time between events of a kind, ms; Infinity if the class is off. */
  readonly crashEvery: number
  readonly crashAllEvery: number
  readonly partitionEvery: number
  readonly pauseEvery: number
  readonly leaveEvery: number
  readonly kickEvery: number
  /** Chance of a crash between any two effects, per effect. */
  readonly crashInStep: number
  /** Chance that a write fails for want of room, and the node starts anew when there is some. */
  readonly failWrite: number
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
  crashEvery: Infinity,
  crashAllEvery: Infinity,
  partitionEvery: Infinity,
  pauseEvery: Infinity,
  leaveEvery: Infinity,
  kickEvery: Infinity,
  crashInStep: 0,
  failWrite: 0,
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
  return {
    delayMs: between(0.2, 40),
    tailMs: on() ? between(20, 1_500) : 0,
    tailShare: between(0, 0.1),
    loss: on() ? between(0, 0.3) : 0,
    duplicate: on() ? between(0, 0.2) : 0,
    replay: on() ? between(0, 0.02) : 0,
    crashEvery: rate(8_000, 90_000),
    crashAllEvery: prng.next() < 0.2 ? between(40_000, 150_000) : Infinity,
    partitionEvery: rate(8_000, 60_000),
    pauseEvery: rate(8_000, 60_000),
    leaveEvery: prng.next() < 0.3 ? between(20_000, 80_000) : Infinity,
    kickEvery: prng.next() < 0.2 ? between(40_000, 120_000) : Infinity,
    crashInStep: on() ? between(0, 0.002) : 0,
    failWrite: prng.next() < 0.3 ? between(0, 0.002) : 0,
    outageMs: between(50, 20_000),
    partitionMs: between(500, 60_000),
    pauseMs: between(100, 20_000),
    refuses: on(),
  }
}

/** Exponentially distributed with the given mean. */
export const exponential = (prng: Prng, mean: number): number => -Math.log(1 - prng.next()) * mean
