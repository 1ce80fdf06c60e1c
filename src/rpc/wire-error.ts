/**
 * Errors on the wire: `{ code, message, data: { code, hint, … } }`. The number is for JSON-RPC, the
 * name in `data.code` for everybody else; both ways are guarded, since the other side may be
 * anything.
 */
import { codeOfNumber, isErrorCode, ParleyError, type ErrorCode } from './errors.ts'

export interface WireError {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

const MAX_TEXT = 500

const clip = (text: string): string => {
  const flat = text.replace(/\p{Cc}+/gu, ' ')
  return flat.length > MAX_TEXT ? `${flat.slice(0, MAX_TEXT)}…` : flat
}

/** As it is sent. The cause stays here. */
export const errorToWire = (error: ParleyError): WireError => ({
  code: error.rpc,
  message: error.message,
  data: { ...error.data, code: error.code, hint: error.hint },
})

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isWireError = (value: unknown): value is WireError =>
  isRecord(value) && Number.isSafeInteger(value['code']) && typeof value['message'] === 'string'

const codeOf = (wire: WireError, named: unknown): ErrorCode => {
  const byNumber = codeOfNumber(wire.code)
  if (isErrorCode(named) && (byNumber === null || byNumber === named)) return named
  return byNumber ?? 'INTERNAL'
}

/** The remote's error as one of ours; an unknown number becomes INTERNAL, with the remote's words. */
export const wireToError = (wire: WireError): ParleyError => {
  const { code: named, hint, ...rest } = isRecord(wire.data) ? wire.data : {}
  return new ParleyError(codeOf(wire, named), clip(wire.message), {
    hint: typeof hint === 'string' ? clip(hint) : undefined,
    data: Object.keys(rest).length > 0 ? rest : undefined,
  })
}

/** Any thrown thing as a coded error; what is not one of ours is a fault of ours, and says no more. */
export const toParleyError = (thrown: unknown): ParleyError =>
  thrown instanceof ParleyError ? thrown : new ParleyError('INTERNAL', undefined, { cause: thrown })
