import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import type { MessageView } from '../node/api.ts'
import { LOBBY, messageOf, messagesOf, OPS, statusOf, who } from '../view-model/scene.suite.ts'
import { rowWidth } from './screen/row.ts'
import { Stage } from './stage.suite.ts'

const ENTER = '\r'
const ESC = '\u001b'
const UP = `${ESC}[A`
const DOWN = `${ESC}[B`
const PAGE_UP = `${ESC}[5~`
const paste = (text: string): string => `${ESC}[200~${text}${ESC}[201~`

let stage: Stage

beforeEach(() => {
  stage = new Stage()
})

afterEach(async () => {
  await stage.end()
})

describe('in no network', () => {
  test('what was found is offered, and joined by its name', async () => {
    const leader = who('bob')
    stage.client.offers = [{ id: OPS, name: 'ops', joined: false, leader, members: 2, unread: 0 }]
    await stage.start()
    expect(stage.screen()).toContain('Welcome to Parley, alice.')
    expect(stage.screen()).toMatch(/\/join ops {2}★ bob {2}2 active/)
    stage.type('hello', ENTER)
    expect(stage.screen()).toContain('You are in no network')
    expect(stage.input()).toBe('hello')
    stage.type('\u0015', '/jo', '\t', 'o', '\t')
    expect(stage.input()).toBe('/join ops')
    stage.type(ENTER)
    await stage.sees(/^1 ?ops|ops {2}★ bob/)
    expect(stage.client.calls).toContainEqual(['join', { target: 'ops', timeoutMs: 20_000 }])
  })

  test('a pasted link is joined with Enter, also one that came in pieces', async () => {
    await stage.start()
    stage.type(paste('parley://join/abc\n  def?n=ops\n'), ENTER)
    await stage.sees('parley://join/abcdef?n=ops')
    expect(stage.client.calls.find(([method]) => method === 'join')?.[1]).toMatchObject({
      target: 'parley://join/abcdef?n=ops',
    })
  })
})

describe('in a network', () => {
  beforeEach(async () => {
    stage.client.addRoom(statusOf(LOBBY), messagesOf(1, 3))
    stage.client.addRoom(statusOf(OPS))
    await stage.start()
    await stage.sees('message 3')
  })

  test('whoever is put out is told by whom, and keeps what was typed', async () => {
    stage.type('half a tho')
    stage.client.putOut(LOBBY, 'bob')
    await stage.sees('! You were removed from lobby by bob (kick)')
    stage.type('ught', ENTER)
    await stage.sees('✗ Not sent: alice, you were removed from lobby by bob')
    expect(stage.input()).toBe('half a thought')
    expect(stage.screen()).toContain('message 3')
    expect(stage.client.sent).toEqual([])
    stage.type(`${ESC}OQ`)
    await stage.sees('you were removed from lobby by bob (kick)')
    expect(stage.screen()).not.toContain('about to take over')
    stage.type(ESC, '\u0015', '/join lobby', ENTER)
    await stage.sees('Joining')
    expect(stage.client.calls).toContainEqual(['join', { target: 'lobby', timeoutMs: 20_000 }])
  })

  test('a message is sent, has its mark, and the mark follows', async () => {
    stage.type('hello everybody', ENTER)
    expect(stage.input()).toBe('')
    expect(stage.screen()).toMatch(/hello everybody {2}…/)
    await stage.sees(/hello everybody {2}✓ 1\/2/)
    stage.client.streams(LOBBY, { event: 'stored', network: LOBBY, upTo: 4 })
    await stage.sees(/hello everybody {2}✓ 2\/2/)
  })

  test('messages keep the order in which they were typed', async () => {
    for (const text of ['one', 'two', 'three']) stage.type(text, ENTER)
    await stage.sees(/three {2}✓/)
    expect(stage.client.sent).toEqual(['one', 'two', 'three'])
  })

  test('what is too long is refused and stays visible', async () => {
    stage.type(paste('x'.repeat(65_537)), ENTER)
    await stage.sees('✗ not sent (TOO_LARGE)')
    expect(stage.client.sent).toEqual([])
  })

  test('an unknown command is not sent and can be put right', () => {
    stage.type('/jion ops', ENTER)
    expect(stage.screen()).toContain('did you mean /join?')
    expect(stage.input()).toBe('/jion ops')
    stage.type('\u0015', '//etc', ENTER)
    expect(stage.screen()).toContain('│ /etc')
  })

  test('Tab goes through the candidates and back', () => {
    stage.type('/m', '\t')
    expect(stage.input()).toBe('/me ')
    stage.type('\t')
    expect(stage.input()).toBe('/msg ')
    stage.type(`${ESC}[Z`)
    expect(stage.input()).toBe('/me ')
    stage.type('\u0015', 'bo', '\t')
    expect(stage.input()).toBe('bob: ')
  })

  test('what was typed comes back with the arrows and with Ctrl-R', () => {
    stage.type('make tea', ENTER, 'make coffee', ENTER, 'half', UP)
    expect(stage.input()).toBe('make coffee')
    stage.type(UP, DOWN, DOWN)
    expect(stage.input()).toBe('half')
    stage.type('\u0012', 'tea')
    expect(stage.screen()).toContain('search back: tea')
    stage.type(ENTER)
    expect(stage.input()).toBe('make tea')
    stage.type('\u0012', 'mak', '\u0012', ESC)
    expect(stage.input()).toBe('make tea')
  })

  test('each network keeps what was begun there', () => {
    stage.type('for the lobby', '\u000e')
    expect(stage.input()).toBe('')
    stage.type('for ops', `${ESC}1`)
    expect(stage.input()).toBe('for the lobby')
    stage.type(`${ESC}2`)
    expect(stage.input()).toBe('for ops')
  })

  test('several pasted lines are asked about', async () => {
    stage.type(paste('one\r\ntwo\r\n'))
    expect(stage.screen()).toContain('Paste 2 lines?')
    stage.type(ESC)
    expect(stage.input()).toBe('')
    stage.type(paste('one\ntwo'), ENTER)
    expect(stage.input()).toBe('one\ntwo')
    stage.type(ENTER, paste('three\n\nfour'), 's')
    await stage.sees(/four {2}✓/)
    expect(stage.client.sent).toEqual(['one\ntwo', 'three', 'four'])
  })

  test('a link that is about to be sent to everybody is noticed', () => {
    stage.type(paste('parley://join/abc#secret'))
    expect(stage.screen()).toContain('Enter sends this to lobby; write /join before it to join')
    stage.type('\u0001', '/join ')
    expect(stage.screen()).not.toContain('Enter sends this')
  })

  test('unread elsewhere is counted, a mention rings, a muted network does not', async () => {
    stage.client.streams(OPS, messageOf(1, 'bob', 'hi'), messageOf(2, 'bob', 'alice: help'))
    await stage.sees('@1 *2')
    expect(stage.rung).toEqual(['ops: alice: help'])
    stage.type(`${ESC}a`)
    expect(stage.screen()).toContain('── 2 new ──')
    expect(stage.screen()).toContain('@ alice: help')
    stage.type('/mute', ENTER, `${ESC}1`)
    stage.client.streams(OPS, messageOf(3, 'bob', 'alice!'))
    await stage.sees('@1 *1')
    expect(stage.rung).toHaveLength(1)
  })

  test('whoever is ignored is not read', async () => {
    stage.type('/ignore bob', ENTER)
    expect(stage.screen()).not.toContain('message 3')
    expect(stage.screen()).toContain('(ignored)')
    stage.type('/ignore bob', ENTER)
    expect(stage.screen()).toContain('message 3')
  })

  test('a split is shown until it heals; the merge can be gone to', async () => {
    const since = new Date(2026, 0, 2, 14, 2).toISOString()
    const active = [who('alice'), who('bob')]
    stage.client.room(LOBBY).status = statusOf(LOBBY, { splitSince: since, count: 3 })
    stage.client.streams(LOBBY, { event: 'split', network: LOBBY, active, of: 5, since })
    await stage.sees('You are cut off with 2 of 5 since 14:02, still writable')
    await stage.sees(/^\S*1!/m)
    stage.client.room(LOBBY).status = statusOf(LOBBY, { count: 3 })
    const all = ['alice', 'bob', 'c', 'd', 'e'].map(who)
    const merge = {
      event: 'merge',
      network: LOBBY,
      authors: [who('dana'), who('eve')],
      fromPosition: 4,
      toPosition: 15,
      moved: false,
    } as const
    const block = Array.from({ length: 12 }, (_, index) => messageOf(4 + index, 'dana'))
    stage.client.streams(LOBBY, ...block, merge, { event: 'view', network: LOBBY, active: all })
    await stage.sees('history re-joined: 12 messages from dana, eve')
    expect(stage.screen()).not.toContain('cut off')
    stage.type('/merge', ENTER)
    expect(stage.screen()).toMatch(/▸│ message 4/)
  })

  test('who leads, who is there, and where a message is stored', async () => {
    stage.type('/leader', ENTER)
    expect(stage.screen()).toContain('bob leads because nobody active has been there longer')
    stage.type('/names', ENTER)
    expect(stage.screen()).toMatch(/★ 0 +bob .*heard 0\.4 s ago/)
    expect(stage.screen()).toMatch(/Silent[\s\S]*carol .*away/)
    stage.type(ESC, '/whois carol', ENTER)
    expect(stage.screen()).toMatch(/number +not active/)
    stage.type(ESC, '/trace #2', ENTER)
    await stage.sees('Message #2')
    expect(stage.screen()).toMatch(/stored +✓ 2\/2 {2}bob, alice/)
    expect(stage.screen()).toMatch(/put in by +bob/)
    expect(stage.screen()).toMatch(/entry +7 of the term, hash-of-it/)
    stage.type(ESC, `${ESC}[1;5A`, `${ESC}[1;5A`, ENTER)
    await stage.sees('Message #2')
  })

  test('an invite is shown without anything beside it, and copied', async () => {
    stage.type('/invite', ENTER)
    await stage.sees('Others join lobby')
    const lines = stage.screen().split('\n')
    const link = lines.slice(lines.findIndex((line) => line.startsWith('parley://')))
    expect(`${link[0]}${link[1]}${link[2]}`).toBe(stage.copied[0])
  })

  test('answers, changes and signs go to the message that is meant', async () => {
    stage.client.streams(LOBBY, messageOf(4, 'bob', 'at ten?'), messageOf(5, 'alice', 'yse'))
    await stage.sees('yse')
    stage.type('/reply at noon', ENTER, '/edit yes', ENTER, '/react 👍', ENTER, '/delete #5', ENTER)
    await vi.waitFor(() => expect(stage.client.sent).toHaveLength(4))
    expect(stage.client.sent).toEqual([
      'reply #4: at noon',
      'edit #5: yes',
      'reaction #4: 👍',
      'delete #5: ',
    ])
    stage.type('/edit', ENTER)
    await stage.sees('There is nothing to send')
    stage.type('/away lunch', ENTER, '/away', ENTER)
    await stage.sees(/\* │ alice is away: lunch[^]*\* │ alice is back/)
    stage.type('/nick alicia', ENTER)
    await stage.sees('From the next start on others see you as alicia')
    expect(stage.client.operations).toEqual(['set_name alicia'])
  })

  test('what was said about a message stands with it', async () => {
    const about = {
      id: 'm-bob-old' as MessageView['id'],
      author: who('bob'),
      position: 1,
      text: 'old',
    }
    stage.client.streams(
      LOBBY,
      messageOf(1, 'bob', 'old'),
      messageOf(2, 'carol', 'really?', { kind: 'reply', about }),
      messageOf(3, 'bob', 'new', { kind: 'edit', about }),
      messageOf(4, 'carol', '👍', { kind: 'reaction', about }),
    )
    await stage.sees(/bob │ new {2}\(edited\)\n[^\n]*│ 👍/)
    expect(stage.screen()).toMatch(/carol │ ↪ bob: new\n[^\n]*│ really\?/)
    expect(stage.screen()).toMatch(/– │ carol 👍 to #1: old/)
    stage.client.streams(LOBBY, messageOf(5, 'bob', '', { kind: 'delete', about }))
    await stage.sees('bob took this back (asked 2/2 to hide it)')
    expect(stage.screen()).not.toMatch(/\bnew\b|\bold\b/)
  })

  test('two talk alone in a network of their own', async () => {
    stage.type('/msg zoe hello', ENTER)
    await stage.sees('Nobody else is called zoe here')
    stage.type('/msg bob hello', ENTER)
    await stage.sees('Others join alice+bob with')
    await stage.sees('Give this link to bob alone')
    const [, create] = stage.client.calls.find(([method]) => method === 'create') ?? []
    expect(create).toEqual({ name: 'alice+bob', policy: 'invite', listed: false })
    expect(stage.client.sent).toEqual(['hello'])
    stage.type(ESC, '/msg bob and again', ENTER)
    await vi.waitFor(() => expect(stage.client.sent).toEqual(['hello', 'and again']))
  })

  test('owners change roles and ban; what is wrong is told', async () => {
    stage.type('/role carol of the sea admin', ENTER)
    await stage.sees('carol of the sea is now admin of lobby')
    stage.type('/ban carol', ENTER)
    await stage.sees('carol is banned from lobby')
    expect(stage.client.operations).toEqual(['set_role carol of the sea admin', 'ban carol'])
    stage.type('/ban nobody', ENTER)
    await stage.sees('(NOT_A_MEMBER)')
  })

  test('a history is verified', async () => {
    stage.type('/verify', ENTER)
    await stage.sees('3 messages in 5 entries: signed by their authors')
    expect(stage.screen()).toContain('0123 4567 89ab cdef 0123 4567')
  })

  test('help and status open and close; long ones scroll', () => {
    stage.type(`${ESC}OP`)
    expect(stage.screen()).toContain('send; Alt-Enter or Ctrl-J begins a new')
    expect(stage.screen()).not.toContain('/quit')
    stage.type(...Array.from({ length: 9 }, () => `${ESC}[6~`))
    expect(stage.screen()).toContain('/quit')
    stage.type(`${ESC}OQ`)
    expect(stage.screen()).toContain('listens on')
    stage.type(ESC)
    expect(stage.screen()).toContain('message 3')
  })

  test('nothing that others write acts on the terminal', async () => {
    const evil = '\u001b[2J\u001b]0;title\u0007\u202egnp.exe\u009b31mred\u0008'
    const author = { ...who('eve'), name: `e\u001b[7mve${evil}` }
    stage.client.streams(LOBBY, messageOf(4, 'eve', `start ${evil} end`, { author }))
    await stage.sees('start gnp.exered end')
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    expect(stage.screen()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  test('a node that goes away is told, and the way out stays open', async () => {
    stage.client.leave()
    await stage.sees('The node has gone')
    stage.type('/quit', ENTER)
    expect(stage.isOver).toBe(true)
  })

  test('a stream that was cut off begins anew, with the newest', async () => {
    const { messages } = stage.client.room(LOBBY)
    messages.push(...messagesOf(4, 1_000))
    stage.client.cutOff(LOBBY)
    await stage.sees('message 1000')
    expect(stage.screen()).toContain('message 995')
    stage.client.streams(LOBBY, messageOf(1_001))
    await stage.sees('message 1001')
  })

  test('Ctrl-C empties the line first and leaves then', () => {
    stage.type('half a', '\u0003')
    expect(stage.input()).toBe('')
    expect(stage.isOver).toBe(false)
    stage.type('\u0003')
    expect(stage.isOver).toBe(true)
  })
})

describe('long histories', () => {
  beforeEach(async () => {
    stage.client.addRoom(statusOf(LOBBY), messagesOf(1, 5_000))
    await stage.start()
    await stage.sees('message 5000')
  })

  /** Numbers of the messages in sight. */
  const shown = (): readonly number[] =>
    Array.from(stage.screen().matchAll(/message (\d+)/g), ([, number]) => Number(number))

  test('scrolled up page by page, without a gap or a jump', async () => {
    let [top = 0] = shown()
    for (let page = 0; page < 40; page += 1) {
      stage.type(PAGE_UP)
      await stage.sees(new RegExp(`message ${top}\\b`))
      const now = shown()
      expect(now).toEqual(now.map((_, index) => now[0]! + index))
      expect(now[0]).toBeLessThan(top)
      ;[top = 0] = now
    }
    expect(top).toBeLessThan(4_700)
  })

  test('whoever reads further up stays there, and is told what comes', async () => {
    stage.type(PAGE_UP)
    const before = shown()
    stage.client.streams(LOBBY, messageOf(5_001), messageOf(5_002))
    await stage.sees('↓ 2 new')
    expect(shown().slice(0, 5)).toEqual(before.slice(0, 5))
    stage.type(ESC)
    expect(stage.screen()).toContain('message 5002')
    expect(stage.screen()).not.toContain('↓')
  })

  test('found by searching, gone to, and back', async () => {
    stage.type('/search message 12', ENTER)
    await stage.sees(/50\+ found/)
    stage.type(UP, UP)
    expect(stage.screen()).toMatch(/▸ #1297/)
    stage.type(ENTER)
    await stage.sees(/▸│ message 1297/)
    stage.type(`${ESC}[1;5H`)
    await stage.sees('Here the history begins')
    stage.type(ESC)
    await stage.sees('message 5000')
  })
})

test('a hundred thousand messages go by: the memory stays flat', async () => {
  stage.client.addRoom(statusOf(LOBBY))
  await stage.start()
  const heapAfter = (upTo: number): number => {
    for (let from = upTo - 19_999; from < upTo; from += 100)
      stage.face.take(LOBBY, messagesOf(from, from + 99))
    // The tests run with --expose-gc.
    globalThis.gc?.()
    return process.memoryUsage().heapUsed / 2 ** 20
  }
  const heaps = [20_000, 40_000, 60_000, 80_000, 100_000].map(heapAfter)
  expect(stage.screen()).toContain('message 100000')
  expect(heaps.at(-1)! - heaps[0]!, heaps.join()).toBeLessThan(3)
}, 30_000)

test('every size from 60 × 16 up: full, no row too wide, and the input in sight', async () => {
  const wide = ['漢字'.repeat(40), '👩‍👩‍👧‍👦'.repeat(30), 'שלום '.repeat(30), 'e\u0301'.repeat(90)]
  stage.client.addRoom(
    statusOf(LOBBY, { topic: wide[0]! }),
    wide.map((text, index) => messageOf(index + 1, `nick${wide[index]!}`.slice(0, 20), text)),
  )
  await stage.start()
  await stage.sees('漢字')
  stage.type('/not a command 漢字', ENTER)
  for (let columns = 60; columns <= 300; columns += 7)
    for (const rows of [16, 24, 50, 100]) {
      stage.face.update({ size: { columns, rows } })
      const { main, side, mainWidth, sideWidth, cursor } = stage.face.screen()
      expect(main).toHaveLength(rows)
      expect(mainWidth + (sideWidth === 0 ? 0 : sideWidth + 1)).toBe(columns)
      for (const one of main) expect(rowWidth(one)).toBeLessThanOrEqual(mainWidth)
      for (const one of side) expect(rowWidth(one)).toBeLessThanOrEqual(sideWidth)
      expect(cursor.x).toBeLessThan(columns)
      expect(cursor.y).toBeLessThan(rows)
      expect(stage.screen().split('\n').at(-1)).toMatch(/lobby› \/not a command 漢字$/)
    }
})
