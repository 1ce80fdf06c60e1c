/** Lines of a stream, as many at a time as are there. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface ChunkLimit {
  readonly lines: number
  /** Of the text in UTF-8; one line that is longer makes a chunk of its own. */
  readonly bytes: number
}

const takeChunk = (waiting: string[], limit: ChunkLimit): readonly string[] => {
  let bytes = 0
  let count = 0
  for (const line of waiting) {
    bytes += Buffer.byteLength(line)
    if (count > 0 && (count >= limit.lines || bytes > limit.bytes)) break
    count += 1
  }
  return waiting.splice(0, count)
}

/**
 * Yields chunks of at least one line, in order. While the taker of a chunk is busy, further lines
 * gather for the next one, within bounds: then the stream is made to wait.
 */
export async function* lineChunks(
  input: Readable,
  limit: ChunkLimit,
): AsyncGenerator<readonly string[], void> {
  const lines = createInterface({ input, crlfDelay: Infinity })
  const waiting: string[] = []
  let isOver = false
  lines.on('line', (line) => {
    waiting.push(line)
    if (waiting.length >= limit.lines) lines.pause()
    lines.emit('more')
  })
  lines.once('close', () => {
    isOver = true
    lines.emit('more')
  })
  try {
    for (;;) {
      if (waiting.length > 0) yield takeChunk(waiting, limit)
      else if (isOver) return
      else {
        const more = once(lines, 'more')
        lines.resume()
        await more
      }
    }
  } finally {
    lines.close()
  }
}
