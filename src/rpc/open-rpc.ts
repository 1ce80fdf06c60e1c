/** The OpenRPC 1.3 document (https://spec.open-rpc.org) of a list of methods. */
import { z } from 'zod'

import { ERRORS, type ErrorCode } from './errors.ts'
import type { MethodSpec } from './method.ts'

export interface OpenRpcInfo {
  readonly title: string
  readonly version: string
  readonly description?: string
}

/** A JSON Schema as an OpenRPC document embeds it. */
export type JsonSchema = Readonly<Record<string, unknown>>

export interface ContentDescriptor {
  readonly name: string
  readonly required: boolean
  readonly schema: JsonSchema
}

export interface OpenRpcMethod {
  readonly name: string
  readonly summary: string
  readonly paramStructure: 'by-name'
  readonly params: readonly ContentDescriptor[]
  readonly result: ContentDescriptor
  readonly errors: readonly { code: number; message: string; data: { code: ErrorCode } }[]
  readonly examples: readonly OpenRpcExample[]
}

export interface OpenRpcExample {
  readonly name: string
  readonly params: readonly { name: string; value: unknown }[]
  readonly result: { name: string; value: unknown }
}

export interface OpenRpcDocument {
  readonly openrpc: string
  readonly info: OpenRpcInfo
  readonly methods: readonly OpenRpcMethod[]
  readonly [extra: string]: unknown
}

/** As a caller must write it; what the wire's text cannot show (a custom check) allows anything. */
const schemaOf = (type: z.ZodType): JsonSchema => {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' })
  return schema
}

const isSchemas = (value: unknown): value is Readonly<Record<string, JsonSchema>> =>
  typeof value === 'object' && value !== null

const paramsOf = (type: z.ZodType): readonly ContentDescriptor[] => {
  const { properties, required } = schemaOf(type)
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  if (!isSchemas(properties)) return []
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    required: needed.includes(name),
    schema,
  }))
}

const resultName = (method: string): string => `${method}_result`

const examplesOf = (spec: MethodSpec): readonly OpenRpcExample[] =>
  (spec.examples ?? []).map(({ name, params, result }) => ({
    name,
    params: Object.entries(params as Record<string, unknown>).map(([key, value]) => ({
      name: key,
      value,
    })),
    result: { name: resultName(spec.name), value: result },
  }))

const COMMON: readonly ErrorCode[] = ['INVALID_PARAMS', 'INTERNAL']

const methodOf = (spec: MethodSpec): OpenRpcMethod => ({
  name: spec.name,
  summary: spec.summary,
  paramStructure: 'by-name',
  params: paramsOf(spec.params),
  result: { name: resultName(spec.name), required: true, schema: schemaOf(spec.result) },
  errors: [...new Set([...COMMON, ...spec.errors])].map((code) => ({
    code: ERRORS[code].rpc,
    message: ERRORS[code].message,
    data: { code },
  })),
  examples: examplesOf(spec),
})

/** Describes every method of the list. Nothing in it is by hand, so it cannot differ from the code. */
export const openRpcDocument = (
  specs: readonly MethodSpec[],
  info: OpenRpcInfo,
): OpenRpcDocument => ({ openrpc: '1.3.2', info, methods: specs.map(methodOf) })
