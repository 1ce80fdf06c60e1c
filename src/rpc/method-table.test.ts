import { expect, test } from 'vitest'
import { z } from 'zod'

import { ERRORS } from './errors.ts'
import { MethodTable, type CallContext } from './method-table.ts'
import { defineMethod, parseResult } from './method.ts'
import type { OpenRpcDocument } from './open-rpc.ts'

const greet = defineMethod({
  name: 'greet',
  summary: 'Says hello.',
  params: z.strictObject({ name: z.string().min(1), times: z.int().min(1).optional() }),
  result: z.object({ text: z.string() }),
  errors: ['BANNED'],
  examples: [{ name: 'once', params: { name: 'bob' }, result: { text: 'hello bob' } }],
})
const context: CallContext = { remoteAddress: '127.0.0.1', peerId: null, link: null }

const table = (): MethodTable =>
  new MethodTable({ title: 'Test', version: '1' }).add(greet, ({ name, times = 1 }) => ({
    text: `hello ${name}`.repeat(times),
  }))

test('a call by name runs its handler', () => {
  expect(table().call('greet', { name: 'bob' }, context)).toEqual({ text: 'hello bob' })
})

test.each([
  ['by position', ['bob'], /by name/],
  ['with a misspelt name', { name: 'bob', tmes: 2 }, /tmes/],
  ['with a wrong type', { name: 7 }, /name: .*string/],
  ['without what is needed', undefined, /name/],
  ['with a poisoned prototype', JSON.parse('{"name":"bob","__proto__":{"x":1}}'), /__proto__/],
] as const)('a call %s is refused with what is wrong', (_, params, hint) => {
  const call = (): unknown => table().call('greet', params as Record<string, unknown>, context)
  expect(call).toThrow(
    expect.objectContaining({ code: 'INVALID_PARAMS', hint: expect.stringMatching(hint) }),
  )
})

test('an unknown method is not found, not even one that every object has', () => {
  for (const name of ['nope', 'toString', '__proto__', 'constructor', '']) {
    expect(() => table().call(name, {}, context)).toThrow(
      expect.objectContaining({ code: 'METHOD_NOT_FOUND' }),
    )
  }
})

test('one name cannot mean two methods', () => {
  expect(() => table().add(greet, () => ({ text: '' }))).toThrow(/twice/)
})

test('an older client drops what a newer server adds, and refuses what does not fit', () => {
  expect(parseResult(greet, { text: 'x', mood: 'new' })).toEqual({ text: 'x' })
  expect(() => parseResult(greet, { text: 1 })).toThrow(
    expect.objectContaining({ code: 'BAD_ANSWER' }),
  )
})

test('rpc.discover describes every method as the table has it', () => {
  const methods = table()
  const document = methods.call('rpc.discover', {}, context) as OpenRpcDocument
  expect(document.openrpc).toMatch(/^1\./)
  expect(document.info).toEqual({ title: 'Test', version: '1' })
  expect(document.methods.map(({ name }) => name)).toEqual(methods.specs().map(({ name }) => name))
  const described = document.methods.find(({ name }) => name === 'greet')
  expect(described).toEqual({
    name: 'greet',
    summary: 'Says hello.',
    paramStructure: 'by-name',
    params: [
      { name: 'name', required: true, schema: { type: 'string', minLength: 1 } },
      {
        name: 'times',
        required: false,
        schema: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      },
    ],
    result: {
      name: 'greet_result',
      required: true,
      schema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    },
    errors: (['INVALID_PARAMS', 'INTERNAL', 'BANNED'] as const).map((code) => ({
      code: ERRORS[code].rpc,
      message: ERRORS[code].message,
      data: { code },
    })),
    examples: [
      {
        name: 'once',
        params: [{ name: 'name', value: 'bob' }],
        result: { name: 'greet_result', value: { text: 'hello bob' } },
      },
    ],
  })
})

test('a method that is added later is described, too', () => {
  const methods = new MethodTable({ title: 'Test', version: '1' })
  methods.call('rpc.discover', {}, context)
  methods.add(greet, () => ({ text: '' }))
  const document = methods.call('rpc.discover', {}, context) as OpenRpcDocument
  expect(document.methods).toHaveLength(2)
})
