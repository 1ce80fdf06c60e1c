// Parts of the page that need no browser: keys, settings, rows, completions, choices, QR codes.
import { describe, expect, test } from 'vitest'

import { LOBBY, messageOf, messagesOf, OPS, Story } from '../view-model/scene.suite.ts'
import { choicesFor } from './choices.ts'
import { offersFor } from './completions.ts'
import { EMOJI, findEmoji, isOnlyEmoji } from './emoji.ts'
import { actionOf, type KeyPress } from './keys.ts'
import { arrivalOf } from './live/session.ts'
import { spokenParts } from './markdown/spoken.ts'
import { qrPath } from './qr.ts'
import { indexOfPosition, positionsBetween, rowsOf } from './rows.ts'
import { defaultSettings, draftsOf, parseSettings } from './settings.ts'

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
})

describe('keys', () => {
  test.each([
    [press('k', { ctrlKey: true }), { kind: 'switcher' }],
    [press('k', { metaKey: true }), { kind: 'switcher' }],
    [press('F', { ctrlKey: true, shiftKey: true }), { kind: 'search' }],
    [press('¡', { altKey: true, code: 'Digit1' }), { kind: 'nth', index: 0 }],
    [press('å', { altKey: true, code: 'KeyA' }), { kind: 'next-unread' }],
    [press('ArrowDown', { altKey: true }), { kind: 'step', step: 1 }],
    [press('ArrowUp', { ctrlKey: true }), { kind: 'pick', step: -1 }],
    [press('PageUp'), { kind: 'page', step: -1 }],
    [press('Escape'), { kind: 'close' }],
    [press('F1'), { kind: 'help' }],
  ])('%o', (pressed, action) => expect(actionOf(pressed)).toEqual(action))

  test('what types a letter does nothing else', () => {
    expect(actionOf(press('k'))).toBeNull()
    expect(actionOf(press('@', { ctrlKey: true, altKey: true, code: 'KeyQ' }))).toBeNull()
    expect(actionOf(press('K', { ctrlKey: true, shiftKey: true }))).toBeNull()
  })
})

describe('settings', () => {
  test('come back as they were saved', () => {
    const chosen = { ...defaultSettings, theme: 'dark' as const, muted: [LOBBY], network: OPS }
    expect(parseSettings(JSON.stringify(chosen))).toEqual(chosen)
  })

  test.each([[null], [''], ['{'], ['null'], ['[]'], ['{"theme":7,"muted":"x","ignored":[1]}']])(
    'of no sense are as if not chosen: %s',
    (saved) => expect(parseSettings(saved)).toEqual(defaultSettings),
  )
})

test('the address brings a ticket or an invite', () => {
  const invite = 'parley://join/abc?n=lobby#secret'
  expect(arrivalOf('#ticket=T-1_x')).toEqual({ ticket: 'T-1_x', join: null })
  expect(arrivalOf(`#join=${encodeURIComponent(invite)}`)).toEqual({ ticket: null, join: invite })
  expect(arrivalOf('')).toEqual({ ticket: null, join: null })
})

test('what was written and not sent is kept for each network', () => {
  const story = new Story()
  story.happens({ kind: 'draft', network: LOBBY, draft: { text: 'half a', cursor: 6 } })
  story.happens({ kind: 'send', network: LOBBY, localId: 1, text: 'on its way' })
  expect(draftsOf(story.model)).toEqual({ [LOBBY]: 'on its way\nhalf a' })
  story.happens({ kind: 'sent', network: LOBBY, localId: 1, id: 'm' })
  expect(draftsOf(story.model)).toEqual({ [LOBBY]: 'half a' })
  story.happens({ kind: 'draft', draft: { text: 'x'.repeat(20_000), cursor: 0 } })
  expect(draftsOf(story.model)).toEqual({})
})

describe('rows', () => {
  const dated = (position: number, day: string): ReturnType<typeof messageOf> =>
    messageOf(position, 'bob', `m${position}`, { sentAt: `2026-01-${day}T12:00:00.000Z` })

  test('have names of their own that stay when older ones come', () => {
    const story = new Story()
    story.streams(messagesOf(41, 60))
    const before = rowsOf(story.model, story.network()).map(({ key }) => key)
    expect(new Set(before).size).toBe(before.length)
    const want = { from: 1, limit: 40 }
    story.happens({ kind: 'page', network: LOBBY, want, messages: messagesOf(1, 40) })
    const after = rowsOf(story.model, story.network()).map(({ key }) => key)
    expect(after.slice(-20)).toEqual(before.slice(-20))
  })

  test('a day stands above its first message, and above the line of what is unread', () => {
    const story = new Story()
    story.streams([dated(1, '02')])
    story.happens({ kind: 'focus', isFocused: false })
    story.streams([dated(2, '03')])
    const kinds = rowsOf(story.model, story.network()).map(({ kind }) => kind)
    expect(kinds).toEqual(['beginning', 'day', 'message', 'day', 'unread', 'message'])
  })

  test('are found by position, and positions by rows', () => {
    const story = new Story()
    story.streams(messagesOf(1, 9))
    const rows = rowsOf(story.model, story.network())
    const index = indexOfPosition(rows, 7)
    expect(rows[index]).toMatchObject({ message: { position: 7 } })
    expect(positionsBetween(rows, index - 1, index)).toEqual({ first: 6, last: 7 })
    expect(positionsBetween(rows, 0, 0)).toBeNull()
    expect(indexOfPosition(rows, 99)).toBe(-1)
  })
})

describe('completions', () => {
  const story = new Story()
  story.streams(messagesOf(1, 3))
  const offered = (text: string, isAsked = false): readonly string[] =>
    (offersFor(story.model, { text, cursor: text.length }, isAsked)?.offers ?? []).map(
      (offer) => offer.text,
    )

  test('commands, names and emoji are offered while they are typed', () => {
    expect(offered('/inv')).toEqual(['/invite '])
    expect(offered('hi @bo')).toEqual(['@bob '])
    expect(offered('well :tad')).toEqual(['🎉 '])
  })

  test('other words only when asked', () => {
    expect(offered('bo')).toEqual([])
    expect(offered('bo', true)).toEqual(['bob: '])
    expect(offered('12:30')).toEqual([])
  })

  test('nothing where all is there', () => expect(offered('/invite')).toEqual([]))
})

describe('emoji', () => {
  test('every one is one, with a name of its own', () => {
    expect(EMOJI.filter(({ char }) => !isOnlyEmoji(char))).toEqual([])
    expect(new Set(EMOJI.map(({ name }) => name)).size).toBe(EMOJI.length)
  })

  test('those that begin with it come first', () => {
    expect(findEmoji('heart')[0]?.char).toBe('❤️')
    expect(findEmoji('heart').length).toBeGreaterThan(3)
  })

  test('a few and nothing else are shown large', () => {
    expect(isOnlyEmoji('👍')).toBe(true)
    expect(isOnlyEmoji('👍🎉 👨‍👩‍👧')).toBe(true)
    expect(isOnlyEmoji('👍 yes')).toBe(false)
    expect(isOnlyEmoji('12')).toBe(false)
    expect(isOnlyEmoji('')).toBe(false)
  })
})

test('Ctrl K finds networks and actions by some of their letters', () => {
  const { model } = new Story()
  const labels = (typed: string): readonly string[] =>
    choicesFor(model, typed).map(({ label }) => label)
  expect(labels('lob')[0]).toBe('lobby')
  expect(labels('sett')).toEqual(['Settings'])
  expect(labels('qqq')).toEqual([])
})

test('names are words of their own, with or without @', () => {
  const kinds = (text: string): readonly string[] =>
    spokenParts(text, 'al.x').map((part) => `${part.kind}:${part.text}`)
  expect(kinds('@al.x and al.x, alnx')).toEqual([
    'self:@al.x',
    'plain: and ',
    'self:al.x',
    'plain:, alnx',
  ])
  expect(kinds('a@b.example')).toEqual(['plain:a@b.example'])
})

test('a QR code has its three corners, and white around it', () => {
  const { path, size } = qrPath('parley://join/abc')
  expect((size - 8 - 17) % 4).toBe(0)
  // The upper edge of a corner: seven dark modules.
  expect(path.startsWith('M4 4h7v1h-7z')).toBe(true)
  expect(path).toContain(`M${size - 11} 4h7v1h-7z`)
  expect(path).toMatch(/^[Mhvz\d -]+$/)
})
