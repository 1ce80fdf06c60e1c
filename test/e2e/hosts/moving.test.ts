/** A host gets another address, its card goes down and comes up, its node sleeps: it is back soon. */
import { setTimeout as pause } from 'node:timers/promises'

import { expect, test } from 'vitest'

import { report } from '../harness/checks.ts'
import { allAgree, type Member } from '../harness/scene.ts'
import { until } from '../harness/until.ts'
import * as h from './hosts.ts'

const hosts = h.useHosts('file')
/** Back in the conversation, from when it could be. */
const BACK_MS = 5_000

let three: Promise<readonly Member[]> | null = null

/** Nodes on three hosts, on all of their cards, found by multicast. */
const group = (): Promise<readonly Member[]> => {
  const { scene, hosts: all } = hosts()
  const begin = async (): Promise<readonly Member[]> => {
    const members: Member[] = []
    for (const { name, wrapper } of all.slice(0, 3)) {
      const member = await scene.member(name, { wrapper, listen: null, env: { PARLEY_MDNS: 'on' } })
      if (members.length === 0) await member.json('create', h.LOBBY)
      else await member.json('join', h.LOBBY)
      members.push(member)
    }
    await allAgree(members, h.LOBBY)
    return members
  }
  return (three ??= begin())
}

const say = async (member: Member, text: string): Promise<void> => {
  await member.call('send', { network: h.LOBBY, text, wait: 'queued' })
}

/** Resolves to the time until all have what was said on both sides, each in its own words. */
const backAfter = async (members: readonly Member[], texts: readonly string[]): Promise<number> => {
  const startedAt = performance.now()
  await until(
    'everybody has all of it',
    async () => {
      const all = await Promise.all(members.map((member) => member.history(h.LOBBY)))
      return all.every((history) => {
        const heard = new Set(history.map(({ text }) => text))
        return texts.every((text) => heard.has(text))
      })
    },
    20_000,
  )
  return Math.round(performance.now() - startedAt)
}

/** The number of a member, by which it is known whether it had been missed. */
const numberOf = async (member: Member): Promise<number | null> => {
  const { members } = await member.call('members', { network: h.LOBBY })
  return members.find(({ self }) => self)?.number ?? null
}

const expectBack = async (members: readonly Member[], what: string, ms: number): Promise<void> => {
  report(`${what}: back after ${ms} ms`)
  expect(ms).toBeLessThan(BACK_MS)
  await allAgree(members, h.LOBBY)
  await h.expectOneHistory(members)
}

test('a member gets another address', async () => {
  const members = await group()
  const [first, second, third] = members as readonly [Member, Member, Member]
  const { lan, hosts: all } = hosts()
  lan.readdress(all[2], '10.77.0.33')
  await say(third, 'from elsewhere')
  await say(first, 'to elsewhere')
  const ms = await backAfter(members, ['from elsewhere', 'to elsewhere'])
  await expectBack(members, 'another address', ms)
  const { node } = await third.call('status', {})
  expect(node.addresses?.[0]).toMatch(/^10\.77\.0\.33:/)
  // The leader too.
  lan.readdress(all[0], '10.77.0.11')
  await say(first, 'the leader moves')
  await say(second, 'the leader has moved')
  const leader = await backAfter(members, ['the leader moves', 'the leader has moved'])
  await expectBack(members, 'another address of the leader', leader)
})

test('a card goes down for a moment, and for longer', async () => {
  const members = await group()
  const [first, , third] = members as readonly [Member, Member, Member]
  const { lan, hosts: all } = hosts()
  const before = await numberOf(third)
  lan.plug(all[2], 'down')
  await pause(800)
  await say(third, 'plugged out')
  lan.plug(all[2], 'up')
  await expectBack(members, 'out for 0.8 s', await backAfter(members, ['plugged out']))
  // Nobody had missed it.
  expect(await numberOf(third)).toBe(before)

  lan.card(all[2], 'down')
  await until('it is missed', async () => (await first.network(h.LOBBY)).active === 2)
  await say(third, 'alone')
  await say(first, 'without you')
  // Whoever was told an address goes by it until the next one comes.
  lan.card(all[2], 'up')
  await expectBack(members, 'down until missed', await backAfter(members, ['alone', 'without you']))
})

test('a node sleeps until it is missed, and wakes', async () => {
  const members = await group()
  const [first, , third] = members as readonly [Member, Member, Member]
  await say(third, 'good night')
  third.signal('SIGSTOP')
  await until('it is missed', async () => (await first.network(h.LOBBY)).active === 2)
  await say(first, 'while you slept')
  third.signal('SIGCONT')
  await say(third, 'good morning')
  const texts = ['good night', 'while you slept', 'good morning']
  const ms = await backAfter(members, texts)
  await expectBack(members, 'asleep until missed', ms)
  // As somebody who came back, after all who stayed.
  expect((await third.network(h.LOBBY)).role).toBe('follower')
})
