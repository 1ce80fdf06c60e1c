/** The lines of one network for a page: a stream whose reader is a WebSocket. */
import { Writable } from 'node:stream'

import type { ChatNodeApi } from '../../api.ts'
import { streamMessages, type MessageStream, type StreamLimits } from '../message-stream.ts'
import type { StreamEvent, StreamQuery } from '../types.ts'

export interface Place {
  readonly position: number
  readonly id: string
}

export interface FeedQuery {
  /** Id of the network. */
  readonly network: string
  readonly last?: number | undefined
  readonly from?: number | undefined
  /** The last message that the page has. */
  readonly after?: Place | undefined
}

export interface FeedOptions {
  readonly node: ChatNodeApi
  readonly limits: StreamLimits
  /** Sends a frame, and calls back once the connection has taken it. */
  readonly send: (frame: string, taken: () => void) => void
}

/** Characters that one frame holds, unless a single line is longer. */
const FRAME_CHARS = 128 * 1024
/** Where nobody says how much of the history is wanted. */
const DEFAULT_LAST = 200
/** Messages before the place where a page goes on that it may not know to be stored by all. */
const LOOK_BACK = 256

const notification = (method: string, params: string): string =>
  `{"jsonrpc":"2.0","method":"${method}","params":${params}}`

/** Lines as they come from the stream, gathered to frames. */
const framesOf = (network: string, text: string): readonly string[] => {
  const frames: string[] = []
  let lines: string[] = []
  let chars = 0
  const close = (): void => {
    if (lines.length === 0) return
    const params = `{"network":${JSON.stringify(network)},"lines":[${lines.join(',')}]}`
    frames.push(notification('lines', params))
    lines = []
    chars = 0
  }
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (chars + line.length > FRAME_CHARS) close()
    lines.push(line)
    chars += line.length
  }
  close()
  return frames
}

/** Whether the history still has the page's last message where the page has it. */
const goesOn = (node: ChatNodeApi, network: string, { position, id }: Place): boolean =>
  node.history(network, { from: position, limit: 1 })[0]?.id === id

/**
 * The page has the messages before this place, but may have missed who stored them since. Null if
 * nothing of them is stored by all.
 */
const storedBefore = (
  node: ChatNodeApi,
  network: string,
  { position }: Place,
): StreamEvent | null => {
  const from = Math.max(1, position - LOOK_BACK + 1)
  const before = node.history(network, { from, limit: position - from + 1 })
  const last = before.findLast(({ storedBy, of }) => storedBy >= of)
  if (last === undefined) return null
  return { event: 'stored', network: last.network, upTo: last.position }
}

/** Begins to send. Throws NETWORK_NOT_FOUND. */
export const startFeed = (query: FeedQuery, options: FeedOptions): MessageStream => {
  const { node, limits, send } = options
  const { network, after, from } = query
  const resumed = after !== undefined && goesOn(node, network, after)
  const out = new Writable({
    decodeStrings: false,
    highWaterMark: FRAME_CHARS,
    write(text: string, _, taken) {
      const frames = framesOf(network, text)
      let left = frames.length
      const one = (): void => {
        left -= 1
        if (left <= 0) taken()
      }
      if (frames.length === 0) taken()
      for (const frame of frames) send(frame, one)
    },
  })
  const nothing = (): void => {}
  send(notification('begin', JSON.stringify({ network, resumed })), nothing)
  const stored = resumed ? storedBefore(node, network, after) : null
  if (stored !== null) {
    send(notification('lines', JSON.stringify({ network, lines: [stored] })), nothing)
  }
  const start: Partial<StreamQuery> = resumed
    ? { from: after.position + 1 }
    : from === undefined
      ? { last: query.last ?? DEFAULT_LAST }
      : { from }
  return streamMessages(node, { network, ...start, follow: true, stored: true }, out, limits)
}
