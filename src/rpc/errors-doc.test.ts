import { expect, test } from 'vitest'

import { errorsPage } from './errors-doc.ts'
import { codeOfNumber, ERRORS, isErrorCode, ParleyError } from './errors.ts'
import { errorToWire, wireToError } from './wire-error.ts'

test('the reference of errors is what the table says (rewrite it with: vitest -u)', async () => {
  await expect(errorsPage()).toMatchFileSnapshot('../../docs/reference/errors.md')
})

test('every number names one error, and ours lie where the specification lets them', () => {
  const numbers = Object.values(ERRORS).map(({ rpc }) => rpc)
  expect(new Set(numbers).size).toBe(numbers.length)
  for (const rpc of numbers) {
    expect((rpc <= -32000 && rpc >= -32099) || (rpc <= -32600 && rpc >= -32700)).toBe(true)
  }
})

test('every error survives the wire, with its message, hint and facts', () => {
  for (const code of Object.keys(ERRORS)) {
    if (!isErrorCode(code)) throw new Error(code)
    const error = new ParleyError(code, 'because', { hint: 'do this', data: { retryMs: 5 } })
    const back = wireToError(errorToWire(error))
    expect(back.toJSON()).toEqual(error.toJSON())
    expect(codeOfNumber(back.rpc)).toBe(code)
  }
})

test('a foreign error keeps its words, cut short and on one line', () => {
  const error = wireToError({ code: 17, message: `no\n\u001b[31m${'x'.repeat(9_999)}`, data: [1] })
  expect(error.code).toBe('INTERNAL')
  expect(error.message).toMatch(/^no \[31mx+…$/)
  expect(error.message.length).toBeLessThan(600)
})

test('a name that contradicts its number is not believed', () => {
  const error = wireToError({ code: -32602, message: 'x', data: { code: 'BANNED' } })
  expect(error.code).toBe('INVALID_PARAMS')
})
