import { ParleyError } from './errors.ts'
/**
 * JSON-RPC 2.0 (https://www.jsonrpc.org/specification) between text and values; pure, no IO.
 *
 * A text holds one message or a batch. Two decoders share one parser: a server knows calls only
 * (`decodeCalls`), a link knows answers as well, since both ends call each other (`decodeFrame`).
 */
import { isDeeperThan } from './json-depth.ts'
import { MAX_BATCH, MAX_DEPTH, MAX_FRAME_BYTES, MAX_METHOD_CHARS } from './limits.ts'
import { errorToWire, isWireError, type WireError } from './wire-error.ts'

export type RpcId = string | number | null
export type RpcParams = Readonly<Record<string, unknown>> | readonly unknown[] | undefined

/** A call that wants an answer. */
export interface RpcRequest {
  readonly kind: 'request'
  readonly id: RpcId
  readonly method: string
  readonly params: RpcParams
}
/** A call that must not be answered, not even with an error. */
export interface RpcNotification {
  readonly kind: 'notification'
  readonly method: string
  readonly params: RpcParams
}
/** Something in the place of a call that is none. Answered with its error. */
export interface RpcInvalid {
  readonly kind: 'invalid'
  readonly id: RpcId
  readonly error: ParleyError
}
export interface RpcResult {
  readonly kind: 'result'
  readonly id: RpcId
  readonly result: unknown
}
export interface RpcFailure {
  readonly kind: 'failure'
  readonly id: RpcId
  readonly error: WireError
}

export type RpcCall = RpcRequest | RpcNotification
export type RpcMessage = RpcCall | RpcInvalid | RpcResult | RpcFailure

/** What a text held. `batch` says that the answer, if any, must be an array. */
export interface Decoded<Message> {
  readonly batch: boolean
  readonly messages: readonly Message[]
}

type Fields = Readonly<Record<string, unknown>>

const invalid = (id: RpcId, error: ParleyError): RpcInvalid => ({ kind: 'invalid', id, error })

/** Numbers that JSON cannot carry back unchanged are no ids. */
const isId = (value: unknown): value is RpcId =>
  value === null ||
  typeof value === 'string' ||
  (typeof value === 'number' &&
    Number.isFinite(value) &&
    Math.abs(value) <= Number.MAX_SAFE_INTEGER)

const idIfAny = (fields: Fields): RpcId => {
  const id = fields['id']
  return isId(id) ? id : null
}

const explain = (fields: Fields): string => {
  if (fields['jsonrpc'] !== '2.0') return '"jsonrpc" must be "2.0".'
  if (typeof fields['method'] !== 'string') return '"method" must be a string.'
  if (fields['method'].length > MAX_METHOD_CHARS) return 'The method name is too long.'
  if (Object.hasOwn(fields, 'id') && !isId(fields['id'])) {
    return '"id" must be a string, null, or a number that fits a double exactly.'
  }
  return '"params" must be an object or an array.'
}

const readCall = (fields: Fields): RpcCall | RpcInvalid => {
  const { jsonrpc, method, params } = fields
  const isCall =
    jsonrpc === '2.0' &&
    typeof method === 'string' &&
    method.length <= MAX_METHOD_CHARS &&
    (!Object.hasOwn(fields, 'params') || (typeof params === 'object' && params !== null))
  if (!isCall || (Object.hasOwn(fields, 'id') && !isId(fields['id']))) {
    const error = new ParleyError('INVALID_REQUEST', undefined, { hint: explain(fields) })
    return invalid(idIfAny(fields), error)
  }
  const given = params as RpcParams
  if (!Object.hasOwn(fields, 'id')) return { kind: 'notification', method, params: given }
  return { kind: 'request', id: idIfAny(fields), method, params: given }
}

const readAnswer = (fields: Fields): RpcResult | RpcFailure | null => {
  if (fields['jsonrpc'] !== '2.0' || !isId(fields['id']) || Object.hasOwn(fields, 'method')) {
    return null
  }
  const { id, error } = fields
  const hasResult = Object.hasOwn(fields, 'result')
  const hasError = Object.hasOwn(fields, 'error')
  if (hasResult && !hasError) return { kind: 'result', id, result: fields['result'] }
  if (hasError && !hasResult && isWireError(error)) return { kind: 'failure', id, error }
  return null
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const callOf = (value: unknown): RpcCall | RpcInvalid =>
  isFields(value) ? readCall(value) : invalid(null, new ParleyError('INVALID_REQUEST'))

const messageOf = (value: unknown): RpcMessage =>
  (isFields(value) ? readAnswer(value) : null) ?? callOf(value)

const failed = (error: ParleyError): Decoded<RpcInvalid> => ({
  batch: false,
  messages: [invalid(null, error)],
})

const decode = <Message>(
  text: string,
  maxBatch: number,
  read: (value: unknown) => Message | RpcInvalid,
): Decoded<Message | RpcInvalid> => {
  if (isDeeperThan(text, MAX_DEPTH)) {
    const hint = `Nest arrays and objects at most ${MAX_DEPTH} deep.`
    return failed(new ParleyError('TOO_LARGE', 'Nested too deeply', { hint }))
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    return failed(new ParleyError('PARSE_ERROR', undefined, { cause }))
  }
  if (!Array.isArray(value)) return { batch: false, messages: [read(value)] }
  if (value.length === 0) {
    const hint = 'A batch has at least one call.'
    return failed(new ParleyError('INVALID_REQUEST', undefined, { hint }))
  }
  if (value.length > maxBatch) {
    const hint = `Send at most ${maxBatch} calls in a batch; this one has ${value.length}.`
    return failed(new ParleyError('TOO_LARGE', 'Too many calls in one batch', { hint }))
  }
  return { batch: true, messages: value.map(read) }
}

/** The calls in a text, for a server. What is wrong with it comes as `invalid`; nothing is thrown. */
export const decodeCalls = (text: string): Decoded<RpcCall | RpcInvalid> =>
  decode(text, MAX_BATCH, callOf)

/** The calls and answers in a text, for either end of a link. Nothing is thrown. */
export const decodeFrame = (text: string): Decoded<RpcMessage> => decode(text, MAX_BATCH, messageOf)

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes as text, or the coded error that says why not: more than `maxBytes`, or not UTF-8. */
export const decodeText = (bytes: Uint8Array, maxBytes = MAX_FRAME_BYTES): string | ParleyError => {
  if (bytes.byteLength > maxBytes) return tooManyBytes(maxBytes)
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    return new ParleyError('PARSE_ERROR', undefined, { cause })
  }
}

export const tooManyBytes = (maxBytes: number): ParleyError =>
  new ParleyError('TOO_LARGE', 'The request is too large', {
    hint: `Send at most ${maxBytes} bytes at once.`,
    data: { maxBytes },
  })

export const encodeRequest = (id: RpcId, method: string, params?: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })

export const encodeNotification = (method: string, params?: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params })

/** An undefined result is sent as null, since an answer must have one. */
export const encodeResult = (id: RpcId, result: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', result: result === undefined ? null : result, id })

export const encodeError = (id: RpcId, error: ParleyError): string =>
  JSON.stringify({ jsonrpc: '2.0', error: errorToWire(error), id })
