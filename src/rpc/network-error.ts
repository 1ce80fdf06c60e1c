/** What the operating system says about a connection, in our words. */
import { ParleyError } from './errors.ts'

/** Why somebody could not be reached, in `data.reason` of UNREACHABLE. */
export type UnreachableReason =
  /** The machine answers, the program does not run: it is certainly gone. */
  | 'refused'
  /** The connection broke. */
  | 'reset'
  /** The host name has no address. */
  | 'unresolved'
  /** No route, network down, or whatever else. */
  | 'unreachable'

const reasonsByCode: ReadonlyMap<string, UnreachableReason> = new Map([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ECONNABORTED', 'reset'],
  ['UND_ERR_SOCKET', 'reset'],
  ['ENOTFOUND', 'unresolved'],
  ['EAI_AGAIN', 'unresolved'],
])

const timeoutCodes: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/** The code of an error, or of the first of those that it gathers (a host with several addresses). */
export const systemCode = (error: unknown): string => {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError) return systemCode(error.errors[0])
  return ''
}

const isHangUp = (error: unknown): boolean =>
  error instanceof Error && /socket hang up|other side closed/i.test(error.message)

const words: Readonly<Record<UnreachableReason, string>> = {
  refused: 'refuses the connection: nothing listens there',
  reset: 'broke the connection',
  unresolved: 'is a host name without an address',
  unreachable: 'cannot be reached',
}

/** UNREACHABLE with its reason, or TIMEOUT, for an error of a socket to `address`. */
export const networkError = (error: unknown, address: string): ParleyError => {
  const code = systemCode(error)
  if (timeoutCodes.has(code)) {
    const data = { address, reason: 'timeout' }
    return new ParleyError('TIMEOUT', `${address} did not answer in time`, { data, cause: error })
  }
  const reason = reasonsByCode.get(code) ?? (isHangUp(error) ? 'reset' : 'unreachable')
  return new ParleyError('UNREACHABLE', `${address} ${words[reason]}`, {
    data: { address, reason },
    cause: error,
  })
}

const listenCodes: Readonly<Record<string, 'ADDRESS_IN_USE' | 'ADDRESS_UNAVAILABLE'>> = {
  EADDRINUSE: 'ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'ADDRESS_UNAVAILABLE',
  EACCES: 'ADDRESS_UNAVAILABLE',
  ENOTFOUND: 'ADDRESS_UNAVAILABLE',
  EAFNOSUPPORT: 'ADDRESS_UNAVAILABLE',
  EINVAL: 'ADDRESS_UNAVAILABLE',
}

/** Why `address` cannot be listened on. */
export const listenError = (error: unknown, address: string): ParleyError => {
  const code = listenCodes[systemCode(error)] ?? 'INTERNAL'
  const message =
    code === 'ADDRESS_IN_USE'
      ? `Another program listens on ${address}`
      : `Cannot listen on ${address}`
  return new ParleyError(code, message, { data: { address }, cause: error })
}
