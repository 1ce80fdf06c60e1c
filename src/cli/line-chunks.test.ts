import { PassThrough, Readable } from 'node:stream'

import { expect, test } from 'vitest'

import { lineChunks } from './line-chunks.ts'

const limit = { lines: 3, bytes: 20 }

const gather = async (input: Readable): Promise<(readonly string[])[]> => {
  const chunks: (readonly string[])[] = []
  for await (const chunk of lineChunks(input, limit)) chunks.push(chunk)
  return chunks
}

test('lines that are there together come together, in order and within the limit', async () => {
  const texts = Array.from({ length: 100 }, (_, index) => `line ${index}`)
  const chunks = await gather(Readable.from([`${texts.join('\n')}\n`]))
  expect(chunks.flat()).toEqual(texts)
  expect(chunks.every((chunk) => chunk.length <= 3 && chunk.join('').length <= 20)).toBe(true)
})

test('a long line makes a chunk of its own, and the last line needs no end', async () => {
  expect(await gather(Readable.from(['x'.repeat(50), '\na\n\nb']))).toEqual([
    ['x'.repeat(50)],
    ['a', '', 'b'],
  ])
})

test('a line that comes alone does not wait for more', async () => {
  const input = new PassThrough()
  const chunks = lineChunks(input, limit)
  input.write('first\n')
  expect((await chunks.next()).value).toEqual(['first'])
  input.write('second\nthird\n')
  expect((await chunks.next()).value).toEqual(['second', 'third'])
  input.end()
  expect((await chunks.next()).done).toBe(true)
})

test('nothing makes no chunk', async () => {
  expect(await gather(Readable.from(['']))).toEqual([])
})
