import { describe, expect, test } from 'vitest'

import { itemsOf } from './items.ts'
import { currentNetwork, unreadCount } from './model.ts'
import { LOBBY, memberOf, messageOf, messagesOf, OPS, statusOf, Story, who } from './scene.suite.ts'
import { neighbour, nextUnread } from './switching.ts'
import { wants } from './wants.ts'
import { happeningText, troubleText } from './words.ts'

const clock = (iso: string): string => iso.slice(11, 16)
const marksOf = (story: Story): readonly string[] =>
  story.network().timeline.marks.map(({ what }) => happeningText(what, clock))
const kindsOf = (story: Story): readonly string[] => {
  const network = currentNetwork(story.model)
  return network === null ? [] : itemsOf(story.model, network).map(({ kind }) => kind)
}

describe('messages that are written here', () => {
  test('a message waits, has its place, and is stored by both', () => {
    const story = new Story()
    story.happens({ kind: 'send', network: LOBBY, localId: 1, text: 'hello' })
    expect(story.network().pending).toMatchObject([{ state: 'handed-over', text: 'hello' }])
    const hello = messageOf(1, 'alice', 'hello', { storedBy: 1, missing: ['bob'] })
    story.happens({ kind: 'sent', network: LOBBY, localId: 1, id: hello.id })
    expect(story.network().pending).toMatchObject([{ state: 'queued', id: hello.id }])
    story.streams([hello])
    expect(story.network().pending).toEqual([])
    expect(story.network().timeline.messages).toMatchObject([{ storedBy: 1, missing: ['bob'] }])
    story.streams([{ event: 'stored', network: LOBBY, upTo: 1 }])
    expect(story.network().timeline.messages).toMatchObject([{ storedBy: 2, missing: [] }])
  })

  test('the message comes before the answer to it', () => {
    const story = new Story()
    const hello = messageOf(1, 'alice', 'hello')
    story.happens({ kind: 'send', network: LOBBY, localId: 1, text: 'hello' })
    story.streams([hello])
    story.happens({ kind: 'sent', network: LOBBY, localId: 1, id: hello.id })
    expect(story.network().pending).toEqual([])
  })

  test('what the group refuses stays visible as failed', () => {
    const story = new Story()
    story.happens({ kind: 'send', network: LOBBY, localId: 1, text: 'too long' })
    story.happens({ kind: 'send-failed', network: LOBBY, localId: 1, code: 'TOO_LARGE' })
    expect(kindsOf(story)).toEqual(['beginning', 'pending'])
    expect(story.network().pending).toMatchObject([{ state: 'failed', code: 'TOO_LARGE' }])
  })
})

describe('unread', () => {
  test('messages elsewhere count, and are read when somebody goes there', () => {
    const story = new Story([statusOf(LOBBY), statusOf(OPS)])
    story.streams([messageOf(1, 'bob', 'alice: look'), messageOf(2)], OPS)
    expect(unreadCount(story.network(OPS))).toBe(2)
    expect(story.network(OPS).mentions).toEqual([1])
    expect(nextUnread(story.model)).toBe(OPS)
    story.happens({ kind: 'open-network', network: OPS })
    expect(unreadCount(story.network(OPS))).toBe(0)
    expect(story.network(OPS)).toMatchObject({ mentions: [], unreadAfter: 0 })
    expect(kindsOf(story)).toEqual(['beginning', 'unread', 'message', 'message'])
    expect(wants(story.model)).toContainEqual({ kind: 'read', network: OPS, position: 2 })
    story.happens({ kind: 'read-told', network: OPS, position: 2 })
    expect(wants(story.model)).toEqual([])
    story.happens({ kind: 'open-network', network: LOBBY })
    expect(story.network(OPS).unreadAfter).toBeNull()
  })

  test('nothing is read while nobody looks, or while somebody reads further up', () => {
    const story = new Story()
    story.streams(messagesOf(1, 10))
    story.happens({ kind: 'focus', isFocused: false }).streams([messageOf(11)])
    expect(unreadCount(story.network())).toBe(1)
    story.happens({ kind: 'focus', isFocused: true })
    expect(unreadCount(story.network())).toBe(0)
    story.happens({ kind: 'scroll', scroll: { kind: 'at', position: 5, line: 0 } })
    story.streams([messageOf(12), messageOf(13)])
    expect(unreadCount(story.network())).toBe(2)
    expect(story.network().scroll).toEqual({ kind: 'at', position: 5, line: 0 })
    story.happens({ kind: 'scroll', scroll: { kind: 'end' } })
    expect(unreadCount(story.network())).toBe(0)
  })

  test('what was unread when the face was opened stands under the line', () => {
    const summary = { id: LOBBY, name: 'lobby', joined: true, leader: null, members: 2, unread: 3 }
    const story = new Story([])
    story.happens({ kind: 'offers', networks: [summary] })
    story.happens({ kind: 'status', networks: [statusOf(LOBBY, { count: 5 })] })
    story.streams(messagesOf(1, 5))
    expect(story.network().unreadAfter).toBe(2)
    expect(kindsOf(story).indexOf('unread')).toBe(3)
  })
})

describe('what happens to the group', () => {
  test('comings and goings between two messages are one line, a leader another', () => {
    const story = new Story()
    const view = (...names: string[]) =>
      ({ event: 'view', network: LOBBY, active: names.map(who) }) as const
    story.streams([
      messageOf(1),
      view('alice', 'bob', 'carol'),
      view('alice', 'bob', 'carol', 'dave'),
      view('alice', 'carol', 'dave'),
      { event: 'leader', network: LOBBY, leader: who('alice'), term: null },
      view('alice', 'dave'),
      messageOf(2),
    ])
    expect(marksOf(story)).toEqual(['→ dave came  ← bob went', '★ alice leads'])
    expect(story.network().members.find(({ leader }) => leader)?.name).toBe('alice')
    story.happens({
      kind: 'members',
      network: LOBBY,
      members: [memberOf('alice', 1, true), memberOf('dave', 3), memberOf('bob', null)],
    })
    expect(story.network().members.map(({ name }) => name)).toEqual(['alice', 'dave', 'bob'])
  })

  test('a split is shown until everybody is there again', () => {
    const story = new Story([statusOf(LOBBY, { active: 5, roster: 5 })])
    const since = '2026-01-02T14:02:00.000Z'
    const active = ['alice', 'bob'].map(who)
    story.streams([{ event: 'split', network: LOBBY, active, of: 5, since }])
    expect(troubleText(story.network(), clock)).toBe(
      'You are cut off with 2 of 5 since 14:02, still writable',
    )
    const all = ['alice', 'bob', 'c', 'd', 'e'].map(who)
    story.streams([{ event: 'view', network: LOBBY, active: all }])
    expect(troubleText(story.network(), clock)).toBeNull()
    expect(marksOf(story).at(-1)).toBe('everybody is there again')
  })

  test('the end of a split is told once, whoever tells it first', () => {
    const since = '2026-01-02T14:02:00.000Z'
    const active = ['alice', 'bob'].map(who)
    const split = { event: 'split', network: LOBBY, active, of: 3, since } as const
    const all = ['alice', 'bob', 'carol'].map(who)
    const view = { event: 'view', network: LOBBY, active: all } as const
    const status = { kind: 'status', networks: [statusOf(LOBBY)] } as const
    for (const isStatusFirst of [true, false]) {
      const story = new Story().streams([split])
      if (isStatusFirst) story.happens(status).streams([view])
      else story.streams([view]).happens(status)
      expect(story.network().split).toBeNull()
      expect(marksOf(story).filter((text) => text === 'everybody is there again')).toHaveLength(1)
    }
  })

  test('a merge puts messages in before ours: each is shown once, in its new place', () => {
    const story = new Story()
    const mine = [messageOf(3, 'alice', 'a'), messageOf(4, 'alice', 'b')]
    story.streams([...messagesOf(1, 2), ...mine])
    story.happens({ kind: 'scroll', scroll: { kind: 'at', position: 3, line: 0 } })
    const [a, b] = mine
    story.streams([
      {
        event: 'merge',
        network: LOBBY,
        authors: [who('dana')],
        fromPosition: 3,
        toPosition: 4,
        moved: true,
      },
      messageOf(3, 'dana', 'x'),
      messageOf(4, 'dana', 'y'),
      { ...a!, position: 5 },
      { ...b!, position: 6 },
    ])
    expect(story.network().timeline.messages.map(({ text }) => text)).toEqual([
      'message 1',
      'message 2',
      'x',
      'y',
      'a',
      'b',
    ])
    expect(story.network().scroll).toMatchObject({ position: 5 })
    expect(marksOf(story)).toEqual([
      'history re-joined: 2 messages from dana, #3–#4, put in before yours',
    ])
    expect(kindsOf(story).slice(-6)).toEqual([
      'unread',
      'message',
      'message',
      'mark',
      'message',
      'message',
    ])
  })

  test('what was missed while away is told', () => {
    const story = new Story()
    story.streams([
      ...messagesOf(1, 3),
      { event: 'caught-up', network: LOBBY, fromPosition: 2, toPosition: 3 },
    ])
    expect(marksOf(story)).toEqual(['you missed #2–#3: 2 messages, all here'])
  })

  test('a network that was left goes away, and the next one is shown', () => {
    const story = new Story([statusOf(LOBBY), statusOf(OPS)])
    story.happens({ kind: 'status', networks: [statusOf(LOBBY, { role: 'left' }), statusOf(OPS)] })
    expect(story.model.networks.map(({ id }) => id)).toEqual([OPS])
    expect(story.model.currentId).toBe(OPS)
    expect(neighbour(story.model, 1)).toBe(OPS)
    const before = story.model.networks
    expect(story.streams([messageOf(1)]).model.networks).toBe(before)
  })
})

describe('searching', () => {
  test('older results come before those that are there, the same one stays picked', () => {
    const story = new Story().streams(messagesOf(1, 30))
    story.happens({ kind: 'search', network: LOBBY, query: 'tea' })
    expect(wants(story.model)).toContainEqual({
      kind: 'search',
      network: LOBBY,
      query: 'tea',
      before: null,
    })
    const found = (from: number, to: number, hasMore: boolean) =>
      ({
        kind: 'search-results',
        query: 'tea',
        messages: messagesOf(from, to),
        hasMore,
      }) as const
    story.happens(found(11, 20, true))
    expect(story.model.search).toMatchObject({ selected: 9, isLoading: false })
    story.happens({ kind: 'search-select', selected: 0 }, found(1, 10, false))
    expect(story.model.search).toMatchObject({ selected: 10, hasMore: false })
    story.happens({ kind: 'jump', position: 11 })
    expect(story.model).toMatchObject({ search: null, overlay: null })
    expect(story.network()).toMatchObject({ selected: 11 })
  })

  test('results of another search come too late', () => {
    const story = new Story().happens({ kind: 'search', network: LOBBY, query: 'tea' })
    const before = story.model.search
    story.happens({ kind: 'search-results', query: 'te', messages: [messageOf(1)], hasMore: false })
    expect(story.model.search).toBe(before)
  })
})
