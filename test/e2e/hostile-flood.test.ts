// A program that sends all it can, and members that go on talking meanwhile.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { expect, onTestFinished, test } from 'vitest'

import { root } from '../tidy/source.ts'
import { report } from './harness/checks.ts'
import { residentMib } from './harness/garbage.ts'
import { allAgree, useScene, type Member } from './harness/scene.ts'

const scene = useScene()
const FLOOD_MS = 10_000
const EVERY_MS = 50
const MAX_P99_MS = 1_000
/** What a collector leaves for later varies: 39 to 217 MiB have been seen. */
const MAX_GROWTH_MIB = 350

/** Starts the hostile program; it is ended with the test. */
const startFlood = async (...args: readonly string[]): Promise<void> => {
  const program = join(root, 'test/e2e/harness/flooder.ts')
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  expect(child.exitCode).toBeNull()
}

/** Sends at an even pace and resolves to how long each message took to the other one, in order. */
const latencies = async (from: Member, to: Member, ms: number): Promise<readonly number[]> => {
  const sentAt = new Map<string, number>()
  const took: number[] = []
  const count = Math.round(ms / EVERY_MS)
  const stop = new AbortController()
  const receiving = (async () => {
    const lines = to.client().messages({ network: 'lobby', last: 0, follow: true }, stop.signal)
    for await (const line of lines) {
      const at = 'text' in line ? sentAt.get(line.text) : undefined
      if (at !== undefined) took.push(performance.now() - at)
      if (took.length === count) return
    }
  })()
  const client = from.client()
  const sending: Promise<unknown>[] = []
  for (let number = 0; number < count; number += 1) {
    const text = `message ${number}`
    sentAt.set(text, performance.now())
    sending.push(client.call('send', { network: 'lobby', text, timeoutMs: 20_000 }))
    await pause(EVERY_MS)
  }
  const timer = setTimeout(() => stop.abort(), 20_000)
  await Promise.all([...sending, receiving])
  clearTimeout(timer)
  return took.toSorted((a, b) => a - b)
}

const at = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)

/** A history that is dear to hand out, which is what the flood asks for all the time. */
const tellMuch = async (member: Member): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) {
    const texts = Array.from({ length: 150 }, (_, at) => `${turn} ${at} ${'x'.repeat(1_000)}`)
    await member.call('send_many', { network: 'lobby', texts }, 20_000)
  }
}

const talkWhileFlooded = async (
  members: readonly Member[],
  what: string,
  ...args: readonly string[]
): Promise<{ readonly delivered: number; readonly p99: number }> => {
  const [leader, , last] = members
  if (leader === undefined || last === undefined) throw new Error('nobody is there')
  await tellMuch(leader)
  const before = residentMib(leader.ready.pid)
  await startFlood(leader.ready.listen, (await leader.network('lobby')).id, ...args)
  const sorted = await latencies(members[1] ?? leader, last, FLOOD_MS)
  const growth = Math.round(residentMib(leader.ready.pid) - before)
  const figures = `p50 ${at(sorted, 0.5)} ms, p99 ${at(sorted, 0.99)} ms, +${growth} MiB`
  report(`${what}: ${sorted.length} messages delivered, ${figures}`)
  expect(growth).toBeLessThan(MAX_GROWTH_MIB)
  const { leader: leads } = await last.network('lobby')
  expect(leads?.name).toBe('alice')
  return { delivered: sorted.length, p99: at(sorted, 0.99) }
}

test('strangers with keys of their own flood the leader', async () => {
  const members = await scene().group('lobby', ['alice', 'bob', 'carol'])
  const { delivered, p99 } = await talkWhileFlooded(members, 'flood of strangers')
  expect(delivered).toBe(FLOOD_MS / EVERY_MS)
  expect(p99).toBeLessThan(MAX_P99_MS)
  await allAgree(members, 'lobby')
})

test('a member floods the leader', async () => {
  const members = await scene().group('lobby', ['alice', 'bob', 'carol', 'mallory'])
  const mallory = members[3]
  await mallory?.kill('SIGTERM')
  await allAgree(members.slice(0, 3), 'lobby')
  const key = join(mallory?.dataDir ?? '', 'node-key.pem')
  const others = members.slice(0, 3)
  const { delivered, p99 } = await talkWhileFlooded(others, 'flood of a member', key)
  expect(delivered).toBe(FLOOD_MS / EVERY_MS)
  expect(p99).toBeLessThan(MAX_P99_MS)
})
