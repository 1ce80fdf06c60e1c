import { expect, onTestFinished, test } from 'vitest'

import type { NodeId } from '../../core/ids.ts'
import type { Hello } from '../../rpc/peer-methods.ts'
import { until } from '../test-nodes.suite.ts'
import { dialBack, Reachability, type Dialler } from './reachability.ts'

const id = (letter: string): NodeId => letter.repeat(43) as NodeId
const hello = (letter: string, ...addresses: string[]): Hello =>
  ({ id: id(letter), name: letter, instance: '0', version: 1, addresses }) as unknown as Hello

interface Scene {
  readonly reach: Reachability
  readonly logged: string[]
  readonly dialled: string[]
}

/** A node that is linked to these, who can be dialled at `open` and answer as told. */
const sceneOf = (
  linked: readonly Hello[],
  answers: Readonly<Record<string, readonly string[] | Error>>,
  open: readonly string[] = [],
): Scene => {
  const logged: string[] = []
  const dialled: string[] = []
  const links: Dialler = {
    linked: () => linked,
    call: async (node, method) => {
      expect(method).toBe(dialBack.name)
      const answer = answers[node.slice(0, 1)] ?? new Error('gone')
      if (answer instanceof Error) throw answer
      return { reached: answer }
    },
    answersAt: async (address) => {
      dialled.push(address)
      return open.includes(address)
    },
  }
  const reach = new Reachability({
    links: () => links,
    isWanted: (peer) => peer !== id('s'),
    isOnlyHere: () => false,
    log: (_, event) => logged.push(event),
    everyMs: 5,
  })
  onTestFinished(() => reach.stop())
  return { reach, logged, dialled }
}

test('one that can dial it is enough', async () => {
  const { reach, logged } = sceneOf([hello('a'), hello('b')], { a: [], b: ['10.0.0.1:1'] })
  await until('it is known', () => reach.state === 'both-ways')
  expect(logged).toEqual([])
})

test('nobody can dial it: its people are told, once', async () => {
  const { reach, logged } = sceneOf([hello('a'), hello('b')], { a: [], b: new Error('busy') })
  await until('it is known', () => reach.state === 'dial-out-only')
  reach.onMove()
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(logged).toHaveLength(1)
  expect(logged[0]).toContain('cannot dial')
})

test('who cannot tell says nothing, and strangers are not asked', async () => {
  const { reach } = sceneOf([hello('a'), hello('s')], { a: new Error('old'), s: [] })
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(reach.state).toBe('unknown')
})

test('a member is dialled where it greeted from, and told where it answered', async () => {
  const alice = hello('a', '10.0.0.1:1', '10.0.0.2:1')
  const { reach, dialled } = sceneOf([alice], {}, ['10.0.0.2:1'])
  expect(await reach.answer(alice.id)).toEqual({ reached: ['10.0.0.2:1'] })
  expect(dialled).toEqual(alice.addresses)
})

test('strangers, and whoever asks too often, are not served', async () => {
  const { reach } = sceneOf([hello('a', '10.0.0.1:1'), hello('s', '10.0.0.3:1')], {})
  for (const peer of [null, id('s'), id('x')])
    await expect(reach.answer(peer)).rejects.toMatchObject({ code: 'NOT_A_MEMBER' })
  for (let count = 0; count < 4; count += 1) await reach.answer(id('a'))
  await expect(reach.answer(id('a'))).rejects.toMatchObject({ code: 'RATE_LIMITED' })
})
