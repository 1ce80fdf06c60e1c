/** The parts of a node that need no sockets. */
import { describe, expect, test } from 'vitest'

import type { SignedEntry } from '../core/entry.ts'
import type { GroupId, MessageId, NodeId, TermId } from '../core/ids.ts'
import type { RosterMember } from '../core/roster.ts'
import type { StoredBy } from '../core/watermarks.ts'
import { ParleyError } from '../rpc/errors.ts'
import type { SentMessage, Wait } from './api.ts'
import { formatLink, parseTarget } from './join-target.ts'
import { AddressBook } from './links/address-book.ts'
import { dialAll, type DialOutcome } from './links/dial-all.ts'
import { FrameQueue } from './links/frame-queue.ts'
import type { NetworkInterfaceInfo } from 'node:os'
import { ownAddresses } from './discovery/own-addresses.ts'
import { ReadMark } from './read-mark.ts'
import { RosterWatch } from './roster-watch.ts'
import { SendWaiters } from './send-waiter.ts'
import { SplitWatch } from './split-watch.ts'
import { StoredTracker } from './stored-tracker.ts'

const a = 'a'.repeat(43) as NodeId
const b = 'b'.repeat(43) as NodeId
const c = 'c'.repeat(43) as NodeId
const term = 't'.repeat(43) as TermId
const group = 'g'.repeat(43) as GroupId

describe('what people write after join', () => {
  const none = { id: null, name: null, addresses: [], nds: [] }
  test.each([
    ['lobby', { ...none, name: 'lobby' }],
    [' a name with: colon ', { ...none, name: 'a name with: colon' }],
    [group, { ...none, id: group }],
    ['127.0.0.1:7411', { ...none, addresses: ['127.0.0.1:7411'] }],
    ['[::1]:7411/lobby', { ...none, name: 'lobby', addresses: ['[::1]:7411'] }],
    ['host:1/', { ...none, addresses: ['host:1'] }],
  ])('%s', (text, spec) => {
    expect(parseTarget(text)).toEqual(spec)
  })

  test('a link is read as it is written, whatever the name', () => {
    const parts = {
      id: group,
      name: 'caffè & more / #1',
      addresses: ['10.0.0.1:1', '[::1]:2'],
      nds: ['http://10.0.0.2:80'],
    }
    expect(parseTarget(formatLink(parts))).toEqual(parts)
  })

  test.each([
    '',
    'parley://leave/x',
    'parley://join/short',
    `parley://join/${group}?a=nowhere`,
    `parley://join/${group}?nds=file:///etc/passwd`,
    `parley://join/${group}?n=${'x'.repeat(9_000)}`,
  ])('no target: %s', (text) => {
    expect(() => parseTarget(text)).toThrow(ParleyError)
  })
})

describe('a split', () => {
  const everybody = (): boolean => true
  const left = (...members: NodeId[]): SignedEntry[] => [
    { entry: { kind: 'deactivate', body: { cause: 'left', members } } } as unknown as SignedEntry,
  ]

  test('begins when somebody falls silent and ends when all are back', () => {
    const watch = new SplitWatch(null)
    expect(watch.onView([a, b, c], everybody, 1_000)).toBe(false)
    expect(watch.since).toBeNull()
    expect(watch.onView([a, b], everybody, 2_000)).toBe(true)
    expect(watch.onView([a], everybody, 3_000)).toBe(true)
    expect(watch.since).toBe(new Date(2_000).toISOString())
    expect(watch.of).toBe(3)
    watch.onView([a, c], everybody, 4_000)
    expect(watch.since).not.toBeNull()
    watch.onView([a, c, b], everybody, 5_000)
    expect(watch.since).toBeNull()
  })

  test('is not that somebody leaves or is put out', () => {
    const watch = new SplitWatch(null)
    watch.onView([a, b, c], everybody, 1_000)
    watch.onEntries(left(c))
    watch.onView([a, b], everybody, 2_000)
    expect(watch.since).toBeNull()
    watch.onView([a], (id) => id !== b, 3_000)
    expect(watch.since).toBeNull()
  })

  test('is remembered over a restart', () => {
    const watch = new SplitWatch(null)
    watch.onView([a, b], everybody, 1_000)
    watch.onView([a], everybody, 2_000)
    const again = new SplitWatch(watch.toJson())
    again.onView([a], everybody, 9_000)
    expect(again.since).toBe(new Date(2_000).toISOString())
    expect(new SplitWatch({ since: 'x', missing: 1 }).since).toBeNull()
  })
})

describe('waiting for a message', () => {
  const id = 'm' as MessageId
  const place = { term, seq: 1, clock: 5 }
  const outcomeOf = async (
    wait: Wait,
    stored: StoredBy,
    timeoutMs = 20,
  ): Promise<SentMessage | string> => {
    const waiters = new SendWaiters({
      storedBy: () => stored,
      nameOf: (one) => one.slice(0, 1),
      others: () => [b, c],
    })
    const { submission, sent } = waiters.open(
      'message',
      { kind: 'text', text: 'x', ref: '' },
      wait,
      timeoutMs,
    )
    submission.onId(id)
    submission.onQueued()
    waiters.onPlace(id, { ...place, position: 7 })
    waiters.check()
    try {
      return await sent
    } catch (error) {
      return error instanceof ParleyError ? `${error.code}: ${error.message}` : String(error)
    } finally {
      expect(waiters.size).toBe(0)
    }
  }

  test.each<[Wait, NodeId[], NodeId[], boolean]>([
    ['queued', [a], [b, c], true],
    ['sequenced', [a], [b, c], false],
    ['sequenced', [a, b], [c], true],
    ['sequenced', [a], [], true],
    ['majority', [a, b], [c], true],
    ['majority', [a], [b], false],
    ['all', [a, b], [c], false],
    ['all', [a, b, c], [], true],
    [2, [a, b], [c], true],
    [3, [a, b], [c], false],
  ])('%s, stored by %j and not by %j', async (wait, by, missing, isEnough) => {
    const outcome = await outcomeOf(wait, { by, missing })
    if (isEnough) expect(outcome).toMatchObject({ id: 'm' })
    else expect(outcome).toMatch(/^TIMEOUT: Stored by . of . within 0.02 s; missing: /)
  })

  test('the answer says where it is stored', async () => {
    const outcome = await outcomeOf('sequenced', { by: [a, b], missing: [c] })
    const stored = { storedBy: 2, of: 3, missing: ['c'] }
    expect(outcome).toEqual({ id: 'm', position: 7, clock: 5, ...stored })
  })

  test('a refusal ends the waiting', async () => {
    const nobody = { storedBy: () => null, nameOf: () => '', others: () => [] }
    const waiters = new SendWaiters(nobody)
    const content = { kind: 'text', text: 'x', ref: '' }
    const { submission, sent } = waiters.open('message', content, 'all', 1_000)
    submission.onId(id)
    waiters.onRefused([id], new ParleyError('BANNED'))
    await expect(sent).rejects.toMatchObject({ code: 'BANNED' })
    const other = waiters.open('message', content, 'all', 1_000)
    waiters.close(new ParleyError('INTERRUPTED'))
    await expect(other.sent).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })
})

test('stored by all: told up to the first message that is not', () => {
  const tracker = new StoredTracker()
  const places = [1, 1, 2, 3].map((seq) => ({ term, seq }))
  tracker.onVisible(places, 10)
  expect(tracker.take(({ seq }) => seq < 1)).toBeNull()
  expect(tracker.take(({ seq }) => seq < 3)).toBe(12)
  expect(tracker.take(() => true)).toBe(13)
  expect(tracker.take(() => true)).toBeNull()
  // A merge gives some of them new places.
  tracker.onVisible(places, 14)
  tracker.onVisible(places.slice(0, 2), 16)
  expect(tracker.take(() => true)).toBe(17)
})

test('names stay known when somebody has gone', () => {
  const member = (id: NodeId, name: string): [NodeId, RosterMember] => [
    id,
    { card: { id, name, addresses: [], sig: '' }, role: 'member', since: 0 },
  ]
  const watch = new RosterWatch(null)
  const anna = member(a, 'anna')
  expect(watch.update(new Map([anna, member(b, 'ben')])).fresh).toHaveLength(2)
  expect(watch.update(new Map([anna]))).toEqual({ fresh: [], isAnyGone: true })
  expect([a, b, c].map((id) => watch.nameOf(id))).toEqual(['anna', 'ben', 'cccccccc'])
  expect(new RosterWatch(watch.toJson()).nameOf(b)).toBe('ben')
})

test('a read mark goes forward only, and over own messages by itself', () => {
  const mark = new ReadMark(3)
  expect(mark.unread(5)).toBe(2)
  mark.onOwn(5)
  expect(mark.unread(5)).toBe(2)
  mark.advance(5)
  mark.onOwn(6)
  mark.advance(1)
  expect(mark.unread(6)).toBe(0)
  expect(mark.takeUnsaved()).toBe(6)
  expect(mark.takeUnsaved()).toBeNull()
})

test('the newest address of a node comes first, its own never', () => {
  const book = new AddressBook(() => ['me:1'])
  book.learn(a, ['old:1', 'me:1', 'not an address'])
  book.learn(a, ['new:1'])
  expect(book.of(a)).toEqual(['new:1', 'old:1'])
  book.disprove(a, 'new:1')
  expect(book.first(a)).toBe('old:1')
  expect(book.first(b)).toBeNull()
})

test('all addresses of a node are tried before it counts as gone', async () => {
  const outcomes: Record<string, DialOutcome> = { x: 'refused', y: 'failed', z: 'connected' }
  const tried: string[] = []
  const attempt = async (address: string): Promise<DialOutcome> => {
    tried.push(address)
    return outcomes[address] ?? 'failed'
  }
  expect(await dialAll(['x', 'y', 'z', 'x'], attempt)).toBe('connected')
  expect(tried).toEqual(['x', 'y', 'z'])
  expect(await dialAll(['x', 'x'], attempt)).toBe('refused')
  expect(await dialAll(['x', 'y'], attempt)).toBe('failed')
  expect(await dialAll([], attempt)).toBe('failed')
})

test('a queue of frames drops the oldest, by number and by bytes', () => {
  const queue = new FrameQueue({ frames: 3, bytes: 100 })
  for (const size of [1, 2, 3, 4]) queue.push(new Uint8Array(size))
  expect(queue.shift()?.byteLength).toBe(2)
  queue.push(new Uint8Array(95))
  expect(queue.shift()?.byteLength).toBe(4)
  expect(queue.dropped).toBe(2)
  queue.clear()
  expect([queue.size, queue.dropped]).toEqual([0, 3])
})

test('a node tells others the addresses at which it can be reached', () => {
  const card = (address: string, family: 'IPv4' | 'IPv6', internal = false) =>
    ({ address, family, internal, mac: '', netmask: '', cidr: null }) as NetworkInterfaceInfo
  const cards = {
    lo: [card('127.0.0.1', 'IPv4', true), card('::1', 'IPv6', true)],
    docker0: [card('172.17.0.1', 'IPv4')],
    eth0: [
      card('fe80::1', 'IPv6'),
      card('fd00::1', 'IPv6'),
      card('192.168.1.5', 'IPv4'),
      card('2001:db8::1', 'IPv6'),
      card('2001:db8::2', 'IPv6'),
    ],
    tailscale0: [card('100.64.0.7', 'IPv4')],
  }
  expect(ownAddresses('127.0.0.1:7', [], cards)).toEqual(['127.0.0.1:7'])
  const told = ['example.org:0', '[::1]:9']
  expect(ownAddresses('127.0.0.1:7', told, cards)).toEqual(['example.org:7', '[::1]:9'])
  const four = ['192.168.1.5:7', '100.64.0.7:7']
  const inner = ['172.17.0.1:7', '127.0.0.1:7']
  expect(ownAddresses('0.0.0.0:7', [], cards)).toEqual([...four, ...inner])
  const six = ['[fd00::1]:7', '[2001:db8::1]:7']
  expect(ownAddresses('[::]:7', [], cards)).toEqual([...four, ...six, ...inner, '[::1]:7'])
})
