/** A group with one member on each of five hosts, what it is told, and what must hold of it. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'

import type { MessageView, NetworkStatus } from '../../../src/node/api.ts'
import type { StreamLine } from '../../../src/node/local-api/types.ts'
import { report, sendSteadily } from '../harness/checks.ts'
import type { Started } from '../harness/process.ts'
import { allAgree, Scene, type Member } from '../harness/scene.ts'
import { until } from '../harness/until.ts'
import { Lan, whyNoLan, type Host } from './lan.ts'

export const LOBBY = 'lobby'
export type Five<T> = readonly [T, T, T, T, T]

export interface Hosts {
  readonly lan: Lan
  readonly hosts: Five<Host>
  readonly scene: Scene
}

/** Without what these tests need they are skipped, and say so; in CI that is a failure. */
const mayMake = (): string | null => {
  const why = whyNoLan()
  if (why !== null && process.env['CI'] === 'true') throw new Error(why)
  if (why !== null) report(`skipped: ${why}`)
  return why
}

/** Fresh hosts for every test of a file, or the same for all of them, which saves starting them. */
export const useHosts = (scope: 'test' | 'file'): (() => Hosts) => {
  let stage: Hosts | null = null
  let why: string | null = null
  const begin = (): void => {
    why = mayMake()
    if (why !== null) return
    const lan = new Lan()
    stage = { lan, hosts: lan.hosts as unknown as Five<Host>, scene: new Scene() }
  }
  const end = async (): Promise<void> => {
    await stage?.scene.end()
    stage?.lan.destroy()
    stage = null
  }
  if (scope === 'file') beforeAll(begin)
  beforeEach(({ skip }) => {
    if (scope === 'test') begin()
    if (why !== null) skip(why)
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(`${task.name}\n${stage?.scene.logs()}`)
    if (scope === 'test') await end()
  })
  if (scope === 'file') afterAll(end)
  return () => {
    if (stage === null) throw new Error('there are hosts only inside of a test')
    return stage
  }
}

/** The same group for all tests of a file; the first that asks for it waits until it is there. */
export const useGroup = (hosts: () => Hosts): (() => Promise<Five<Member>>) => {
  let group: Promise<Five<Member>> | null = null
  return () => (group ??= groupOn(hosts()))
}

/** One member on each host, named after it; the first has created the group. */
export const groupOn = async (
  { hosts, scene }: Hosts,
  addressOf: (host: Host) => string = ({ address }) => address,
): Promise<Five<Member>> => {
  const members: Member[] = []
  for (const host of hosts) {
    const listen = `${addressOf(host)}:0`
    const member = await scene.member(host.name, { listen, wrapper: host.wrapper })
    const [first] = members
    if (first === undefined) await member.call('create', { name: LOBBY })
    else {
      const target = `${first.ready.listen}/${LOBBY}`
      await member.call('join', { target, timeoutMs: 15_000 }, 20_000)
    }
    members.push(member)
  }
  await allAgree(members, LOBBY)
  return members as unknown as Five<Member>
}

/** Each sends so many messages at once; resolves when all are in the group's history. */
export const sendFromAll = async (members: readonly Member[], counts: readonly number[]) => {
  const sending = members.map((member, at) =>
    sendSteadily(member, LOBBY, { perSecond: 25, count: counts[at] ?? 0 }),
  )
  const sent = await Promise.all(sending)
  expect(sent.flatMap(({ failed }) => failed)).toEqual([])
}

export interface Said {
  /** The longest that any of them waited for all to have stored its message. */
  readonly ms: number
  /** By how many each was stored; fewer than there are if the view was smaller at that time. */
  readonly storedBy: readonly number[]
}

/** From every member one message; resolves when all in the view have stored each. */
export const sayAndStore = async (members: readonly Member[], text: string): Promise<Said> => {
  const startedAt = performance.now()
  const params = { network: LOBBY, text, wait: 'all', timeoutMs: 15_000 } as const
  const sending = members.map((member) => member.call('send', params, 20_000))
  const sent = await Promise.all(sending)
  const storedBy = sent.map(({ message }) => message.storedBy)
  return { ms: Math.round(performance.now() - startedAt), storedBy }
}

const statusOf = (members: readonly Member[]): Promise<readonly NetworkStatus[]> =>
  Promise.all(members.map((member) => member.network(LOBBY)))

/** Resolves when these see one another, and nobody else, and one of them leads. */
export const whole = (members: readonly Member[]): Promise<readonly NetworkStatus[]> =>
  allAgree(members, LOBBY, { withinMs: 20_000 })

export interface Watch {
  /** Resolves to every leader and term that any of them followed while it was watched. */
  stop(): Promise<readonly string[]>
}

/** The leader and its term. */
export const leadership = ({ leader, term }: NetworkStatus): string => `${leader?.name} ${term}`

/** Looks all the time whom each of them follows. */
export const watchLeader = (members: readonly Member[]): Watch => {
  const seen = new Set<string>()
  let sought = 0
  const look = async (): Promise<void> => {
    for (const status of await statusOf(members)) {
      if (status.leader === null) sought += 1
      else seen.add(leadership(status))
    }
  }
  let looking = look()
  const timer = setInterval(() => {
    looking = looking.then(look)
  }, 250)
  return {
    async stop() {
      clearInterval(timer)
      await looking
      if (sought > 0) report(`members without a leader were seen ${sought} times`)
      return [...seen]
    },
  }
}

/** What `tail -f --json` prints for a member. */
export const tail = async (scene: Scene, member: Member): Promise<Started> => {
  const args = ['tail', '-f', LOBBY, '--limit', '1000', '--json', '--data-dir', member.dataDir]
  const started = scene.start(`tail of ${member.name}`, args)
  const { length } = await member.history(LOBBY)
  await until('the messages so far', () => started.lines.length >= length && length > 0)
  return started
}

const linesOf = ({ lines }: Started): readonly StreamLine[] =>
  lines.map((line) => JSON.parse(line) as StreamLine)

/** The events of a kind that a reader was told. */
export const eventsOf = <E extends string>(
  reader: Started,
  kind: E,
): readonly Extract<StreamLine, { readonly event: E }>[] =>
  linesOf(reader).filter(
    (line): line is Extract<StreamLine, { readonly event: E }> =>
      'event' in line && line.event === kind,
  )

/** The ids that a reader has at the end, who puts each message at the position that it tells. */
export const readBy = (reader: Started): readonly string[] => {
  const shown: string[] = []
  for (const line of linesOf(reader)) if (!('event' in line)) shown[line.position - 1] = line.id
  return shown
}

/**
 * All have the same messages in the same order, each once; returns them. Clocks may fall where a
 * merge has put in what another side wrote at the same time.
 */
export const expectOneHistory = async (
  members: readonly Member[],
): Promise<readonly MessageView[]> => {
  const all = await Promise.all(members.map((member) => member.history(LOBBY)))
  const shown = all.map((messages) =>
    messages.map(({ id, author, text, position, clock, term }) => {
      return [id, author.id, text, position, clock, term]
    }),
  )
  for (const other of shown) expect(other).toEqual(shown[0])
  const [first = []] = all
  expect(first.map(({ position }) => position)).toEqual(first.map((_, index) => index + 1))
  expect(new Set(idsOf(first)).size).toBe(first.length)
  return first
}

export const idsOf = (messages: readonly MessageView[]): readonly string[] =>
  messages.map(({ id }) => id)
