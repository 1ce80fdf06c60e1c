/** A small server and what tests of it share. */
import { onTestFinished } from 'vitest'
import { z } from 'zod'

import { RpcClient } from './http-client.ts'
import { startRpcServer, type RpcServer, type RpcServerOptions } from './http-server.ts'
import { MethodTable } from './method-table.ts'
import { defineMethod } from './method.ts'
import { ParleyError } from './errors.ts'

export const echo = defineMethod({
  name: 'echo',
  summary: 'Gives back what it got.',
  params: z.strictObject({ text: z.string() }),
  result: z.object({ text: z.string() }),
  errors: [],
})

export const fail = defineMethod({
  name: 'fail',
  summary: 'Always fails.',
  params: z.strictObject({ coded: z.boolean() }),
  result: z.object({}),
  errors: ['NOT_LEADER'],
})

export const hang = defineMethod({
  name: 'hang',
  summary: 'Never answers.',
  params: z.strictObject({}),
  result: z.object({}),
  errors: [],
})

export const testTable = (): MethodTable =>
  new MethodTable({ title: 'Test', version: '1' })
    .add(echo, (params) => params)
    .add(hang, () => new Promise(() => {}))
    .add(fail, ({ coded }) => {
      if (coded) throw new ParleyError('NOT_LEADER', 'bob leads', { data: { leader: 'bob' } })
      throw new Error('internals')
    })

/** A server on a free port that is closed when the test ends. */
export const serve = async (options: Partial<RpcServerOptions> = {}): Promise<RpcServer> => {
  const server = await startRpcServer({
    listen: '127.0.0.1:0',
    table: testTable(),
    about: 'a test',
    ...options,
  })
  onTestFinished(() => server.close())
  return server
}

/** A client that is closed when the test ends. */
export const client = (options: ConstructorParameters<typeof RpcClient>[0] = {}): RpcClient => {
  const made = new RpcClient(options)
  onTestFinished(() => made.close())
  return made
}

/** The reason or else the code with which a promise is rejected; 'no error' if it is not. */
export const outcomeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) =>
      error instanceof ParleyError ? (error.data?.['reason'] ?? error.code) : error,
  )
