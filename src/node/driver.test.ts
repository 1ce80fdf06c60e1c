/** The driver keeps its promises when the disk or the core does not. */
import { expect, onTestFinished, test } from 'vitest'

import { defaultConfig } from '../core/config.ts'
import type { GroupEvent, Persist } from '../core/effect.ts'
import { millis, type GroupId, type MessageId } from '../core/ids.ts'
import type { Packet } from '../core/packet.ts'
import { Replica } from '../core/replica.ts'
import { Identity, newInstanceId } from '../crypto/identity.ts'
import { nodeCrypto } from '../crypto/node-crypto.ts'
import type { ParleyError } from '../rpc/errors.ts'
import { MemoryGroup } from '../store/memory-group.ts'
import { StoreError } from '../store/store-error.ts'
import { GroupDriver, type DriverOptions } from './driver.ts'
import { ForwardingReader } from './forwarding-reader.ts'
import type { Submission } from './inbox.ts'
import { until } from './test-nodes.suite.ts'

const full = (): StoreError => new StoreError('STORAGE_FULL', 'no room', 'make room', '/x')

interface Scene {
  readonly driver: GroupDriver
  readonly group: MemoryGroup
  readonly steps: string[]
  readonly events: GroupEvent[]
  readonly faults: ParleyError[]
  recovered: number
  /** Thrown instead of storing, while it is set. */
  refusal: Error | null
}

/** A group of one, on a disk that can be made to refuse. */
const scene = (options: Partial<DriverOptions> = {}): Scene => {
  const identity = Identity.generate()
  const reader = new ForwardingReader(new MemoryGroup('' as GroupId))
  const replicaFrom = (start: ConstructorParameters<typeof Replica>[0]['start']): Replica =>
    new Replica({
      config: defaultConfig,
      crypto: nodeCrypto(identity),
      self: { id: identity.id, name: 'alice', addresses: [] },
      instance: newInstanceId(),
      seed: 1,
      reader,
      start,
      now: millis(performance.now()),
    })
  const settings = { policy: 'open', listed: true } as const
  const first = replicaFrom({ how: 'found', name: 'lobby', settings, createdAt: 0, nonce: 'x' })
  const group = new MemoryGroup(first.group)
  reader.target = group
  const steps: string[] = []
  const events: GroupEvent[] = []
  const faults: ParleyError[] = []
  const refuse = (): void => {
    if (made.refusal !== null) throw made.refusal
  }
  const driver = new GroupDriver({
    replica: first,
    revive: () => replicaFrom({ how: 'resume', group: group.id }),
    apply: (persist: Persist) => {
      refuse()
      steps.push('apply')
      group.apply(persist)
    },
    probe: refuse,
    retryMs: 50,
    send: (_, __, packet: Packet) => steps.push(`send ${packet.kind}`),
    isLinked: () => false,
    onPersisted: () => steps.push('persisted'),
    onEvent: (event) => {
      steps.push(event.event)
      events.push(event)
    },
    onStepped: () => {},
    onFault: (error) => faults.push(error),
    onRecovered: () => {
      made.recovered += 1
    },
    ...options,
  })
  const made: Scene = { driver, group, steps, events, faults, recovered: 0, refusal: null }
  onTestFinished(() => driver.stop())
  driver.start()
  return made
}

interface Told {
  readonly submission: Submission
  readonly outcomes: string[]
}

const say = (text: string): Told => {
  const outcomes: string[] = []
  const submission: Submission = {
    kind: 'message',
    content: { kind: 'text', text, ref: '' },
    onId: (id: MessageId) => outcomes.push(`id ${id.length}`),
    onQueued: () => outcomes.push('queued'),
    onFailed: (error) => outcomes.push(error.code),
  }
  return { submission, outcomes }
}

test('what is said is stored before anything is told', async () => {
  const { driver, steps } = scene()
  steps.length = 0
  const one = say('one')
  driver.submit(one.submission)
  await until('it is queued', () => one.outcomes.includes('queued'))
  expect(steps.slice(0, 3)).toEqual(['apply', 'persisted', 'delivered'])
  expect(one.outcomes).toEqual(['id 36', 'queued'])
})

test('what comes in one turn of the event loop is one step, in order', async () => {
  const { driver, steps, group } = scene()
  steps.length = 0
  const all = ['a', 'b', 'c'].map(say)
  for (const { submission } of all) driver.submit(submission)
  await until('all are queued', () => all.every(({ outcomes }) => outcomes.includes('queued')))
  expect(steps.filter((step) => step === 'apply')).toHaveLength(1)
  expect(group.lastMessages(9).map(({ content }) => content.text)).toEqual(['a', 'b', 'c'])
})

test('a full disk: a coded error, nothing told, and on it goes when there is room', async () => {
  const made = scene()
  const { driver, steps, faults, group } = made
  const before = driver.replica
  made.refusal = full()
  steps.length = 0
  const lost = say('lost')
  driver.submit(lost.submission)
  await until('it is refused', () => lost.outcomes.includes('STORAGE_FULL'))
  expect(steps).toEqual([])
  expect(driver.replica).toBeNull()
  expect(driver.fault).toMatchObject({ code: 'STORAGE_FULL', hint: 'make room' })
  // While it has failed, it says so at once.
  const refused = say('refused')
  driver.submit(refused.submission)
  expect(refused.outcomes).toEqual(['STORAGE_FULL'])
  expect(faults).toHaveLength(1)
  made.refusal = null
  await until('it recovers', () => made.recovered === 1)
  expect(driver.replica?.instance).not.toBe(before?.instance)
  expect(driver.fault).toBeNull()
  const later = say('later')
  await until('it leads again', () => driver.replica?.role.name === 'leader')
  driver.submit(later.submission)
  await until('it is queued', () => later.outcomes.includes('queued'))
  expect(group.lastMessages(9).map(({ content }) => content.text)).toEqual(['later'])
})

test('a bug in the core takes down the group, not the process, and not for long', async () => {
  const made = scene()
  const { driver, faults } = made
  const { replica } = driver
  if (replica === null) throw new Error('not running')
  replica.step = () => {
    throw new Error('assertion failed: planted')
  }
  const lost = say('lost')
  driver.submit(lost.submission)
  await until('it is refused', () => lost.outcomes.includes('INTERNAL'))
  expect(faults.map(({ code }) => code)).toEqual(['INTERNAL'])
  await until('it recovers', () => made.recovered === 1)
  expect(driver.replica).not.toBe(replica)
})

test('a call over HTTP gets what the same step sends to the caller', async () => {
  const { driver, steps } = scene()
  const other = Identity.generate()
  const { group } = driver.replica ?? {}
  if (group === undefined) throw new Error('not running')
  const answer = await driver.exchange({
    group,
    from: other.id,
    instance: newInstanceId(),
    packet: {
      kind: 'join_network',
      card: { id: other.id, name: 'other', addresses: [], sig: other.sign('something else') },
      proof: null,
      summary: { head: null, tips: [], terms: [] },
      anew: true,
    },
  })
  expect(answer.map(({ kind }) => kind)).toEqual(['turned_away'])
  expect(steps).not.toContain('send turned_away')
})

test('after stop nothing is taken any more, and whoever waits is told', async () => {
  const { driver } = scene()
  const late = say('late')
  driver.submit(late.submission)
  driver.stop()
  expect(late.outcomes).toEqual(['INTERRUPTED'])
  const later = say('later')
  driver.submit(later.submission)
  expect(later.outcomes).toEqual(['NOT_A_MEMBER'])
})
