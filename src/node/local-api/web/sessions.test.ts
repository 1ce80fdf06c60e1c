import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { MAX_SESSIONS, MAX_TICKETS, SESSION_MS, TICKET_MS, WebSessions } from './sessions.ts'

let folder: string
let now: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-sessions-'))
  now = 1_800_000_000_000
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (): WebSessions => new WebSessions({ path: join(folder, 'web.json'), now: () => now })

test('a ticket ends after ten minutes', () => {
  const sessions = open()
  const [early, late] = [sessions.newTicket(), sessions.newTicket()]
  now += TICKET_MS - 1
  expect(sessions.check(sessions.redeem(early))).toMatch(/^[\w-]{43}$/)
  now += 1
  expect(() => sessions.redeem(late)).toThrow(/used already, or is too old/)
})

test('only so many tickets and sessions are alive', () => {
  const sessions = open()
  const ended: string[] = []
  sessions.onEnd((session) => ended.push(session))
  const tickets = Array.from({ length: MAX_TICKETS + 1 }, () => sessions.newTicket())
  expect(() => sessions.redeem(tickets[0] ?? '')).toThrow(/used already/)
  const first = sessions.redeem(tickets[1] ?? '')
  const id = sessions.check(first)
  for (let count = 0; count < MAX_SESSIONS; count += 1) sessions.open()
  expect(ended).toEqual([id])
  expect(() => sessions.check(first)).toThrow(/Nobody is signed in/)
})

test('a session that is used goes on, one that is not ends, also while the node is away', () => {
  const before = open()
  const [used, unused] = [before.open(), before.open()]
  now += SESSION_MS - 1
  before.check(used)
  now += 1
  const after = open()
  expect(after.check(used)).toMatch(/^[\w-]{43}$/)
  expect(() => after.check(unused)).toThrow(/Nobody is signed in/)
})

test('what is no file of sessions counts as none, and a disk that is full is told of', () => {
  writeFileSync(join(folder, 'web.json'), '{"port":"x","sessions":[["a"],5,null]}')
  expect(open().port).toBeNull()
  rmSync(join(folder, 'web.json'))
  mkdirSync(join(folder, 'web.json'))
  const faults: string[] = []
  const path = join(folder, 'web.json')
  const sessions = new WebSessions({ path, now: () => now, onFault: (what) => faults.push(what) })
  expect(sessions.check(sessions.open())).toMatch(/^[\w-]{43}$/)
  expect(faults).toEqual(['keeping web sessions'])
})
