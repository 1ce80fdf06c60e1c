import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'

import { dialLink, type DialOptions } from './dial-link.ts'
import type { ReportFault } from './answer.ts'
import { ParleyError } from './errors.ts'
import { encodeFrame, type CloseReason, type FrameLink } from './frame-link.ts'
import type { RpcServerOptions } from './http-server.ts'
import { plainSecurity } from './security.ts'
import { outcomeOf, serve } from './test-server.suite.ts'

const dial = async (address: string, options: DialOptions = {}): Promise<FrameLink> => {
  const link = await dialLink(address, options)
  onTestFinished(() => link.destroy())
  return link
}

/** The two ends of one link. */
const pair = async (
  options: { near?: DialOptions; far?: Partial<RpcServerOptions> } = {},
): Promise<{ near: FrameLink; far: FrameLink; close: () => Promise<void> }> => {
  const accepted = Promise.withResolvers<FrameLink>()
  const server = await serve({ onLink: (link) => accepted.resolve(link), ...options.far })
  const near = await dial(server.listen, options.near)
  return { near, far: await accepted.promise, close: () => server.close() }
}

const closed = (link: FrameLink): Promise<CloseReason> =>
  new Promise((resolve) => link.onClose(resolve))

/** The next `count` frames that arrive. */
const frames = (link: FrameLink, count: number): Promise<unknown[]> =>
  new Promise((resolve) => {
    const seen: unknown[] = []
    link.onFrame((frame) => {
      seen.push(frame)
      if (seen.length === count) resolve([...seen])
    })
  })

test('both ends notify, in order, and one encoding serves many', async () => {
  const { near, far } = await pair()
  const atFar = frames(far, 3)
  const atNear = frames(near, 1)
  expect(near.send('a', { n: 1 })).toBe('sent')
  expect(near.sendText('{"jsonrpc":"2.0","method":"b"}')).toBe('sent')
  expect(near.sendText(encodeFrame('c', { n: 3 }))).toBe('sent')
  far.send('d', {})
  expect(await atFar).toMatchObject([
    { method: 'a', params: { n: 1 } },
    { method: 'b' },
    { method: 'c' },
  ])
  expect(await atNear).toMatchObject([{ kind: 'notification', method: 'd' }])
})

test('what arrives before anybody listens waits', async () => {
  const { near, far } = await pair()
  near.send('early', {})
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
  expect(await frames(far, 1)).toMatchObject([{ method: 'early' }])
})

test('both ends call, and errors keep their names', async () => {
  const { near, far } = await pair()
  far.onFrame(({ method }) => {
    if (method === 'fail') throw new ParleyError('BANNED')
    return { pong: method }
  })
  near.onFrame(async () => ({ from: 'near' }))
  expect(await near.call('ping', {})).toEqual({ pong: 'ping' })
  expect(await far.call('x', {})).toEqual({ from: 'near' })
  await expect(near.call('fail', {})).rejects.toMatchObject({ code: 'BANNED' })
})

test('without a taker of its own a link serves the method table', async () => {
  const server = await serve()
  const near = await dial(server.listen)
  expect(await near.call('echo', { text: 'x' })).toEqual({ text: 'x' })
  await expect(near.call('nope', {})).rejects.toMatchObject({ code: 'METHOD_NOT_FOUND' })
})

test('an answer that does not come ends in a timeout, one that comes late is dropped', async () => {
  const { near, far } = await pair()
  const late = Promise.withResolvers<unknown>()
  far.onFrame(() => late.promise)
  await expect(near.call('slow', {}, 5)).rejects.toMatchObject({ code: 'TIMEOUT' })
  late.resolve(1)
  far.onFrame(() => 'second')
  expect(await near.call('quick', {})).toBe('second')
})

test('a peer that does not read: the sender is told, and again when there is room', async () => {
  const { near, far } = await pair({ near: { maxBufferedBytes: 100_000 } })
  const packet = encodeFrame('bulk', { body: 'x'.repeat(60_000) })
  let sent = 0
  while (near.sendText(packet) === 'sent') sent += 1
  expect(near.bufferedBytes).toBeLessThanOrEqual(100_000)
  expect(near.isOpen).toBe(true)
  const drained = new Promise<void>((resolve) => near.onDrain(resolve))
  const arrived = frames(far, sent)
  await drained
  expect(near.send('again', {})).toBe('sent')
  expect(await arrived).toHaveLength(sent)
})

test('a frame over one mebibyte is never sent', async () => {
  const { near } = await pair()
  expect(near.sendText('x'.repeat(1024 * 1024 + 1))).toBe('full')
})

test('goodbye, cut and shutdown are told apart', async () => {
  const first = await pair()
  first.far.onFrame(() => {})
  first.near.close('bye')
  expect(await closed(first.far)).toMatchObject({ kind: 'goodbye', text: 'bye' })
  expect(await closed(first.near)).toMatchObject({ kind: 'local' })
  expect(first.near.send('x', {})).toBe('closed')
  const second = await pair()
  second.far.onFrame(() => {})
  second.near.destroy()
  expect(await closed(second.far)).toMatchObject({ kind: 'reset' })
  const third = await pair()
  third.near.onFrame(() => {})
  const pending = outcomeOf(third.near.call('x', {}))
  third.far.onFrame(() => new Promise(() => {}))
  await third.close()
  expect(await closed(third.near)).toMatchObject({ kind: 'goodbye' })
  expect(await pending).toBe('goodbye')
})

test('a peer that falls silent is found out', async () => {
  const { near } = await pair({ near: { pingEveryMs: 5, maxSilentPings: 2 } })
  // The far end has no taker, so it reads nothing and answers no ping.
  near.onFrame(() => {})
  expect(await closed(near)).toMatchObject({ kind: 'silent' })
})

test('too many calls at once are answered with BUSY, too many of our own refused', async () => {
  const { near, far } = await pair({ near: { maxPending: 3 }, far: { link: { maxRunning: 1 } } })
  const answers = Promise.withResolvers<unknown>()
  far.onFrame(() => answers.promise)
  const first = near.call('one', {})
  await expect(near.call('two', {})).rejects.toMatchObject({ code: 'BUSY' })
  const third = outcomeOf(near.call('three', {}))
  const fourth = outcomeOf(near.call('four', {}))
  expect(await outcomeOf(near.call('five', {}))).toBe('BUSY')
  expect(await Promise.all([third, fourth])).toEqual(['BUSY', 'BUSY'])
  answers.resolve(1)
  expect(await first).toBe(1)
})

test('a handler that throws hurts nobody and is reported', async () => {
  const onFault = vi.fn<ReportFault>()
  const { near, far } = await pair({ far: { onFault } })
  far.onFrame(({ method }) => {
    if (method === 'bad') throw new Error('bug')
    if (method === 'worse') return Promise.reject(new Error('late bug'))
    return 1
  })
  near.send('bad', {})
  near.send('worse', {})
  expect(await near.call('good', {})).toBe(1)
  expect(onFault.mock.calls).toEqual([
    ['bad', new Error('bug')],
    ['worse', new Error('late bug')],
  ])
})

test('garbage is answered with codes, and a link of nothing else is closed', async () => {
  const { near, far } = await pair()
  far.onFrame(() => {})
  near.onFrame(() => {})
  for (let i = 0; i < 20; i += 1) near.sendText(`garbage ${i}`)
  expect(await closed(far)).toMatchObject({ kind: 'abuse' })
  expect(await closed(near)).toMatchObject({ kind: 'abuse', code: 1008 })
})

test('a frame that is too large, or no text, closes the link of whoever sent it', async () => {
  const server = await serve()
  for (const frame of [Buffer.alloc(1024 * 1024 + 1, 'x'), '\u{1f600}'.repeat(300_000)]) {
    const raw = new WebSocket(`ws://${server.listen}/rpc`)
    await new Promise((resolve) => raw.once('open', resolve))
    raw.send(frame)
    const code = await new Promise((resolve) => raw.once('close', resolve))
    expect(code).toBe(1009)
  }
  expect((await dial(server.listen)).isOpen).toBe(true)
})

test('dialling tells refused, silent, wrong and given up apart', async () => {
  const gone = await serve()
  await gone.close()
  expect(await outcomeOf(dialLink(gone.listen))).toBe('refused')
  expect(await outcomeOf(dialLink('nonsense'))).toBe('USAGE')
  const { createServer } = await import('node:net')
  const mute = createServer((socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void mute.close())
  const address = `127.0.0.1:${(mute.address() as { port: number }).port}`
  expect(await outcomeOf(dialLink(address, { connectTimeoutMs: 20 }))).toBe('timeout')
  const wish = new AbortController()
  const dialling = outcomeOf(dialLink(address, { signal: wish.signal }))
  wish.abort()
  expect(await dialling).toBe('INTERRUPTED')
  mute.removeAllListeners('connection').on('connection', (socket) => socket.destroy())
  expect(await outcomeOf(dialLink(address))).toBe('reset')
  const strict = await serve({
    authorize: () => {
      throw new ParleyError('UNAUTHORIZED')
    },
  })
  expect(await outcomeOf(dialLink(strict.listen))).toBe('UNAUTHORIZED')
})

test('a security that knows the peers names them on both ends', async () => {
  const proof = { id: 'who', pin: '', isVouched: false }
  const security = { ...plainSecurity, proof: () => proof }
  const { near, far } = await pair({ near: { security }, far: { security } })
  expect([near.peer.id, far.peer.id]).toEqual(['who', 'who'])
  expect(near.peer.address).toMatch(/^127\.0\.0\.1:\d+$/)
})

test('whoever has spent too much is not read from for a while, and loses nothing', async () => {
  const { near, far } = await pair()
  let readAt = 0
  let held = 0
  far.meter(() => {
    held += 1
    return held === 1 ? 100 : 0
  })
  const all = new Promise<number>((resolve) => {
    far.onFrame(({ params }) => {
      if (held === 0) readAt = performance.now()
      if ((params as { n: number }).n === 1_999) resolve(performance.now() - readAt)
      return null
    })
  })
  // More than one reading of the connection brings.
  const pad = 'x'.repeat(500)
  for (let n = 0; n < 2_000; n += 1) {
    if (near.send('a', { n, pad }) === 'full') await new Promise<void>((go) => near.onDrain(go))
  }
  expect(await all).toBeGreaterThan(90)
  expect(held).toBe(2_000)
  expect(far.frames).toBe(2_000)
})

test('answers to pings are whole, and no beginnings of frames', async () => {
  const { near, far } = await pair({
    near: { pingEveryMs: 0 },
    far: { link: { pingEveryMs: 10 } },
  })
  near.onFrame(() => null)
  far.onFrame(() => null)
  await expect.poll(() => far.frames).toBeGreaterThan(2)
  expect(far.unfinishedBytes).toBe(0)
})
