import { expect, test, vi } from 'vitest'

import { answerText, type ReportFault } from './answer.ts'
import { ParleyError } from './errors.ts'

const call = (id: number, method = 'm'): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params: { id } })
const batch = (count: number): string =>
  `[${Array.from({ length: count }, (_, id) => call(id)).join(',')}]`

test('a fault of ours says nothing of itself to the caller, and all to the log', async () => {
  const onFault = vi.fn<ReportFault>()
  const fault = new Error('password is hunter2')
  const text = await answerText(
    call(1),
    () => {
      throw fault
    },
    { onFault },
  )
  expect(text).not.toContain('hunter2')
  expect(JSON.parse(text ?? '')).toMatchObject({ id: 1, error: { code: -32603 } })
  expect(onFault).toHaveBeenCalledWith('m', fault)
})

test('a coded error reaches the caller with its facts but not its cause', async () => {
  const text = await answerText(call(1), async () => {
    throw new ParleyError('NOT_LEADER', 'bob leads', { data: { at: 'b:1' }, cause: 'secret' })
  })
  expect(JSON.parse(text ?? '')).toMatchObject({
    error: { code: -32008, message: 'bob leads', data: { code: 'NOT_LEADER', at: 'b:1' } },
  })
  expect(text).not.toContain('secret')
})

test('a result that JSON cannot hold is a fault of ours', async () => {
  const text = await answerText(call(1), () => 1n)
  expect(JSON.parse(text ?? '')).toMatchObject({ error: { code: -32603 } })
})

test('calls of a batch run a few at a time and are answered in order', async () => {
  let running = 0
  let most = 0
  const text = await answerText(
    batch(64),
    async ({ params }) => {
      running += 1
      most = Math.max(most, running)
      await Promise.resolve()
      running -= 1
      return params
    },
    { concurrency: 3 },
  )
  const answers = JSON.parse(text ?? '') as { id: number; result: { id: number } }[]
  expect(most).toBe(3)
  expect(answers.map(({ result }) => result.id)).toEqual([...Array(64).keys()])
})

test('an answer beyond its limit keeps what fits and says so for the rest', async () => {
  const text = await answerText(batch(3), () => 'x'.repeat(400), { maxBytes: 1000 })
  const answers = JSON.parse(text ?? '') as { error?: { data: { code: string } } }[]
  expect(answers.map(({ error }) => error?.data.code)).toEqual([undefined, undefined, 'TOO_LARGE'])
})

test('a call that never ends is answered all the same', async () => {
  const text = await answerText(call(1), () => new Promise(() => {}), { timeoutMs: 1 })
  expect(JSON.parse(text ?? '')).toMatchObject({ error: { data: { code: 'TIMEOUT' } } })
})
