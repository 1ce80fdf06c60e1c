/** The methods that are served at one place: the gate, the dispatcher and `rpc.discover`. */
import { z } from 'zod'

import type { Invoke } from './answer.ts'
import type { RpcParams } from './codec.ts'
import { ParleyError } from './errors.ts'
import type { FrameLink } from './frame-link.ts'
import {
  defineMethod,
  parseParams,
  type AnswerOf,
  type MethodSpec,
  type ParamsOf,
} from './method.ts'
import { openRpcDocument, type OpenRpcInfo } from './open-rpc.ts'

/** Who calls. */
export interface CallContext {
  /** IP address of the other end of the connection, without the port; no identity. */
  readonly remoteAddress: string
  /** The node id that the connection has proven, or null if it has proven none. */
  readonly peerId: string | null
  /** Whoever has proven none is told what is served here, and nothing else. */
  readonly mustProve?: boolean
  /** The link that the call came over, if it was one. */
  readonly link: FrameLink | null
}

export type Handler<M extends MethodSpec> = (
  params: ParamsOf<M>,
  context: CallContext,
) => AnswerOf<M> | Promise<AnswerOf<M>>

interface Entry {
  readonly spec: MethodSpec
  readonly run: (params: RpcParams, context: CallContext) => unknown
}

export const discover = defineMethod({
  name: 'rpc.discover',
  summary: 'The OpenRPC document of the methods served here.',
  params: z.strictObject({}),
  result: z.looseObject({ openrpc: z.string() }),
  errors: [],
})

export const noKeyShown = (): ParleyError =>
  new ParleyError('UNAUTHORIZED', 'Only whoever shows a key of its own is answered', {
    hint: 'Connect with a client certificate that has an Ed25519 key, as every node does.',
  })

export class MethodTable {
  readonly #entries = new Map<string, Entry>()

  /** A table that serves `rpc.discover` already; `info` heads its document. */
  constructor(info: OpenRpcInfo) {
    let document: ReturnType<typeof openRpcDocument> | null = null
    let size = 0
    this.add(discover, () => {
      if (document === null || size !== this.#entries.size) {
        document = openRpcDocument(this.specs(), info)
        size = this.#entries.size
      }
      return document
    })
  }

  /** Serves one more method. Its params are checked before the handler sees them. */
  add<M extends MethodSpec>(spec: M, handler: Handler<M>): this {
    if (this.#entries.has(spec.name)) throw new Error(`method ${spec.name} is defined twice`)
    const run = (params: RpcParams, context: CallContext): unknown =>
      handler(parseParams(spec, params), context)
    this.#entries.set(spec.name, { spec, run })
    return this
  }

  /** All methods, in the order of their names. */
  specs(): readonly MethodSpec[] {
    const specs = [...this.#entries.values()].map(({ spec }) => spec)
    return specs.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /**
   * Runs a method. Throws METHOD_NOT_FOUND, UNAUTHORIZED, INVALID_PARAMS, or what the handler
   * throws.
   */
  call(method: string, params: RpcParams, context: CallContext): unknown {
    const entry = this.#entries.get(method)
    if (entry === undefined) throw new ParleyError('METHOD_NOT_FOUND')
    const { mustProve = false, peerId } = context
    if (mustProve && peerId === null && entry.spec !== discover) throw noKeyShown()
    return entry.run(params, context)
  }

  /** The table as one caller sees it. */
  invokeFor(context: CallContext): Invoke {
    return ({ method, params }) => this.call(method, params, context)
  }
}
