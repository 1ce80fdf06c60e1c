import fc from 'fast-check'
import { version } from 'uuid'
import { expect, it } from 'vitest'

import { isMessageId } from '../core/entry-codec.ts'
import { isIdOfSession } from '../core/group-state.ts'
import type { InstanceId } from '../core/ids.ts'
import { newInstanceId } from './identity.ts'
import { messageIds } from './message-ids.ts'

const session = 'ffeeddccbbaa99887766554433221100' as InstanceId

it('an id is a UUID version 7 of its session and of its time', () => {
  const id = messageIds(session, () => Date.parse('2024-01-02T03:04:05.678Z'))()
  expect(isMessageId(id)).toBe(true)
  expect(version(id)).toBe(7)
  expect(isIdOfSession(id, session)).toBe(true)
  const time = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)
  expect(new Date(time).toISOString()).toBe('2024-01-02T03:04:05.678Z')
})

it('100,000 ids drawn in a row ascend', () => {
  const next = messageIds(newInstanceId())
  let before = ''
  let ascending = true
  for (let count = 0; count < 100_000; count += 1) {
    const id = next()
    ascending &&= id > before
    before = id
  }
  expect(ascending).toBe(true)
})

it('they ascend whatever the wall clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 200 }), (steps) => {
      let clock = 1_700_000_000_000
      const next = messageIds(session, () => clock)
      const ids = steps.map((step) => {
        clock += step * 1000
        return next()
      })
      expect(ids).toEqual([...new Set(ids)].toSorted())
    }),
  )
})

it('a wall clock that stands still does not hold them up', () => {
  const next = messageIds(session, () => 1_700_000_000_000)
  let before = next()
  for (let count = 0; count < 1000; count += 1) {
    const id = next()
    expect(id > before).toBe(true)
    expect(isMessageId(id)).toBe(true)
    before = id
  }
})
