/** The port, before anything that arrives there is understood. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'

import { Identity } from '../crypto/identity.ts'
import { dialLink } from './dial-link.ts'
import type { RpcServer } from './http-server.ts'
import { client, echo, outcomeOf, serve } from './test-server.suite.ts'
import { tlsSecurity } from './tls-security.ts'

const secure = () => tlsSecurity(Identity.generate().tlsPair())

const knock = (server: RpcServer, bytes: Uint8Array | null = null): Socket => {
  const socket = connect(Number(server.listen.split(':').at(-1)))
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  if (bytes !== null) socket.write(bytes)
  return socket
}

const gone = async (socket: Socket): Promise<void> => {
  socket.resume()
  if (!socket.closed) await once(socket, 'close')
}

test('whoever says nothing, or half a greeting, is not waited for', async () => {
  const server = await serve({
    security: secure(),
    door: { firstByteMs: 60 },
    handshakeTimeoutMs: 60,
  })
  await gone(knock(server))
  expect(server.counters).toMatchObject({ mute: 1, handshake: 0 })
  await gone(knock(server, Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)))
  expect(server.counters).toMatchObject({ mute: 1, handshake: 1 })
})

test('one address has so many connections, then others still get in', async () => {
  const server = await serve({ door: { maxPerAddress: 3 } })
  const held = [knock(server), knock(server), knock(server)]
  await Promise.all(held.map((socket) => once(socket, 'connect')))
  await gone(knock(server))
  expect(server.counters.crowded).toBe(1)
  held[0]?.destroy()
  await expect
    .poll(() => outcomeOf(client().callMethod(server.url, echo, { text: 'x' })))
    .toBe('no error')
})

test('connections that come faster than allowed are cut before a handshake', async () => {
  const server = await serve({ security: secure(), door: { burst: 5, perSecond: 0.001 } })
  const sockets = Array.from({ length: 8 }, () => knock(server))
  // Which of them came first is not for the dialler to say.
  const left = new Set(sockets)
  const leave = async (socket: (typeof sockets)[number]): Promise<unknown> => {
    await gone(socket)
    return left.delete(socket)
  }
  const leaving = new Set(sockets.map((socket) => ({ socket, left: leave(socket) })))
  while (left.size > 5) {
    await Promise.race([...leaving].filter(({ socket }) => left.has(socket)).map((one) => one.left))
  }
  expect(server.counters).toMatchObject({ hurried: 3, handshake: 0 })
})

test('calls of a key, and of whoever has none, are answered so many times a second', async () => {
  const few = { burst: 3, perSecond: 0.001, maxKeys: 10 }
  const server = await serve({ security: secure(), calls: few, strangersCalls: few })
  const [alice, carol] = [client({ security: secure() }), client({ security: secure() })]
  const call = (caller = alice) => outcomeOf(caller.callMethod(server.url, echo, { text: 'x' }))
  const outcomes: unknown[] = []
  for (let count = 0; count < 5; count += 1) outcomes.push(await call())
  expect(outcomes).toEqual([...Array(3).fill('no error'), 'RATE_LIMITED', 'RATE_LIMITED'])
  expect(await call(carol)).toBe('no error')
})

test('a key has so many links', async () => {
  const [bob, alice, carol] = [secure(), secure(), secure()]
  const server = await serve({ security: bob, onLink: (link) => link.onFrame(() => null) })
  const dial = async (security = alice) => {
    const link = await dialLink(server.listen, { security })
    onTestFinished(() => link.destroy())
    return link
  }
  const links = await Promise.all(Array.from({ length: 16 }, () => dial()))
  expect(await outcomeOf(dial())).toBe('BAD_ANSWER')
  await dial(carol)
  links[0]?.close()
  await expect.poll(() => server.linkCount).toBe(16)
  await dial()
})

test('pings whose answers nobody reads do not fill the memory', async () => {
  const buffered: number[] = []
  const server = await serve({
    onLink: (link) => {
      link.onFrame(() => buffered.push(link.bufferedBytes))
    },
    link: { maxBufferedBytes: 4_096 },
  })
  const socket = new WebSocket(`ws://${server.listen}/rpc`, { perMessageDeflate: false })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.pause()
  const payload = Buffer.alloc(125)
  // More than the buffers of this machine hold, so that answers have nowhere to go.
  for (let count = 0; count < 120_000; count += 1) socket.ping(payload)
  socket.send('{"jsonrpc":"2.0","method":"x"}')
  await expect.poll(() => buffered.length, { timeout: 10_000 }).toBe(1)
  expect(buffered[0]).toBeLessThan(8_192)
})
