import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { MessageView } from '../node/api.ts'
import { PAGE, WINDOW_MAX } from './model.ts'
import { LOBBY, messageOf, messagesOf, statusOf, Story } from './scene.suite.ts'
import { isAtEnd } from './timeline.ts'
import { pageWanted } from './wants.ts'

/** The disk: carries out what is wanted until nothing is. Returns how many pages that took. */
const satisfy = (story: Story, history: readonly MessageView[]): number => {
  for (let pages = 0; pages < 50; pages += 1) {
    const want = pageWanted(story.network())
    if (want === null) return pages
    story.happens({ kind: 'page-asked', network: LOBBY, want })
    const messages = history.slice(want.from - 1, want.from - 1 + want.limit)
    story.happens({ kind: 'page', network: LOBBY, want, messages })
  }
  throw new Error('pages are wanted without an end')
}

const expectWindow = (story: Story): void => {
  const positions = story.positions()
  const [first = 0] = positions
  expect(positions).toEqual(positions.map((_, index) => first + index))
  expect(positions.length).toBeLessThanOrEqual(WINDOW_MAX)
}

const opened = (count: number): { story: Story; history: readonly MessageView[] } => {
  const history = messagesOf(1, count)
  const story = new Story([statusOf(LOBBY, { count })])
  story.streams(history.slice(-PAGE))
  return { story, history }
}

test('a hundred thousand messages go by: the window stays small', () => {
  const story = new Story()
  for (let from = 1; from < 100_000; from += 500) story.streams(messagesOf(from, from + 499))
  expectWindow(story)
  expect(story.positions().at(-1)).toBe(100_000)
  expect(story.network().readUpTo).toBe(100_000)
})

test('somebody scrolls from the end to the beginning of ten thousand, and back down', () => {
  const { story, history } = opened(10_000)
  satisfy(story, history)
  for (let position = 10_000; position >= 1; position -= 40) {
    story.happens({ kind: 'scroll', scroll: { kind: 'at', position, line: 0 } })
    story.happens({ kind: 'shown', topPosition: Math.max(1, position - 30) })
    satisfy(story, history)
    expectWindow(story)
    expect(story.positions()).toContain(position)
  }
  expect(story.positions()[0]).toBe(1)
  for (let position = 1; position < 10_000; position += 40) {
    story.happens({ kind: 'scroll', scroll: { kind: 'at', position, line: 0 } })
    satisfy(story, history)
    expect(story.positions()).toContain(Math.min(10_000, position + 40))
  }
  story.happens({ kind: 'scroll', scroll: { kind: 'end' } })
  satisfy(story, history)
  expect(isAtEnd(story.network().timeline)).toBe(true)
})

test('a jump to the middle needs one page for its place, and the end one to come back', () => {
  const { story, history } = opened(10_000)
  story.happens({ kind: 'jump', position: 5_000 }, { kind: 'shown', topPosition: 4_990 })
  expect(satisfy(story, history)).toBeLessThanOrEqual(3)
  expect(story.positions()).toContain(5_000)
  story.streams([messageOf(10_001)])
  expect(story.positions()).not.toContain(10_001)
  story.happens({ kind: 'scroll', scroll: { kind: 'end' } }, { kind: 'shown', topPosition: 9_990 })
  satisfy(story, [...history, messageOf(10_001)])
  expect(story.positions().at(-1)).toBe(10_001)
})

test('a place that is not there any more: the end is shown', () => {
  const { story } = opened(300)
  story.happens({ kind: 'jump', position: 50 })
  const want = { from: 1, limit: PAGE }
  story.happens({ kind: 'page-asked', network: LOBBY, want })
  story.happens({ kind: 'page', network: LOBBY, want, messages: [] })
  expect(story.network().scroll).toEqual({ kind: 'end' })
  expect(pageWanted(story.network())).toBeNull()
})

test('messages as long as they may be do not make it fetch without an end', () => {
  const long = 'x'.repeat(65_536)
  const history = messagesOf(1, 2_000).map((message) => ({ ...message, text: long }))
  const story = new Story([statusOf(LOBBY, { count: 2_000 })])
  story.streams(history.slice(-PAGE))
  satisfy(story, history)
  expect(isAtEnd(story.network().timeline)).toBe(true)
  story.happens({ kind: 'jump', position: 700 })
  satisfy(story, history)
  expect(story.positions()).toContain(700)
  expect(story.positions().length).toBeLessThan(600)
})

test('whoever reads further up gathers no more than a window', () => {
  const story = new Story()
  story.streams(messagesOf(1, 600))
  story.happens({ kind: 'scroll', scroll: { kind: 'at', position: 300, line: 0 } })
  for (let from = 601; from < 5_000; from += 100) story.streams(messagesOf(from, from + 99))
  expectWindow(story)
  expect(story.positions()).toContain(300)
  expect(story.network().timeline.newest).toBe(5_000)
})

/** What people and the group do, as steps of a random walk over a history. */
type Step =
  | { readonly kind: 'arrive'; readonly count: number }
  | { readonly kind: 'scroll'; readonly position: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'insert'; readonly at: number; readonly count: number }
  | { readonly kind: 'clear' }

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('arrive' as const), count: fc.integer({ min: 1, max: 400 }) }),
  fc.record({ kind: fc.constant('scroll' as const), position: fc.nat(3_000) }),
  fc.record({ kind: fc.constant('end' as const) }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(3_000),
    count: fc.integer({ min: 1, max: 50 }),
  }),
  fc.record({ kind: fc.constant('clear' as const) }),
)

const take = (story: Story, history: MessageView[], step: Step): MessageView[] => {
  const count = history.length
  switch (step.kind) {
    case 'arrive': {
      const added = messagesOf(count + 1, count + step.count)
      story.streams(added)
      return [...history, ...added]
    }
    case 'scroll':
      if (count > 0) story.happens({ kind: 'jump', position: 1 + (step.position % count) })
      return history
    case 'end':
      story.happens({ kind: 'scroll', scroll: { kind: 'end' } })
      return history
    case 'clear':
      story.happens({ kind: 'clear' })
      return history
    case 'insert': {
      // A merge that moves ours: the stream says from where on, and sends it again.
      const from = 1 + (step.at % (count + 1))
      const block = Array.from({ length: step.count }, (_, index) =>
        messageOf(from + index, 'dana', `dana ${count} ${index}`),
      )
      const moved = history
        .slice(from - 1)
        .map((message) => ({ ...message, position: message.position + step.count }))
      const merge = {
        event: 'merge',
        network: LOBBY,
        authors: [],
        fromPosition: from,
        toPosition: from + step.count - 1,
        moved: true,
      } as const
      story.streams([merge, ...block, ...moved])
      return [...history.slice(0, from - 1), ...block, ...moved]
    }
  }
}

test('whatever happens, the window is a true and gap-free piece of the history', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 12 }), (walk) => {
      const story = new Story()
      let history: MessageView[] = []
      for (const step of walk) {
        history = take(story, history, step)
        satisfy(story, history)
        const { messages, newest } = story.network().timeline
        const [first] = messages
        const from = (first?.position ?? 1) - 1
        const ids = history.slice(from, from + messages.length).map(({ id }) => id)
        expect(messages.map(({ id }) => id)).toEqual(ids)
        expect(messages.length).toBeLessThanOrEqual(WINDOW_MAX)
        expect(newest).toBe(history.length)
        const { scroll } = story.network()
        if (scroll.kind === 'at') expect(story.positions()).toContain(scroll.position)
      }
    }),
    { numRuns: 150 },
  )
})
