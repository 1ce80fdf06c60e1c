/** The HTTP status of what never became a call. */
import type { ErrorCode, ParleyError } from '../../../rpc/errors.ts'

const statuses: Partial<Record<ErrorCode, number>> = {
  UNAUTHORIZED: 401,
  REFUSED: 403,
  METHOD_NOT_FOUND: 404,
  NETWORK_NOT_FOUND: 404,
  TOO_LARGE: 413,
  RATE_LIMITED: 429,
  BUSY: 503,
  INTERNAL: 500,
}

export const httpStatusOf = ({ code }: ParleyError): number => statuses[code] ?? 400
