/** What goes wrong during a soak, one thing after the other, drawn by chance. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import type { Crew, Member } from './crew.ts'

export type Chance = () => number

const pick = <T>(all: readonly T[], chance: Chance): T | undefined =>
  all[Math.floor(chance() * all.length)]

const between = (low: number, high: number, chance: Chance): number =>
  Math.round(low + (high - low) * chance())

/** Whoever leads now, as the others see it. */
const leaderOf = async (crew: Crew): Promise<Member | undefined> => {
  for (const member of crew.up()) {
    try {
      const { role } = await member.node.status()
      if (role === 'leader') return member
    } catch {
      // It is on its way up or down: it does not lead.
    }
  }
  return undefined
}

/** The first member is never ended, so that its memory can be watched from beginning to end. */
const mortal = (crew: Crew): readonly Member[] =>
  crew.up().filter((member) => member !== crew.members[0])

const endAndStart = async (
  crew: Crew,
  members: readonly Member[],
  signal: 'SIGKILL' | 'SIGTERM',
  chance: Chance,
): Promise<void> => {
  await Promise.all(members.map((member) => crew.stop(member, signal)))
  await pause(between(200, 12_000, chance))
  await Promise.all(members.map((member) => crew.start(member)))
}

const stall = async (crew: Crew, member: Member, chance: Chance): Promise<void> => {
  crew.pause(member)
  await pause(between(500, 9_000, chance))
  crew.goOn(member)
}

const FILL = [4 * 1024 * 1024, 65_536, 4_096, 512]

const fillDisk = async (disk: string, chance: Chance): Promise<void> => {
  const filler = join(disk, 'filler')
  for (const bytes of FILL) {
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
    } catch {
      // Full, down to pieces of this size.
    }
  }
  await pause(between(1_000, 8_000, chance))
  rmSync(filler, { force: true })
}

interface Failure {
  readonly name: string
  /** Of all that happen. */
  readonly share: number
  /** Resolves when it is over. Does nothing where it cannot be done. */
  readonly run: (crew: Crew, chance: Chance) => Promise<void>
}

const one = (members: readonly (Member | undefined)[]): readonly Member[] =>
  members.flatMap((member) => member ?? [])

const failures: readonly Failure[] = [
  {
    name: 'a member is killed',
    share: 0.25,
    run: (crew, chance) => endAndStart(crew, one([pick(mortal(crew), chance)]), 'SIGKILL', chance),
  },
  {
    name: 'the leader is killed',
    share: 0.15,
    run: async (crew, chance) => {
      const leader = await leaderOf(crew)
      const members = one([leader]).filter((member) => member !== crew.members[0])
      await endAndStart(crew, members, 'SIGKILL', chance)
    },
  },
  {
    name: 'all but one are killed',
    share: 0.05,
    run: (crew, chance) => endAndStart(crew, mortal(crew), 'SIGKILL', chance),
  },
  {
    name: 'a member is stopped and started in good order',
    share: 0.15,
    run: (crew, chance) => endAndStart(crew, one([pick(mortal(crew), chance)]), 'SIGTERM', chance),
  },
  {
    name: 'a member stands still for a while',
    share: 0.15,
    run: async (crew, chance) => {
      const member = pick(crew.up(), chance)
      if (member !== undefined) await stall(crew, member, chance)
    },
  },
  {
    name: 'the leader stands still for a while',
    share: 0.15,
    run: async (crew, chance) => {
      const leader = await leaderOf(crew)
      if (leader !== undefined) await stall(crew, leader, chance)
    },
  },
  {
    name: 'a disk is full for a while',
    share: 0.1,
    run: async ({ disk }, chance) => {
      if (disk !== null) await fillDisk(disk, chance)
    },
  },
]

/** Draws one and lets it happen; resolves to its name when it is over. */
export const failOnce = async (crew: Crew, chance: Chance): Promise<string> => {
  let left = chance()
  for (const { name, share, run } of failures) {
    left -= share
    if (left > 0) continue
    await run(crew, chance)
    return name
  }
  return 'nothing'
}
