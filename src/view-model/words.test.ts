import { describe, expect, test } from 'vitest'

import { alertFor } from './alerts.ts'
import { paneCommands } from './commands.ts'
import { complete, completionFor } from './completion.ts'
import { itemsOf } from './items.ts'
import { actionText } from './said.ts'
import { isMention } from './mention.ts'
import { currentNetwork } from './model.ts'
import { LOBBY, memberOf, messageOf, OPS, statusOf, Story, who } from './scene.suite.ts'
import { deliveryMark, happeningText, heardText, missingText, whyLeader } from './words.ts'

test.each([
  ['alice: look', true],
  ['hey @Alice!', true],
  ['alices adventures', false],
  ['malice', false],
  ['👍alice👍', true],
  ['älice alice', true],
  ['', false],
])('does %j speak to alice? %j', (text, expected) => {
  expect(isMention(text, 'alice')).toBe(expected)
})

test('a name in another script, or with a space, is one too', () => {
  expect(isMention('你好 小明!', '小明')).toBe(true)
  expect(isMention('thanks mary ann', 'Mary Ann')).toBe(true)
  expect(isMention('anything', ' ')).toBe(false)
})

describe('a call goes out', () => {
  const call = [messageOf(1, 'bob', 'alice, the build is red')]
  const two = (): Story => new Story([statusOf(LOBBY), statusOf(OPS)])

  test('for a mention elsewhere', () => {
    expect(alertFor(two().model, OPS, call)?.message.text).toContain('red')
  })

  test('not for what is before the eyes, unless nobody looks', () => {
    const story = two()
    expect(alertFor(story.model, LOBBY, call)).toBeNull()
    story.happens({ kind: 'focus', isFocused: false })
    expect(alertFor(story.model, LOBBY, call)).not.toBeNull()
  })

  test('not for a muted network, an ignored author, oneself, or an old message', () => {
    const muted = two().happens({ kind: 'mute', network: OPS, isMuted: true })
    expect(alertFor(muted.model, OPS, call)).toBeNull()
    const ignoring = two().happens({ kind: 'ignore', ids: [who('bob').id] })
    expect(alertFor(ignoring.model, OPS, call)).toBeNull()
    expect(alertFor(two().model, OPS, [messageOf(1, 'alice', 'alice')])).toBeNull()
    const read = new Story([statusOf(LOBBY), statusOf(OPS, { count: 5 })])
    expect(alertFor(read.model, OPS, call)).toBeNull()
  })
})

describe('Tab', () => {
  const source = {
    commands: paneCommands,
    networks: ['lobby', 'ops'],
    names: ['bob', 'Bärbel', 'carol'],
  }
  const tab = (text: string): readonly string[] =>
    completionFor({ text, cursor: text.length }, source)?.candidates ?? []

  test.each([
    ['/jo', ['/join ']],
    ['/j', ['/join ']],
    ['//jo', []],
    ['/join l', ['lobby']],
    ['b', ['bob: ', 'Bärbel: ']],
    ['hello c', ['carol ']],
    ['hello @b', ['@bob ', '@Bärbel ']],
    ['hello ', []],
    ['/whois ca', ['carol ']],
  ])('%j becomes %j', (text, candidates) => {
    expect(tab(text)).toEqual(candidates)
  })

  test('the word before the cursor is replaced, what follows stays', () => {
    const draft = { text: 'bo and more', cursor: 2 }
    const found = completionFor(draft, source)
    expect(complete(draft, found!, 'bob: ')).toEqual({ text: 'bob:  and more', cursor: 5 })
  })
})

test('messages close together of one author are one block', () => {
  const story = new Story().streams([
    messageOf(1, 'bob', 'a'),
    messageOf(2, 'bob', 'b'),
    messageOf(3, 'carol', 'c'),
    messageOf(4, 'bob', 'd'),
    messageOf(5, 'bob', 'e', { sentAt: '2026-01-02T09:00:00.000Z' }),
  ])
  const items = itemsOf(story.model, currentNetwork(story.model)!)
  expect(items.map((item) => item.kind === 'message' && item.isContinued)).toEqual([
    false,
    false,
    true,
    false,
    false,
    false,
  ])
})

test('what is done is told apart from what is said', () => {
  expect(actionText('/me waves')).toBe('waves')
  expect(actionText('/merry')).toBeNull()
})

test('the words say what is known, and hide what a terminal would act on', () => {
  const clock = (): string => '14:02'
  const evil = { ...who('eve'), name: 'e\u001b[31mve' }
  expect(happeningText({ kind: 'leader', leader: evil }, clock)).toBe('★ eve leads')
  expect(happeningText({ kind: 'two-stories', by: evil }, clock)).toMatch(/^eve led and told/)
  expect(happeningText({ kind: 'leader', leader: null }, clock)).toBe('no leader now')
  const merged = messageOf(1, 'bob', 'x', { storedBy: 1, of: 3, missing: ['c', '\u202ed'] })
  expect(deliveryMark(merged)).toBe('✓ 1/3')
  expect(missingText(merged)).toBe('not yet: c, d')
  expect(deliveryMark({ ...merged, storedBy: 1, of: 1 })).toBe('✓')
  expect(whyLeader(statusOf(LOBBY))).toContain('bob leads')
  expect(whyLeader(statusOf(LOBBY, { leader: null }))).toContain('No leader now')
})

test.each([
  [{ lastHeardMs: 400 }, 'heard 0.4 s ago'],
  [{ lastHeardMs: 75_000 }, 'heard 75 s ago'],
  [{ lastHeardMs: 600_000, active: false }, 'away, heard 10 min ago'],
  [{ lastHeardMs: 9_000_000 }, 'heard 3 h ago'],
  [{ lastHeardMs: null }, 'active, not heard directly'],
  [{ lastHeardMs: null, active: false }, 'away'],
  [{ self: true }, 'this node'],
])('a member with %j: %s', (facts, text) => {
  expect(heardText({ ...memberOf('bob', 1), ...facts })).toBe(text)
})

test('what somebody said who was no member there is not shown', () => {
  const story = new Story().streams([
    messageOf(1),
    messageOf(2, 'eve', 'let me in', { folded: true }),
    {
      event: 'two-stories',
      network: LOBBY,
      by: who('eve'),
      term: 'T',
      seq: 1,
      hashes: [],
    } as never,
  ])
  const items = itemsOf(story.model, story.network())
  expect(items.flatMap((item) => (item.kind === 'message' ? [item.isIgnored] : []))).toEqual([
    false,
    true,
  ])
  const marks = items.flatMap((item) => (item.kind === 'mark' ? [item.mark.what.kind] : []))
  expect(marks).toContain('two-stories')
})
