/**
 * What people would use instead, under the same load: a group of so many members, ten senders with
 * a bounded window each, and everybody must get everything. Clients are as light as can be, all in
 * this one process, and keep nothing.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { quantile } from '../benchmark.ts'
import { textOf } from '../load.ts'

export interface Room {
  /** Sends as a member. */
  say(member: number, text: string): void
  end(): Promise<void>
}

/** Called for every text that a member gets. */
export type Hear = (member: number, text: string) => void

export interface PeerSystem {
  readonly name: string
  /** What survives, and where. */
  readonly keeps: string
  /** A sender is not sent its own messages. */
  readonly isDeafToOwn?: boolean
  open(members: number, hear: Hear): Promise<Room>
}

const SENDERS = 10
const WINDOW = 256
const DRAIN_MS = 60_000

const numberIn = (text: string): number => Number.parseInt(text, 10)

/** Counts who has what; a sender's window moves when its neighbour has its message. */
class Ledger {
  readonly heard: number[]
  readonly underWay: number[]
  readonly #members: number
  constructor(members: number) {
    this.#members = members
    this.heard = Array.from({ length: members }, () => 0)
    this.underWay = Array.from({ length: SENDERS }, () => 0)
  }

  onHeard(member: number, text: string): void {
    this.heard[member] = (this.heard[member] ?? 0) + 1
    const sender = numberIn(text) % SENDERS
    if (member === (sender + 1) % this.#members)
      this.underWay[sender] = (this.underWay[sender] ?? 0) - 1
  }

  /** Do all have so many, but for their own where they do not get those? */
  hasAll(sent: readonly number[], isDeafToOwn: boolean): boolean {
    const total = sent.reduce((sum, one) => sum + one, 0)
    return this.heard.every((count, member) => {
      const own = sent.reduce(
        (sum, one, at) => (at % this.#members === member ? sum + one : sum),
        0,
      )
      return count >= total - (isDeafToOwn ? own : 0)
    })
  }
}

/** Messages a second that all members have got, sending for about so long. */
export const saturatePeer = async (
  system: PeerSystem,
  members: number,
  sendMs: number,
): Promise<number> => {
  const ledger = new Ledger(members)
  const room = await system.open(members, (member, text) => ledger.onHeard(member, text))
  try {
    const sent = Array.from({ length: SENDERS }, () => 0)
    const start = performance.now()
    while (performance.now() - start < sendMs) {
      for (let sender = 0; sender < SENDERS; sender += 1) {
        while ((ledger.underWay[sender] ?? 0) < WINDOW) {
          const number = (sent[sender] ?? 0) * SENDERS + sender
          sent[sender] = (sent[sender] ?? 0) + 1
          ledger.underWay[sender] = (ledger.underWay[sender] ?? 0) + 1
          room.say(sender % members, textOf(number))
        }
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    const isDeaf = system.isDeafToOwn === true
    const end = performance.now() + DRAIN_MS
    while (!ledger.hasAll(sent, isDeaf)) {
      if (performance.now() > end) throw new Error(`${system.name} has not delivered everything`)
      await pause(1)
    }
    const total = sent.reduce((sum, one) => sum + one, 0)
    return total / ((performance.now() - start) / 1_000)
  } finally {
    await room.end()
  }
}

export interface Times {
  readonly p50: number
  readonly p99: number
}

/** Milliseconds until the last member has a message, at so many a second. */
export const peerLatency = async (
  system: PeerSystem,
  members: number,
  perSecond: number,
  count: number,
): Promise<Times> => {
  const sentAt: number[] = []
  const left: number[] = []
  const took: number[] = []
  const room = await system.open(members, (_, text) => {
    const number = numberIn(text)
    left[number] = (left[number] ?? 0) - 1
    if (left[number] === 0) took.push(performance.now() - (sentAt[number] ?? 0))
  })
  try {
    const start = performance.now()
    for (let number = 0; number < count; number += 1) {
      const wait = start + (number * 1_000) / perSecond - performance.now()
      if (wait > 0) await pause(wait)
      left[number] = members - (system.isDeafToOwn === true ? 1 : 0)
      sentAt[number] = performance.now()
      room.say(1, textOf(number))
    }
    const end = performance.now() + DRAIN_MS
    while (took.length < count) {
      if (performance.now() > end) throw new Error(`${system.name} has not delivered everything`)
      await pause(5)
    }
    // The first ones find nothing warm.
    const warm = took.slice(Math.floor(count / 10))
    return { p50: quantile(warm, 0.5), p99: quantile(warm, 0.99) }
  } finally {
    await room.end()
  }
}
