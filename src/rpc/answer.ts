/** From decoded calls to the text of their answer. */
import {
  decodeCalls,
  encodeError,
  encodeResult,
  tooManyBytes,
  type Decoded,
  type RpcCall,
  type RpcInvalid,
} from './codec.ts'
import { ParleyError } from './errors.ts'
import { BATCH_CONCURRENCY, MAX_ANSWER_BYTES } from './limits.ts'
import { toParleyError } from './wire-error.ts'

/**
 * Runs one method. What it returns (or resolves to) is the result; a thrown ParleyError is the
 * answer's error; anything else thrown is answered with INTERNAL and nothing more.
 */
export type Invoke = (call: RpcCall) => unknown

/** Told of what was thrown that is not a ParleyError: a fault of ours. */
export type ReportFault = (method: string, thrown: unknown) => void

export interface AnswerOptions {
  /** Calls of one batch that run at once. */
  readonly concurrency?: number
  /** Bytes of the whole answer; calls beyond it are answered with TOO_LARGE. */
  readonly maxBytes?: number
  /** Time for one call, after which it is answered with TIMEOUT though it goes on; 0 for ever. */
  readonly timeoutMs?: number
  readonly onFault?: ReportFault | undefined
}

const within = async (work: unknown, timeoutMs: number): Promise<unknown> => {
  if (!(work instanceof Promise) || timeoutMs === 0) return await work
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ParleyError('TIMEOUT')), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A result or error as text; a result that JSON cannot hold is a fault of ours. */
const run = async (
  call: RpcCall,
  invoke: Invoke,
  { onFault, timeoutMs = 0 }: AnswerOptions,
): Promise<string | null> => {
  const id = call.kind === 'request' ? call.id : null
  let text: string
  try {
    text = encodeResult(id, await within(invoke(call), timeoutMs))
  } catch (thrown) {
    if (!(thrown instanceof ParleyError)) onFault?.(call.method, thrown)
    text = encodeError(id, toParleyError(thrown))
  }
  return call.kind === 'request' ? text : null
}

/**
 * Runs all calls and encodes the answer.
 *
 * Calls of a batch start in order, at most `concurrency` at a time; answers keep the calls' order.
 * Resolves to null if there is nothing to answer (notifications only). Never rejects.
 */
export const answerCalls = async (
  { batch, messages }: Decoded<RpcCall | RpcInvalid>,
  invoke: Invoke,
  options: AnswerOptions = {},
): Promise<string | null> => {
  const { concurrency = BATCH_CONCURRENCY, maxBytes = MAX_ANSWER_BYTES } = options
  const answers: (string | null)[] = messages.map(() => null)
  let bytesLeft = maxBytes
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < messages.length) {
      const at = next
      next += 1
      const message = messages[at]
      if (message === undefined) return
      const text =
        message.kind === 'invalid'
          ? encodeError(message.id, message.error)
          : await run(message, invoke, options)
      if (text === null) continue
      const bytes = Buffer.byteLength(text) + 1
      const fits = bytes <= bytesLeft || message.kind === 'notification'
      answers[at] = fits ? text : encodeError(message.id, answerTooLarge(maxBytes))
      if (fits) bytesLeft -= bytes
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, messages.length) }, worker))
  const texts = answers.filter((text) => text !== null)
  if (texts.length === 0) return null
  return batch ? `[${texts.join(',')}]` : (texts[0] ?? null)
}

const answerTooLarge = (maxBytes: number): ParleyError =>
  new ParleyError('TOO_LARGE', 'The answer would be too large', {
    hint: 'Ask for less at once.',
    data: tooManyBytes(maxBytes).data,
  })

/** `answerCalls` for a text as it came. */
export const answerText = (
  text: string,
  invoke: Invoke,
  options: AnswerOptions = {},
): Promise<string | null> => answerCalls(decodeCalls(text), invoke, options)
