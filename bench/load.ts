/** Senders and receivers: what the members of a benchmark say, and when it is where. */
import { setTimeout as pause } from 'node:timers/promises'

import { NETWORK, type BenchNode, type Cluster } from './cluster.ts'

export const TEXT_BYTES = 200

/** A text of 200 bytes that begins with a number. */
export const textOf = (number: number): string => `${number} `.padEnd(TEXT_BYTES, 'lorem ipsum ')

/** Calls back for every message as a follower of this node is told of it. */
export const follow = async (
  node: BenchNode,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<void> => {
  const query = { network: NETWORK, last: 0, follow: true }
  try {
    for await (const line of node.client.messages(query, signal))
      if ('text' in line) onText(line.text)
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
}

/** Calls back at an even pace, `count` times; late ones follow at once. */
export const atPace = async (
  perSecond: number,
  count: number,
  act: (number: number) => void,
): Promise<void> => {
  const start = performance.now()
  for (let number = 0; number < count;) {
    const due = Math.min(count, Math.floor(((performance.now() - start) / 1_000) * perSecond) + 1)
    for (; number < due; number += 1) act(number)
    if (number < count) await pause(1_000 / perSecond / 4)
  }
}

const SENDERS = 10
/** Messages in one call, and calls that a sender has under way. */
const WINDOW = 64
const CALLS = 4

/** Ten senders, spread over the members, each of which waits for a place for what it sent before. */
export const sendAll = async ({ nodes }: Cluster, count: number): Promise<void> => {
  let next = 0
  const send = async (node: BenchNode): Promise<void> => {
    while (next < count) {
      const size = Math.min(WINDOW, count - next)
      const texts = Array.from({ length: size }, (_, at) => textOf(next + at))
      next += size
      const params = { network: NETWORK, texts, wait: 'sequenced', timeoutMs: 120_000 } as const
      const { results } = await node.client.call('send_many', params, { timeoutMs: 125_000 })
      const failed = results.find((result) => 'error' in result)
      if (failed !== undefined) throw new Error(JSON.stringify(failed))
    }
  }
  const senders = Array.from({ length: SENDERS }, (_, at) => nodes[at % nodes.length])
  const pipes = senders.flatMap((node) =>
    node === undefined ? [] : Array<BenchNode>(CALLS).fill(node),
  )
  await Promise.all(pipes.map(send))
}
