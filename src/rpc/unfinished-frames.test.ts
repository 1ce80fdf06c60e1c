import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'

import { expect, onTestFinished, test } from 'vitest'

import { client, echo, serve } from './test-server.suite.ts'
import { UnfinishedFrames, type Unfinished } from './unfinished-frames.ts'

class Link implements Unfinished {
  unfinishedBytes = 0
  frames = 0
  accused: string | null = null
  accuse(text: string): void {
    this.accused = text
  }
}

test('a frame that never ends, ends its link; one that is followed by others does not', () => {
  const watch = new UnfinishedFrames({ maxBytes: 1_000, maxMs: 100 })
  const [slow, busy, idle] = [new Link(), new Link(), new Link()]
  slow.unfinishedBytes = 10
  busy.unfinishedBytes = 10
  for (let now = 0; now <= 300; now += 50) {
    busy.frames += 1
    slow.unfinishedBytes += 1
    watch.look([slow, busy, idle], now)
  }
  expect([slow.accused, busy.accused, idle.accused]).toEqual(['a frame took too long', null, null])
})

test('where all hold too much, the largest go', () => {
  const watch = new UnfinishedFrames({ maxBytes: 1_000, maxMs: 100 })
  const links = [300, 700, 100, 600].map((bytes) => {
    const link = new Link()
    link.unfinishedBytes = bytes
    return link
  })
  watch.look(links, 0)
  expect(links.map(({ accused }) => accused !== null)).toEqual([false, true, false, false])
  expect(watch.cut).toBe(1)
})

/** Opens a link by hand and begins a frame of a megabyte that never ends. */
const beginFrame = async (listen: string, bytes: number) => {
  const socket = connect(Number(listen.split(':').at(-1)))
  onTestFinished(() => void socket.destroy())
  const key = randomBytes(16).toString('base64')
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
  socket.write(`GET /rpc HTTP/1.1\r\nHost: x\r\n${upgrade}\r\nSec-WebSocket-Key: ${key}\r\n\r\n`)
  await once(socket, 'data')
  // RFC 6455, section 5.2: a whole text, masked, with a length of eight bytes.
  const head = Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0xff, 0xff, 0, 0, 0, 0])
  socket.write(Buffer.concat([head, Buffer.alloc(bytes)]))
  return socket
}

test('halves of large frames do not fill the memory, and others are served', async () => {
  const server = await serve({ unfinished: { maxBytes: 2_000_000, maxMs: 10_000 } })
  const sockets = await Promise.all(
    Array.from({ length: 5 }, () => beginFrame(server.listen, 600_000)),
  )
  await expect.poll(() => sockets.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(3)
  expect(await client().callMethod(server.url, echo, { text: 'x' })).toEqual({ text: 'x' })
})
