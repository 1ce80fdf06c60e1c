import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { answerText, type Invoke } from './answer.ts'
import {
  decodeCalls,
  decodeFrame,
  decodeText,
  encodeError,
  encodeNotification,
  encodeRequest,
  encodeResult,
} from './codec.ts'
import { ParleyError } from './errors.ts'

/** The methods that the specification's examples call. */
const exampleMethods: Invoke = ({ method, params }) => {
  const list = Array.isArray(params) ? (params as number[]) : []
  switch (method) {
    case 'subtract': {
      const named = params as { minuend: number; subtrahend: number }
      const [a = named.minuend, b = named.subtrahend] = list
      return a - b
    }
    case 'sum':
      return list.reduce((total, value) => total + value, 0)
    case 'get_data':
      return ['hello', 5]
    case 'update':
    case 'notify_hello':
    case 'notify_sum':
      return undefined
    default:
      throw new ParleyError('METHOD_NOT_FOUND')
  }
}

const parseError = { code: -32700, message: 'Parse error' }
const invalidRequest = { code: -32600, message: 'Invalid Request' }
const notFound = { code: -32601, message: 'Method not found' }

/** Section 7 of the specification: what goes in and what must come out; null for nothing. */
const examples: readonly [title: string, sent: string, answered: unknown][] = [
  [
    'positional parameters',
    '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
    { jsonrpc: '2.0', result: 19, id: 1 },
  ],
  [
    'positional parameters, the other way round',
    '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
    { jsonrpc: '2.0', result: -19, id: 2 },
  ],
  [
    'named parameters',
    '{"jsonrpc": "2.0", "method": "subtract", ' +
      '"params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
    { jsonrpc: '2.0', result: 19, id: 3 },
  ],
  [
    'named parameters, the other way round',
    '{"jsonrpc": "2.0", "method": "subtract", ' +
      '"params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
    { jsonrpc: '2.0', result: 19, id: 4 },
  ],
  ['a notification', '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', null],
  ['a notification of an unknown method', '{"jsonrpc": "2.0", "method": "foobar"}', null],
  [
    'a call of a method that does not exist',
    '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
    { jsonrpc: '2.0', error: notFound, id: '1' },
  ],
  [
    'invalid JSON',
    '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
    { jsonrpc: '2.0', error: parseError, id: null },
  ],
  [
    'an invalid request object',
    '{"jsonrpc": "2.0", "method": 1, "params": "bar"}',
    { jsonrpc: '2.0', error: invalidRequest, id: null },
  ],
  [
    'a batch of invalid JSON',
    '[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},' +
      '{"jsonrpc": "2.0", "method"]',
    { jsonrpc: '2.0', error: parseError, id: null },
  ],
  ['an empty batch', '[]', { jsonrpc: '2.0', error: invalidRequest, id: null }],
  [
    'a batch that is invalid but not empty',
    '[1]',
    [{ jsonrpc: '2.0', error: invalidRequest, id: null }],
  ],
  [
    'a batch of three invalid calls',
    '[1,2,3]',
    [
      { jsonrpc: '2.0', error: invalidRequest, id: null },
      { jsonrpc: '2.0', error: invalidRequest, id: null },
      { jsonrpc: '2.0', error: invalidRequest, id: null },
    ],
  ],
  [
    'a batch of all kinds',
    `[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
      {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
      {"foo": "boo"},
      {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
      {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]`,
    [
      { jsonrpc: '2.0', result: 7, id: '1' },
      { jsonrpc: '2.0', result: 19, id: '2' },
      { jsonrpc: '2.0', error: invalidRequest, id: null },
      { jsonrpc: '2.0', error: notFound, id: '5' },
      { jsonrpc: '2.0', result: ['hello', 5], id: '9' },
    ],
  ],
  [
    'a batch of notifications only',
    `[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]`,
    null,
  ],
]

/** The specification's examples show errors without `data`, which it leaves to the server. */
const withoutData = (answer: unknown): unknown => {
  if (Array.isArray(answer)) return answer.map(withoutData)
  const { error, ...rest } = answer as { error?: { code: number; message: string } }
  return error === undefined
    ? rest
    : { ...rest, error: { code: error.code, message: error.message } }
}

describe('the examples of the specification, section 7', () => {
  test.each(examples)('%s', async (_, sent, answered) => {
    const text = await answerText(sent, exampleMethods)
    expect(text === null ? null : withoutData(JSON.parse(text))).toEqual(answered)
  })
})

const codeOf = (text: string): string => {
  const [message] = decodeCalls(text).messages
  return message?.kind === 'invalid' ? message.error.code : 'none'
}

describe('what is no call', () => {
  test.each([
    ['another version', '{"jsonrpc":"1.0","method":"a","id":1}'],
    ['no version', '{"method":"a","id":1}'],
    ['no method', '{"jsonrpc":"2.0","id":1}'],
    ['params that are a text', '{"jsonrpc":"2.0","method":"a","params":"x","id":1}'],
    ['params that are null', '{"jsonrpc":"2.0","method":"a","params":null,"id":1}'],
    ['an id that is an object', '{"jsonrpc":"2.0","method":"a","id":{}}'],
    ['an id that no double holds', '{"jsonrpc":"2.0","method":"a","id":12345678901234567890}'],
    ['an answer sent to a server', '{"jsonrpc":"2.0","result":1,"id":1}'],
    ['a method name without end', `{"jsonrpc":"2.0","method":"${'a'.repeat(200)}","id":1}`],
    ['a bare word', 'true'],
  ])('%s is an invalid request', (_, text) => {
    expect(codeOf(text)).toBe('INVALID_REQUEST')
  })

  test('a valid id is echoed even if the rest is wrong', () => {
    expect(decodeCalls('{"jsonrpc":"2.0","method":7,"id":"x"}').messages[0]).toMatchObject({
      id: 'x',
    })
  })

  test('an id of null is a request, not a notification', () => {
    expect(decodeCalls('{"jsonrpc":"2.0","method":"a","id":null}').messages[0]?.kind).toBe(
      'request',
    )
  })

  test('a text too deep is refused before it is parsed', () => {
    expect(codeOf('['.repeat(100_000))).toBe('TOO_LARGE')
    expect(codeOf(`${'[1,'.repeat(63)}1${']'.repeat(63)}`)).not.toBe('TOO_LARGE')
  })

  test('a batch too long is one error, not one for each call', async () => {
    const text = `[${Array.from({ length: 65 }, () => '1').join(',')}]`
    const answer = await answerText(text, exampleMethods)
    expect(JSON.parse(answer ?? '')).toMatchObject({ id: null, error: { code: -32010 } })
  })

  test('bytes that are no text, or too many, are told apart', () => {
    expect(decodeText(Uint8Array.of(0xff, 0xfe))).toMatchObject({ code: 'PARSE_ERROR' })
    expect(decodeText(new Uint8Array(11), 10)).toMatchObject({ code: 'TOO_LARGE' })
    expect(decodeText(Buffer.from('é'))).toBe('é')
  })

  test('no text at all makes the decoder throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeCalls(text).messages.length).toBeGreaterThan(0)
        expect(decodeFrame(text).messages.length).toBeGreaterThan(0)
      }),
    )
  })
})

describe('on a link', () => {
  test('calls and answers come back as they were encoded', () => {
    const error = new ParleyError('NOT_LEADER', 'bob leads', { data: { leader: 'bob' } })
    const texts = [
      encodeRequest(1, 'a', { x: 1 }),
      encodeNotification('b'),
      encodeResult(2, { y: 2 }),
      encodeError('3', error),
    ]
    expect(decodeFrame(`[${texts.join(',')}]`)).toEqual({
      batch: true,
      messages: [
        { kind: 'request', id: 1, method: 'a', params: { x: 1 } },
        { kind: 'notification', method: 'b', params: undefined },
        { kind: 'result', id: 2, result: { y: 2 } },
        {
          kind: 'failure',
          id: '3',
          error: {
            code: -32008,
            message: 'bob leads',
            data: { code: 'NOT_LEADER', hint: error.hint, leader: 'bob' },
          },
        },
      ],
    })
  })

  test('something that is half an answer is invalid', () => {
    for (const text of [
      '{"jsonrpc":"2.0","id":1}',
      '{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"x"}}',
      '{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"x"}}',
      '{"jsonrpc":"2.0","id":[],"result":1}',
    ]) {
      expect(decodeFrame(text).messages[0]?.kind).toBe('invalid')
    }
  })
})
