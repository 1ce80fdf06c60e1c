// The socket to the node: nothing is lost, and nothing is asked for twice.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { toParleyError } from '../../rpc/wire-error.ts'
import { Connection, type LinkState, type Socket } from './connection.ts'

class FakeSocket {
  readonly sent: string[] = []
  readyState = 1
  readonly #listeners = new Map<string, (event: unknown) => void>()

  addEventListener(name: string, listener: (event: unknown) => void): void {
    this.#listeners.set(name, listener)
  }

  send(text: string): void {
    this.sent.push(text)
  }

  close(): void {
    this.happen('close')
  }

  happen(name: string, event: unknown = {}): void {
    this.#listeners.get(name)?.(event)
  }

  get ids(): readonly string[] {
    return this.sent.map((text) => (JSON.parse(text) as { id: string }).id)
  }

  answer(id: string | undefined, outcome: object): void {
    this.happen('message', { data: JSON.stringify({ jsonrpc: '2.0', id, ...outcome }) })
  }
}

const sockets: FakeSocket[] = []
const states: LinkState[] = []
const notes: (readonly [string, unknown])[] = []
let known: () => Promise<boolean> = async () => Promise.resolve(true)

const open = (): Connection => {
  const connection = new Connection({
    connect: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket as Socket
    },
    isSignedIn: async () => known(),
    pageId: 'page',
    onState: (state) => states.push(state),
    onNote: (method, params) => notes.push([method, params]),
  })
  connection.open()
  return connection
}

const socket = (): FakeSocket => sockets.at(-1)!

/** What a call fails with; '' if it does not. */
const codeOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => '',
    (thrown: unknown) => toParleyError(thrown).code,
  )

beforeEach(() => {
  vi.useFakeTimers()
  for (const list of [sockets, states, notes]) list.length = 0
  known = async () => Promise.resolve(true)
})

afterEach(() => vi.useRealTimers())

describe('calls', () => {
  test('are answered by their ids, in whatever order', async () => {
    const connection = open()
    socket().happen('open')
    const first = connection.call('networks', {})
    const second = connection.call('leave', { network: 'lobby' })
    const [one, two] = socket().ids
    socket().answer(two, { result: { ok: true } })
    socket().answer(one, { result: { networks: [] } })
    expect(await second).toEqual({ ok: true })
    expect(await first).toEqual({ networks: [] })
  })

  test('fail with the error of the node', async () => {
    const connection = open()
    socket().happen('open')
    const call = connection.call('leave', { network: 'x' })
    const error = { code: -32004, message: 'No such network', data: { code: 'NETWORK_NOT_FOUND' } }
    socket().answer(socket().ids[0], { error })
    await expect(call).rejects.toMatchObject({ code: 'NETWORK_NOT_FOUND' })
  })

  test('wait until there is a socket, and fail in time if none comes', async () => {
    const connection = open()
    const call = connection.call('networks', {}, { timeoutMs: 1_000 })
    const failed = codeOf(call)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await failed).toBe('TIMEOUT')
  })
})

describe('a connection that was lost', () => {
  test('comes back, and what was not answered is asked again with the same id', async () => {
    const connection = open()
    socket().happen('open')
    const call = connection.call('send', { network: 'lobby', text: 'hello' })
    const [before] = socket().ids
    socket().close()
    await vi.advanceTimersByTimeAsync(250)
    expect(sockets).toHaveLength(2)
    socket().happen('open')
    expect(socket().ids).toEqual([before])
    socket().answer(before, { result: { message: { id: 'm' } } })
    expect(await call).toEqual({ message: { id: 'm' } })
    expect(states).toEqual(['open', 'lost', 'open'])
  })

  test('a socket that is closing is sent nothing: the next one is', async () => {
    const connection = open()
    socket().happen('open')
    socket().readyState = 2
    const call = connection.call('networks', {})
    expect(socket().sent).toEqual([])
    socket().close()
    await vi.advanceTimersByTimeAsync(250)
    socket().happen('open')
    socket().answer(socket().ids[0], { result: { networks: [] } })
    expect(await call).toEqual({ networks: [] })
  })

  test('a message waits as long as it takes', async () => {
    const connection = open()
    const call = connection.call('send', { network: 'lobby', text: 'hello' })
    await vi.advanceTimersByTimeAsync(3_600_000)
    socket().happen('open')
    socket().answer(socket().ids[0], { result: { message: { id: 'm' } } })
    expect(await call).toEqual({ message: { id: 'm' } })
  })

  test('a subscription ends with its socket', async () => {
    const connection = open()
    socket().happen('open')
    const subscribed = connection.askPassing('subscribe', { network: 'lobby' })
    const failed = codeOf(subscribed)
    socket().close()
    expect(await failed).toBe('NO_NODE')
    await vi.advanceTimersByTimeAsync(250)
    socket().happen('open')
    expect(socket().sent).toEqual([])
  })

  test('is tried less and less often, and at once when somebody asks', async () => {
    const connection = open()
    for (const pause of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
      const count = sockets.length
      socket().close()
      await vi.advanceTimersByTimeAsync(pause - 1)
      expect(sockets).toHaveLength(count)
      await vi.advanceTimersByTimeAsync(1)
      expect(sockets).toHaveLength(count + 1)
    }
    socket().close()
    const count = sockets.length
    connection.open()
    expect(sockets).toHaveLength(count + 1)
  })

  test('ends where the node does not know this browser any more', async () => {
    const connection = open()
    known = async () => Promise.resolve(false)
    socket().close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(states).toEqual(['lost', 'signed-out'])
    expect(sockets).toHaveLength(1)
    await expect(connection.call('networks', {})).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  test('goes on being tried while the node cannot be asked', async () => {
    open()
    known = async () => Promise.reject(new TypeError('fetch failed'))
    socket().close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(states).toEqual(['lost'])
    expect(sockets.length).toBeGreaterThan(1)
  })
})

test('notifications are passed on', () => {
  open()
  socket().happen('open')
  socket().happen('message', { data: '{"jsonrpc":"2.0","method":"goodbye","params":{}}' })
  expect(notes).toEqual([['goodbye', {}]])
})

test('too many calls that wait are turned away', async () => {
  const connection = open()
  const all = Array.from({ length: 2_001 }, async () =>
    connection.call('send', { network: 'lobby', text: 'x' }),
  )
  await expect(all.at(-1)).rejects.toMatchObject({ code: 'BUSY' })
  connection.close()
  const ended = await Promise.allSettled(all)
  expect(ended.every(({ status }) => status === 'rejected')).toBe(true)
})
