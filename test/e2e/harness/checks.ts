/** What must hold of histories, and what it takes to make traffic. */
import { availableParallelism, loadavg } from 'node:os'

import { expect } from 'vitest'

import type { MessageView } from '../../../src/node/api.ts'
import type { LocalMethods } from '../../../src/node/local-api/types.ts'
import type { Member } from './scene.ts'

type Answer = LocalMethods['send']['result']['message']

export const textsOf = (messages: readonly MessageView[]): readonly string[] =>
  messages.map(({ text }) => text)

/** `count` numbered texts of one author. */
export const numbered = (author: string, count: number, from = 1): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${author} ${index + from}`)

/** Positions count from 1 without a hole, and clocks rise. */
export const expectWellFormed = (messages: readonly MessageView[]): void => {
  expect(messages.map(({ position }) => position)).toEqual(messages.map((_, index) => index + 1))
  const clocks = messages.map(({ clock }) => clock)
  expect(clocks).toEqual(clocks.toSorted((a, b) => a - b))
  const keys = messages.map(({ id, author }) => `${author.id} ${id}`)
  expect(new Set(keys).size).toBe(keys.length)
}

/** Of the texts of each author, numbered as above, the numbers rise. */
export const expectAuthorsInOrder = (messages: readonly MessageView[]): void => {
  const last = new Map<string, number>()
  for (const { text } of messages) {
    const [, author = '', number = ''] = /^(\S+) (\d+)$/.exec(text) ?? []
    expect(Number(number), text).toBeGreaterThan(last.get(author) ?? 0)
    last.set(author, Number(number))
  }
}

/** All have the same messages in the same order; returns them. */
export const expectSameHistory = async (
  members: readonly Member[],
  network: string,
): Promise<readonly MessageView[]> => {
  const all = await Promise.all(members.map((member) => member.history(network)))
  const [first = []] = all
  expectWellFormed(first)
  const shown = all.map((messages) =>
    messages.map(({ id, author, text, clock, term }) => [id, author.id, text, clock, term]),
  )
  for (const other of shown) expect(other).toEqual(shown[0])
  return first
}

/** A message that its sender was told is safe. */
export interface Acknowledged {
  readonly text: string
  readonly answer: Answer
  /** When the answer came, by this process's clock. */
  readonly at: number
}

/**
 * Sends numbered messages at an even pace, without waiting for the answers of the ones before.
 * Resolves when each has been answered.
 */
export const sendSteadily = async (
  member: Member,
  network: string,
  options: { readonly perSecond: number; readonly count: number; readonly timeoutMs?: number },
): Promise<{
  readonly acknowledged: readonly Acknowledged[]
  readonly failed: readonly string[]
}> => {
  const { perSecond, count, timeoutMs = 20_000 } = options
  const client = member.client()
  const acknowledged: Acknowledged[] = []
  const failed: string[] = []
  const startedAt = performance.now()
  const texts = numbered(member.name, count)
  const sendOne = async (text: string): Promise<void> => {
    try {
      const params = { network, text, timeoutMs } as const
      const { message } = await client.call('send', params, { timeoutMs: timeoutMs + 5_000 })
      acknowledged.push({ text, answer: message, at: performance.now() })
    } catch (error) {
      failed.push(`${text}: ${String(error)}`)
    }
  }
  const sending: Promise<void>[] = []
  const due = (): number => Math.floor(((performance.now() - startedAt) / 1000) * perSecond) + 1
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      while (sending.length < Math.min(count, due())) {
        sending.push(sendOne(texts[sending.length] ?? ''))
      }
      if (sending.length < count) return
      clearInterval(timer)
      resolve()
    }, 5)
  })
  await Promise.all(sending)
  return { acknowledged, failed }
}

/** The longest time without an answer, in ms. */
export const longestGap = (acknowledged: readonly Acknowledged[]): number => {
  const times = acknowledged.map(({ at }) => at).toSorted((a, b) => a - b)
  return Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? time)))
}

/** Prints a measurement, so that a run of the tests shows what it was. */
export const report = (text: string): void => {
  process.stdout.write(`    ${text}\n`)
}

/**
 * A limit in ms that holds on a machine which has time for the test. Where others keep it busy it
 * is as many times longer as there is more to do than the machine can do at once.
 */
export const timeLimit = (ms: number): number =>
  ms * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
