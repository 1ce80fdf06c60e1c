import { expect, test } from 'vitest'

import type { AboutMessage } from '../core/amended.ts'
import type { MessageView } from '../node/api.ts'
import { saidOf } from './said.ts'
import { messageOf, Story, who } from './scene.suite.ts'

const first = messageOf(1, 'bob', 'the metting is at ten')
const about: AboutMessage = { id: first.id, author: first.author, position: 1, text: first.text }
const by = (
  position: number,
  kind: NonNullable<MessageView['kind']>,
  text: string,
  author = 'bob',
  more: Partial<MessageView> = {},
): MessageView => messageOf(position, author, text, { kind, about, ...more })

const wordsOf = (story: Story): readonly string[] =>
  story.network().timeline.messages.map((message) => saidOf(message).text)

test('what comes in changes what is shown already', () => {
  const story = new Story().streams([
    first,
    by(2, 'reply', 'where?', 'alice'),
    by(3, 'edit', 'the meeting is at ten'),
    by(4, 'reaction', '👍', 'alice'),
    by(5, 'reaction', '👍', 'carol'),
    by(6, 'reaction', '🎉', 'dave'),
  ])
  const [message, reply] = story.network().timeline.messages.map(saidOf)
  expect(message).toEqual({
    kind: 'text',
    text: 'the meeting is at ten',
    quote: null,
    isEdited: true,
    reactions: '👍 2  🎉',
  })
  expect(reply).toMatchObject({ text: 'where?', quote: '↪ bob: the meeting is at ten' })
  story.streams([by(7, 'reaction', '', 'carol'), by(8, 'delete', '', 'bob', { storedBy: 1 })])
  expect(wordsOf(story)).toEqual([
    'bob took this back (asked 1/2 to hide it)',
    'where?',
    'bob edited #1',
    'alice 👍 to #1',
    'carol 👍 to #1',
    'dave 🎉 to #1',
    'carol took back the reaction to #1',
    'bob took back #1 (asked 1/2 to hide it)',
  ])
  // Once all have stored it, all were asked.
  story.streams([by(8, 'delete', '', 'bob')])
  expect(wordsOf(story)[0]).toBe('bob took this back (asked 2/2 to hide it)')
})

test('an old reaction that is told again does not undo a newer one', () => {
  const old = by(2, 'reaction', '👍', 'alice')
  const story = new Story().streams([first, old, by(3, 'reaction', '🎉', 'alice'), old])
  expect(saidOf(story.network().timeline.messages[0]!).reactions).toBe('🎉')
})

test('what nobody may, and what nobody knows, changes nothing and is said to be so', () => {
  const story = new Story().streams([
    first,
    by(2, 'edit', 'lies', 'mallory', { void: true }),
    messageOf(3, 'bob', '???', { kind: 'other' }),
  ])
  expect(wordsOf(story)).toEqual([
    'the metting is at ten',
    'mallory wanted to change #1, which is not theirs',
    'bob said something that this version cannot show',
  ])
})

test('a reply calls whom it answers, and an edit nobody', () => {
  const own: AboutMessage = { ...about, author: who('alice') }
  const story = new Story().happens({ kind: 'focus', isFocused: false })
  story.streams([
    messageOf(1, 'alice', 'hm'),
    by(2, 'reply', 'yes', 'bob', { about: own }),
    by(3, 'edit', 'alice!', 'bob'),
  ])
  expect(story.network().mentions).toEqual([2])
})

test('nothing that others write moves a cursor', () => {
  const evil = '\u001b[2Jx\u202e'
  const texts = [
    by(2, 'reaction', evil),
    by(3, 'edit', evil),
    by(4, 'reply', evil, 'bob', { about: { ...about, text: evil } }),
    messageOf(5, 'bob', evil, { reactions: [{ text: evil, by: [who('bob')] }] }),
  ].flatMap((one) => [saidOf(one).text, saidOf(one).quote ?? '', saidOf(one).reactions])
  for (const char of ['\u001b', '\u202e']) expect(texts.join('')).not.toContain(char)
})
