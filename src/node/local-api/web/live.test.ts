import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import type { GroupId, MessageId, NodeId } from '../../../core/ids.ts'
import type { MessageView, NodeStatus } from '../../api.ts'
import { FakeNode } from '../fake-node.suite.ts'
import { streamLimits } from '../message-stream.ts'
import { startLocalApi, type LocalApi } from '../server.ts'
import { ask, Kept, newCookie, Page, type Frame } from './browser.suite.ts'

const network = 'G'.repeat(43) as GroupId
const bob = { id: 'N'.repeat(43) as NodeId, name: 'bob' }

let folder: string
let node: FakeNode
let api: LocalApi
let headers: { cookie: string; origin: string }

const live = {
  maxPerSession: 3,
  maxRunning: 8,
  maxFeeds: 2,
  statusEveryMs: 10,
  pingEveryMs: 20_000,
}

const start = async (more: object = {}): Promise<void> => {
  api = await startLocalApi({ node, dataDir: folder, live, ...more })
  headers = { cookie: await newCookie(api), origin: new URL(api.info.web).origin }
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-live-'))
  node = new FakeNode()
  await start()
})

afterEach(async () => {
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})

const open = (): Promise<Page> => Page.open(api.info.web, headers)

/** A page that keeps what it is sent. */
const follow = async (
  params: object = {},
  kept = new Kept(),
): Promise<{ page: Page; kept: Kept }> => {
  const page = await open()
  page.onFrame = (frame) => kept.take(frame)
  expect(await page.call('subscribe', { network, ...params })).toMatchObject({
    result: { ok: true },
  })
  return { page, kept }
}

const textsOf = (messages: readonly MessageView[]): readonly string[] =>
  messages.map(({ text }) => text)

const codeOf = ({ error }: Frame): string | undefined => error?.data.code

describe('who is let in', () => {
  test.each([
    ['no cookie', { cookie: '' }, 401],
    ['another session', { cookie: 'parley_session_1=x' }, 401],
    ['a page of another site', { origin: 'http://evil.example' }, 403],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['a page of no site', { origin: 'null' }, 403],
    ['a program that is no browser', { origin: '' }, 403],
    ['a name that was bent to point here', { host: 'evil.example' }, 403],
    ['a site that says so itself', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('%s is not', async (_, wrong, status) => {
    await expect(Page.open(api.info.web, { ...headers, ...wrong })).rejects.toThrow(
      `HTTP ${status}`,
    )
  })

  test('other paths are not', async () => {
    const elsewhere = Page.open(`${api.info.web}else/`, headers)
    await expect(elsewhere).rejects.toThrow('HTTP 404')
  })

  test('only so many pages of one session are', async () => {
    const pages = [await open(), await open(), await open()]
    await expect(open()).rejects.toThrow('HTTP 503')
    pages[0]?.close()
    await vi.waitFor(async () => (await open()).close())
  })

  test('a session that ends takes its pages with it', async () => {
    const page = await open()
    await ask(api.info.web, { method: 'DELETE', path: '/session', headers })
    expect(await page.closed).toBe(4001)
    await expect(open()).rejects.toThrow('HTTP 401')
  })
})

describe('calls', () => {
  test('are those of the local API, and nothing that is for commands alone', async () => {
    const page = await open()
    const sent = await page.call('send', { network, text: 'hello', wait: 'all' })
    expect(sent.result).toMatchObject({ message: { position: 1 } })
    expect((await page.call('status')).result).toMatchObject({ networks: [{ count: 1 }] })
    expect(codeOf(await page.call('members', { network: 'nowhere' }))).toBe('NETWORK_NOT_FOUND')
    expect(codeOf(await page.call('web_link'))).toBe('METHOD_NOT_FOUND')
    expect(codeOf(await page.call('subscribe', { network, last: -1 }))).toBe('INVALID_PARAMS')
  })

  test('one that is repeated, also over a new connection, is carried out once', async () => {
    const params = { network, text: 'once' }
    const first = await open()
    const answered = await first.call('send', params, 'page1:1')
    first.close()
    const second = await open()
    expect(await second.call('send', params, 'page1:1')).toEqual(answered)
    // Another page counts from one too.
    await second.call('send', { network, text: 'twice' }, 'page2:1')
    expect(textsOf(node.messages)).toEqual(['once', 'twice'])
    const refused = await second.call('create', { name: 'taken' }, 'page1:2')
    expect(await second.call('create', { name: 'taken' }, 'page1:2')).toEqual(refused)
  })

  test('one whose connection broke before the answer is answered on the next', async () => {
    const answers: (() => void)[] = []
    node.send = async (_, text) => {
      await new Promise<void>((resolve) => answers.push(resolve))
      const { id, position, clock, storedBy, of, missing } = node.deliver(text)
      return { id, position, clock, storedBy, of, missing }
    }
    const first = await open()
    void first.call('send', { network, text: 'slow' }, 'p:1').catch(() => {})
    await vi.waitFor(() => expect(answers).toHaveLength(1))
    first.close()
    const second = await open()
    const again = second.call('send', { network, text: 'slow' }, 'p:1')
    await second.call('status')
    answers[0]?.()
    expect((await again).result).toMatchObject({ message: { position: 1 } })
    expect(answers).toHaveLength(1)
  })

  test('so many at once and no more; what is no call is answered or cut off', async () => {
    node.send = () => new Promise(() => {})
    const page = await open()
    for (let count = 0; count < live.maxRunning; count += 1) {
      void page.call('send', { network, text: 'x' }).catch(() => {})
    }
    expect(codeOf(await page.call('status'))).toBe('BUSY')
    const other = await open()
    const answer = other.next(({ error }) => error !== undefined)
    other.socket.send('{"jsonrpc"')
    expect(codeOf(await answer)).toBe('PARSE_ERROR')
    other.socket.send(Buffer.of(0, 1, 2), { binary: true })
    expect(await other.closed).toBe(1008)
    const third = await open()
    third.socket.send('x'.repeat(1_100_000))
    expect(await third.closed).toBe(1009)
  })
})

describe('how things are', () => {
  test('is told at the beginning, and when it has changed', async () => {
    const page = await open()
    const counts = (): unknown[] =>
      page.frames
        .filter(({ method }) => method === 'status')
        .map(({ params }) => (params as unknown as NodeStatus).networks[0]?.count)
    await vi.waitFor(() => expect(counts()).toEqual([0]))
    node.deliver('one')
    node.deliver('two')
    await vi.waitFor(() => expect(counts().at(-1)).toBe(2))
    const told = counts().length
    node.tell({ event: 'recovered', network })
    await page.call('status')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(counts()).toHaveLength(told)
  })

  test('the node says goodbye', async () => {
    const page = await open()
    const closing = api.close()
    expect(await page.closed).toBe(1001)
    expect(page.frames.at(-1)?.method).toBe('goodbye')
    await closing
  })

  test('a page that gives no sign of life is dropped', async () => {
    await api.close()
    await start({ live: { ...live, maxPerSession: 2, pingEveryMs: 20 } })
    const alive = await open()
    const asleep = await open()
    asleep.socket.pause()
    // Dropped: there is room for others, though nobody said goodbye.
    await vi.waitFor(async () => (await open()).close())
    expect(alive.socket.readyState).toBe(alive.socket.OPEN)
    asleep.close()
  })
})

describe('following a network', () => {
  test('begins with the newest messages and goes on, events among them', async () => {
    for (let count = 1; count <= 300; count += 1) node.deliver(`text ${count}`)
    const { kept } = await follow({ last: 3 })
    node.tell({ event: 'stored', network, upTo: 300 })
    node.deliver('text 301')
    await vi.waitFor(() => expect(kept.messages).toHaveLength(4))
    expect(kept.begins).toEqual([false])
    expect(textsOf(kept.messages)).toEqual(['text 298', 'text 299', 'text 300', 'text 301'])
    expect(kept.events).toEqual(['stored'])
  })

  test('goes on after the last message of the page, and says who stored it', async () => {
    node.deliver('one')
    node.deliver('two')
    const { page, kept } = await follow()
    await vi.waitFor(() => expect(kept.messages).toHaveLength(2))
    page.close()
    node.deliver('three')
    await follow({ after: kept.place }, kept)
    await vi.waitFor(() => expect(kept.messages).toHaveLength(3))
    expect(kept.begins).toEqual([false, true])
    expect(kept.events).toEqual(['stored'])
  })

  test('begins anew if another message stands there now', async () => {
    node.deliver('one')
    const after = { position: 1, id: 'other' }
    const { kept } = await follow({ after, last: 5 })
    await vi.waitFor(() => expect(textsOf(kept.messages)).toEqual(['one']))
    expect(kept.begins).toEqual([false])
    const beyond = await follow({ after: { position: 9, id: 'm9' } })
    await vi.waitFor(() => expect(textsOf(beyond.kept.messages)).toEqual(['one']))
  })

  test('ends when asked to, and a second time replaces the first', async () => {
    const { page, kept } = await follow()
    await page.call('subscribe', { network })
    expect(kept.begins).toEqual([false, false])
    expect(node.listenerCount).toBe(2)
    node.deliver('one')
    await vi.waitFor(() => expect(textsOf(kept.messages)).toEqual(['one']))
    expect(await page.call('unsubscribe', { network })).toMatchObject({ result: { ok: true } })
    expect(node.listenerCount).toBe(1)
    page.close()
  })

  test('large lines come in frames of bounded size', async () => {
    for (let count = 0; count < 20; count += 1) node.deliver(`${count} ${'x'.repeat(60_000)}`)
    const { page, kept } = await follow()
    await vi.waitFor(() => expect(kept.messages).toHaveLength(20))
    const sizes = page.frames.map((frame) => JSON.stringify(frame).length)
    expect(Math.max(...sizes)).toBeLessThan(200_000)
  })

  test('a page that does not read is waited for, then told and not sent more', async () => {
    await api.close()
    await start({ stream: { ...streamLimits, patienceMs: 50, graceMs: 50 } })
    for (let count = 0; count < 400; count += 1) node.deliver('x'.repeat(60_000))
    const { page, kept } = await follow({ last: 400 })
    page.socket.pause()
    const listeners = node.listenerCount
    await vi.waitFor(() => expect(node.listenerCount).toBe(listeners - 1))
    page.socket.resume()
    await vi.waitFor(() => expect(kept.events.at(-1)).toBe('end'))
    expect(kept.messages.length).toBeLessThan(400)
    // It goes on from there.
    const after = kept.place
    await page.call('subscribe', { network, after, last: 400 })
    await vi.waitFor(() => expect(kept.messages).toHaveLength(400))
  })
})

/** Puts what another side said before the own messages from `position` on. */
const mergeAt = (position: number, texts: readonly string[]): void => {
  const at = Math.min(position, node.messages.length + 1)
  const before = node.messages.slice(0, at - 1)
  const own = node.messages.slice(at - 1)
  const [some] = node.messages
  if (some === undefined) return
  const others = texts.map((text): MessageView => ({ ...some, id: `o${text}` as MessageId, text }))
  const all = [...before, ...others, ...own]
  node.messages.splice(0, node.messages.length)
  node.messages.push(...all.map((message, index) => ({ ...message, position: index + 1 })))
  node.tell({
    event: 'merge',
    network,
    authors: [bob],
    fromPosition: at,
    toPosition: at + texts.length - 1,
    moved: true,
  })
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('say' as const), count: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('merge' as const),
      at: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const), after: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'sleep' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'wake' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'return' as const }) },
)

test('whatever happens in whatever order, a page that is back has everything once', async () => {
  let said = 0
  const say = (count: number): void => {
    for (let left = count; left > 0; left -= 1) node.deliver(`text ${(said += 1)}`)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      node.messages.splice(0)
      say(3)
      const kept = new Kept()
      const pages: Page[] = []
      const back = async (): Promise<void> => {
        if (pages.length > 0) return
        const after = kept.place
        const params = { last: 10_000, ...(after === undefined ? {} : { after }) }
        pages.push((await follow(params, kept)).page)
      }
      const cut = async (turns: number): Promise<void> => {
        for (let left = turns; left > 0; left -= 1) {
          await new Promise((resolve) => setImmediate(resolve))
        }
        for (const page of pages.splice(0)) {
          page.onFrame = () => {}
          page.close()
        }
      }
      await back()
      for (const one of steps) {
        if (one.kind === 'say') say(one.count)
        else if (one.kind === 'merge') mergeAt(one.at, [`other ${(said += 1)}`])
        else if (one.kind === 'return') await back()
        else if (one.kind === 'sleep') pages[0]?.socket.pause()
        else if (one.kind === 'wake') pages[0]?.socket.resume()
        else await cut(one.after)
      }
      await back()
      pages[0]?.socket.resume()
      say(1)
      await vi.waitFor(() => expect(kept.messages.at(-1)?.text).toBe(`text ${said}`))
      expect(kept.messages.map(({ id, position }) => [position, id])).toEqual(
        node.messages.map(({ id, position }) => [position, id]),
      )
      await cut(0)
    }),
    { numRuns: 40 },
  )
})
