/** What a method is: its name, what it takes, gives and may fail with, as data. */
import type { z } from 'zod'

import type { RpcParams } from './codec.ts'
import { ParleyError, type ErrorCode } from './errors.ts'

export interface MethodExample<Params, Result> {
  readonly name: string
  readonly params: Params
  readonly result: Result
}

/**
 * `params` should be a `strictObject`: a call with a misspelt name is refused. `result` should be a
 * plain `object`, so that an older client can read a newer server's answer, whose new fields it
 * drops.
 */
export interface MethodSpec<
  Params extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> {
  readonly name: string
  readonly summary: string
  readonly params: Params
  readonly result: Result
  /** Errors of its own; every method may also fail with those of JSON-RPC itself. */
  readonly errors: readonly ErrorCode[]
  readonly examples?: readonly MethodExample<z.input<Params>, z.input<Result>>[]
}

/** What a caller passes. */
export type CallParamsOf<M> = M extends MethodSpec<infer P> ? z.input<P> : never
/** What a handler receives. */
export type ParamsOf<M> = M extends MethodSpec<infer P> ? z.output<P> : never
/** What a handler returns. */
export type AnswerOf<M> = M extends MethodSpec<z.ZodType, infer R> ? z.input<R> : never
/** What a caller receives. */
export type ResultOf<M> = M extends MethodSpec<z.ZodType, infer R> ? z.output<R> : never

/** Keeps the types of a method's params and result. */
export const defineMethod = <Params extends z.ZodType, Result extends z.ZodType>(
  spec: MethodSpec<Params, Result>,
): MethodSpec<Params, Result> => spec

const MAX_PROBLEMS = 5

/** The first few things that are wrong with a value, each with its place. */
const problemsOf = (error: z.ZodError): string => {
  const texts = error.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => {
    const place = path.map(String).join('.')
    return place === '' ? message : `${place}: ${message}`
  })
  return texts.join('; ').slice(0, 500)
}

/** Parses a method's params. Throws INVALID_PARAMS with what is wrong. */
export const parseParams = <M extends MethodSpec>(spec: M, params: RpcParams): ParamsOf<M> => {
  if (Array.isArray(params)) {
    throw new ParleyError('INVALID_PARAMS', undefined, {
      hint: 'Parameters go by name: send "params" as an object.',
    })
  }
  const parsed = spec.params.safeParse(params ?? {})
  if (parsed.success) return parsed.data as ParamsOf<M>
  throw new ParleyError('INVALID_PARAMS', undefined, { hint: problemsOf(parsed.error) })
}

/** Parses what a remote gave as a method's result. Throws BAD_ANSWER with what is wrong. */
export const parseResult = <M extends MethodSpec>(spec: M, result: unknown): ResultOf<M> => {
  const parsed = spec.result.safeParse(result)
  if (parsed.success) return parsed.data as ResultOf<M>
  throw new ParleyError('BAD_ANSWER', `The answer to ${spec.name} is not what it should be`, {
    data: { problems: problemsOf(parsed.error) },
  })
}
