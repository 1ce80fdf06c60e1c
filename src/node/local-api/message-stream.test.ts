import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import { describe, expect, test, vi } from 'vitest'

import type { GroupId, NodeId } from '../../core/ids.ts'
import { LocalClient } from './client.ts'
import { FakeNode } from './fake-node.suite.ts'
import { streamLimits, streamMessages } from './message-stream.ts'
import { startLocalApi } from './server.ts'
import type { StreamLine } from './types.ts'

const network = 'G'.repeat(43) as GroupId
const who = { id: 'N'.repeat(43) as NodeId, name: 'bob' }

const nodeWith = (count: number): FakeNode => {
  const node = new FakeNode()
  for (let index = 1; index <= count; index += 1) node.deliver(`text ${index}`)
  return node
}

/** What the reader got so far: positions, and names of events. */
const reading = (out: PassThrough): { readonly got: (number | string)[] } => {
  const got: (number | string)[] = []
  let rest = ''
  out.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const value = JSON.parse(line) as StreamLine
      got.push('event' in value ? value.event : value.position)
    }
  })
  return { got }
}

const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe('a stream of messages', () => {
  test('gives the whole history, page by page, and ends', async () => {
    const out = new PassThrough()
    const { got } = reading(out)
    const ended = new Promise((resolve) => out.once('end', resolve))
    streamMessages(nodeWith(1_000), { network }, out)
    await ended
    expect(got).toEqual(upTo(1, 1_000))
  })

  test('begins where it is asked to', () => {
    const from = new PassThrough()
    const last = new PassThrough()
    const none = new PassThrough()
    const [a, b, c] = [reading(from), reading(last), reading(none)]
    streamMessages(nodeWith(9), { network, from: 5 }, from)
    streamMessages(nodeWith(9), { network, last: 3 }, last)
    streamMessages(nodeWith(9), { network, last: 0 }, none)
    return vi.waitFor(() => {
      expect(a.got).toEqual(upTo(5, 9))
      expect(b.got).toEqual(upTo(7, 9))
      expect(c.got).toEqual([])
      expect(none.closed || none.readableEnded).toBe(true)
    })
  })

  test('follows, with events in their places between the messages', async () => {
    const node = nodeWith(2)
    const out = new PassThrough()
    const { got } = reading(out)
    const stream = streamMessages(node, { network, follow: true }, out)
    node.tell({ event: 'leader', network, leader: who, term: null })
    node.deliver('three')
    node.tell({ event: 'view', network, active: [who] })
    node.tell({ event: 'stored', network, upTo: 3 })
    node.tell({ event: 'view', network: 'other' as GroupId, active: [] })
    node.deliver('four')
    await vi.waitFor(() => expect(got).toEqual([1, 2, 'leader', 3, 'view', 4]))
    stream.close()
    expect(node.listenerCount).toBe(0)
  })

  test('repeats what a merge has moved, after saying so', async () => {
    const node = nodeWith(4)
    const out = new PassThrough()
    const { got } = reading(out)
    streamMessages(node, { network, follow: true }, out)
    await vi.waitFor(() => expect(got).toEqual([1, 2, 3, 4]))
    const merge = { event: 'merge', network, authors: [who], fromPosition: 3 } as const
    node.deliver('five')
    node.tell({ ...merge, toPosition: 5, moved: true })
    await vi.waitFor(() => expect(got).toEqual([1, 2, 3, 4, 'merge', 3, 4, 5]))
  })

  test('waits for a slow reader without holding what that one has not read', async () => {
    const node = nodeWith(5_000)
    const out = new PassThrough({ highWaterMark: 1_000 })
    streamMessages(node, { network, follow: true }, out)
    expect(out.readableLength + out.writableLength).toBeLessThan(100_000)
    const { got } = reading(out)
    await vi.waitFor(() => expect(got).toEqual(upTo(1, 5_000)))
  })

  test('cuts off a reader that takes nothing, and one for whom events pile up', async () => {
    const limits = { ...streamLimits, patienceMs: 20, maxEvents: 10, graceMs: 20 }
    const asleep = new PassThrough({ highWaterMark: 10 })
    streamMessages(nodeWith(500), { network, follow: true }, asleep, limits)
    await vi.waitFor(() => expect(asleep.destroyed).toBe(true))

    const node = nodeWith(500)
    const slow = new PassThrough({ highWaterMark: 10 })
    streamMessages(node, { network, follow: true }, slow, limits)
    for (let count = 0; count < 11; count += 1) node.tell({ event: 'recovered', network })
    expect(node.listenerCount).toBe(0)
    const { got } = reading(slow)
    await vi.waitFor(() => expect(got.at(-1)).toBe('end'))
  })
})

test('a stream over the socket ends with the node, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-stream-'))
  const node = nodeWith(3)
  const api = await startLocalApi({ node, dataDir: folder })
  const got: StreamLine[] = []
  const follow = async (): Promise<void> => {
    const client = new LocalClient(folder)
    for await (const line of client.messages({ network: 'lobby', follow: true })) got.push(line)
  }
  const following = follow()
  await vi.waitFor(() => expect(got.length).toBe(3))
  node.deliver('four')
  await vi.waitFor(() => expect(got.length).toBe(4))
  await Promise.all([expect(following).rejects.toMatchObject({ code: 'NO_NODE' }), api.close()])
  rmSync(folder, { recursive: true, force: true })
})

test('a finished stream over the socket just ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-stream-'))
  const api = await startLocalApi({ node: nodeWith(300), dataDir: folder })
  const texts: string[] = []
  for await (const line of new LocalClient(folder).messages({ network: 'lobby' })) {
    if (!('event' in line)) texts.push(line.text)
  }
  expect(texts.length).toBe(300)
  await api.close()
  rmSync(folder, { recursive: true, force: true })
})
