/** The receiving half of a link: tells calls from answers, runs the calls, bounds how many. */
import type { RawData } from 'ws'

import { answerCalls, type Invoke, type ReportFault } from './answer.ts'
import {
  decodeFrame,
  decodeText,
  type Decoded,
  type RpcCall,
  type RpcFailure,
  type RpcInvalid,
  type RpcMessage,
  type RpcResult,
} from './codec.ts'
import { ParleyError } from './errors.ts'
import { MAX_FRAME_BYTES } from './limits.ts'

export interface InboxOptions {
  /** Calls of the other end that may run at once. */
  readonly maxRunning: number
  readonly onFault: ReportFault | undefined
  readonly onAnswer: (answer: RpcResult | RpcFailure) => void
  readonly reply: (text: string) => void
  /** Too many frames made no sense. */
  readonly onAbuse: () => void
}

type Incoming = RpcCall | RpcInvalid

/** Frames that are not JSON-RPC before the other end is taken for something else. */
const MAX_BAD_FRAMES = 16

export const bytesOf = (data: RawData): Uint8Array => {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}

const decodeData = (data: RawData): Decoded<RpcMessage> => {
  const text = decodeText(bytesOf(data))
  if (typeof text === 'string') return decodeFrame(text)
  return { batch: false, messages: [{ kind: 'invalid', id: null, error: text }] }
}

export class FrameInbox {
  handler: Invoke | null = null
  readonly #options: InboxOptions
  #running = 0
  #badFrames = 0

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** Takes one frame as it came. Never throws. */
  onMessage(data: RawData): void {
    const { batch, messages } = decodeData(data)
    const calls: Incoming[] = []
    for (const message of messages) {
      if (message.kind !== 'result' && message.kind !== 'failure') calls.push(message)
      else this.#options.onAnswer(message)
    }
    const [only] = calls
    if (only === undefined) return
    if (calls.some(({ kind }) => kind === 'invalid')) this.#badFrames += 1
    if (this.#badFrames > MAX_BAD_FRAMES) this.#options.onAbuse()
    // The common case, a packet, costs no promise.
    else if (calls.length === 1 && only.kind === 'notification') this.#notify(only)
    else void this.#answer(batch, calls)
  }

  #notify(call: RpcCall): void {
    try {
      const outcome = this.#run(call)
      if (outcome instanceof Promise) {
        outcome.catch((thrown: unknown) => this.#options.onFault?.(call.method, thrown))
      }
    } catch (thrown) {
      this.#options.onFault?.(call.method, thrown)
    }
  }

  async #answer(batch: boolean, messages: readonly Incoming[]): Promise<void> {
    const { onFault } = this.#options
    const limits = { maxBytes: MAX_FRAME_BYTES, onFault }
    const text = await answerCalls({ batch, messages }, (call) => this.#run(call), limits)
    if (text !== null) this.#options.reply(text)
  }

  #run(call: RpcCall): unknown {
    if (this.handler === null) throw new ParleyError('METHOD_NOT_FOUND')
    if (this.#running >= this.#options.maxRunning) throw new ParleyError('BUSY')
    const outcome = this.handler(call)
    if (!(outcome instanceof Promise)) return outcome
    this.#running += 1
    return outcome.finally(() => {
      this.#running -= 1
    })
  }
}
